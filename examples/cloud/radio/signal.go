package radio

import (
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// Signal is something that a base station told the network. One of the pointers is
// set.
type Signal struct {
	// At is when it reached the network.
	At time.Time
	// Device is who sent it.
	Device sigfox.DeviceID
	// Frame is a copy of a message.
	Frame *dedup.Frame
	// Ask goes with Frame: the device listens for a downlink.
	Ask bool
	// Status is an out-of-band status frame.
	Status *Status
	// Repeater is the out-of-band frame of a repeater.
	Repeater *Repeater
}

// Status is what an out-of-band frame tells.
type Status struct {
	Seq sigfox.SeqNumber
	// Battery in volts, Temperature in degrees Celsius.
	Battery, Temperature float64
	// Station, RSSI and SNR are those of the station that was first.
	Station   sigfox.StationID
	RSSI, SNR float64
}

// Repeater is what the out-of-band frame of a repeater tells of the time since the one
// before.
type Repeater struct {
	// Battery in volts.
	Battery float64
	// Repeated counts messages; Unwanted is the code of a count of messages that were
	// not, of UnwantedDevices.
	Repeated, UnwantedDevices int
	Unwanted                  uint8
}
