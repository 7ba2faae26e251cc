package callback

import (
	"time"

	"github.com/go-sigfox/sigfox"
)

// Geoloc is the callback SERVICE/GEOLOC: a computed position. It can no longer be
// created; DataAdvanced replaced it.
type Geoloc struct {
	// Device is the id of the device.
	Device sigfox.DeviceID
	// Time is when the network received the message, in UTC; zero if not sent.
	Time time.Time
	// SeqNumber is the sequence number, if available.
	SeqNumber sigfox.Opt[sigfox.SeqNumber]

	Reception

	// Lat and Lng are the computed position of the device in degrees.
	Lat, Lng sigfox.Opt[float64]
	// Radius is the precision in metres.
	Radius sigfox.Opt[float64]
	// Source says how the position was found.
	Source sigfox.Opt[LocationSource]

	// Extra holds the members that SERVICE/GEOLOC does not document.
	Extra Extra
}

// Service returns ServiceGeoloc.
func (Geoloc) Service() Service { return ServiceGeoloc }

// Key identifies the message; ok is false if its time was not sent.
func (m Geoloc) Key() (k sigfox.MessageKey, ok bool) {
	return messageKey(m.Device, m.Time, m.SeqNumber)
}

func (m *Geoloc) bind(f *fields) {
	f.slot[varDevice] = &m.Device
	f.slot[varTime] = &m.Time
	f.slot[varSeqNumber] = &m.SeqNumber
	m.Reception.bind(f)
	f.slot[varLat] = &m.Lat
	f.slot[varLng] = &m.Lng
	f.slot[varRadius] = &m.Radius
	f.slot[varGeolocSource] = &m.Source
	f.extra = &m.Extra
}
