package dedup

import (
	"slices"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Message is one uplink with all that the stations reported of it: what a
// SERVICE/DATA_ADVANCED callback carries.
// Source: https://support.sigfox.com/docs/data-advanced
type Message struct {
	// Key holds the time of the first copy, 0 if it was unknown.
	Key     sigfox.MessageKey
	Payload sigfox.Payload
	// Frequency is the carrier of the first copy in Hz, 0 for unknown.
	Frequency uint32
	// FirstSeen and LastSeen are the receipts of the first and the last copy, to
	// the microsecond.
	FirstSeen, LastSeen time.Time
	// Receptions has one element for each station, in the order in which they
	// were first heard.
	Receptions []Reception
	// LinkQuality follows from the RSSI of the Receptions and from
	// AggregatorOptions.Zone.
	LinkQuality sigfox.LinkQuality
	// Frames is how many copies were merged, the first included; Dropped is how
	// many were not because they came from a station above MaxStations. Both
	// stop at 65535.
	Frames, Dropped int
}

// Reception is what one station received of a message.
type Reception struct {
	Station sigfox.StationID
	// RSSI in dBm and SNR in dB are each the best of the station's frames, NaN
	// if none was measured.
	RSSI, SNR float32
	// NbRep is how many repetitions the station received, 1 to 4.
	NbRep int
}

// Clone returns a copy that stays valid after the loop over Closed.
func (m *Message) Clone() *Message {
	c := *m
	c.Receptions = slices.Clone(m.Receptions)
	return &c
}
