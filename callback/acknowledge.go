package callback

import (
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
)

// Acknowledge is the callback SERVICE/ACKNOWLEDGE: what became of a downlink. It
// comes about 35 s after the message that asked for it and tells whether a base
// station sent the downlink, not whether the device received it.
// Source: https://support.sigfox.com/docs/acknowledge
type Acknowledge struct {
	// Device is the id of the device.
	Device sigfox.DeviceID
	// Time is the time of reception, in UTC; zero if not sent, as in many templates.
	Time time.Time

	Reception
	// Lat and Lng are the position of the base station in whole degrees. Withdrawn.
	Lat, Lng sigfox.Opt[float64]

	// InfoCode is the outcome.
	InfoCode sigfox.Opt[downlink.InfoCode]
	// InfoMessage is the text that goes with the code, such as "Acked".
	InfoMessage string
	// DownlinkAck is true when the base station acknowledged the emission.
	DownlinkAck sigfox.Opt[bool]
	// DownlinkOverusage is true when the device is over its daily downlink quota.
	DownlinkOverusage sigfox.Opt[bool]

	// Extra holds the members that SERVICE/ACKNOWLEDGE does not document.
	Extra Extra
}

// Service returns ServiceAcknowledge.
func (Acknowledge) Service() Service { return ServiceAcknowledge }

// Key identifies the acknowledgement by device and time; ok is false if its time
// was not sent.
func (m Acknowledge) Key() (k sigfox.MessageKey, ok bool) {
	return messageKey(m.Device, m.Time, sigfox.Opt[sigfox.SeqNumber]{})
}

func (m *Acknowledge) bind(f *fields) {
	f.slot[varDevice] = &m.Device
	f.slot[varTime] = &m.Time
	m.Reception.bind(f)
	f.slot[varLat] = &m.Lat
	f.slot[varLng] = &m.Lng
	f.slot[varInfoCode] = &m.InfoCode
	f.slot[varInfoMessage] = &m.InfoMessage
	f.slot[varDownlinkAck] = &m.DownlinkAck
	f.slot[varDownlinkOverusage] = &m.DownlinkOverusage
	f.extra = &m.Extra
}
