package downlink

import "strconv"

// Mode says who answers the devices of a device type that ask for a downlink, in
// the numbers of downlinkMode of API v2. Unknown modes are kept.
// Source: https://support.sigfox.com/docs/downlink-callbacks
type Mode uint8

// The documented modes. What MANAGED does is documented nowhere.
const (
	ModeDirect   Mode = iota // the cloud, by a Direct template
	ModeCallback             // the service, in its answer to the BIDIR callback
	ModeNone                 // nobody
	ModeManaged
)

var modes = [...]string{
	ModeDirect:   "DIRECT",
	ModeCallback: "CALLBACK",
	ModeNone:     "NONE",
	ModeManaged:  "MANAGED",
}

// String returns the documented name ("DIRECT"), or the decimal number of an
// unknown mode.
func (m Mode) String() string {
	if int(m) >= len(modes) {
		return strconv.Itoa(int(m))
	}
	return modes[m]
}
