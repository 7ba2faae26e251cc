package callback

import (
	"time"

	"github.com/go-sigfox/sigfox"
)

// Status is the callback SERVICE/STATUS: the out-of-band frame that a device
// sends about once a day. Sigfox withdraws the service in April 2027.
// Source: https://support.sigfox.com/docs/out-of-band-(oob)-messages
type Status struct {
	// Device is the id of the device.
	Device sigfox.DeviceID
	// Time is when the network received the frame, in UTC; zero if not sent.
	Time time.Time
	// SeqNumber is the sequence number, if available.
	SeqNumber sigfox.Opt[sigfox.SeqNumber]

	Reception
	// Lat and Lng are the position of the base station in whole degrees. Withdrawn.
	Lat, Lng sigfox.Opt[float64]

	// Batt is a battery voltage in volts. The frame carries one at rest and one
	// while sending; it is not documented which one this is.
	Batt sigfox.Opt[float64]
	// Temp is the temperature in degrees Celsius.
	Temp sigfox.Opt[float64]

	// Extra holds the members that SERVICE/STATUS does not document.
	Extra Extra
}

// Service returns ServiceStatus.
func (Status) Service() Service { return ServiceStatus }

// Key identifies the message; ok is false if its time was not sent.
func (m Status) Key() (k sigfox.MessageKey, ok bool) {
	return messageKey(m.Device, m.Time, m.SeqNumber)
}

func (m *Status) bind(f *fields) {
	f.slot[varDevice] = &m.Device
	f.slot[varTime] = &m.Time
	f.slot[varSeqNumber] = &m.SeqNumber
	m.Reception.bind(f)
	f.slot[varLat] = &m.Lat
	f.slot[varLng] = &m.Lng
	f.slot[varBatt] = &m.Batt
	f.slot[varTemp] = &m.Temp
	f.extra = &m.Extra
}
