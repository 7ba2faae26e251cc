package routing

import "strconv"

// DownlinkMode says who answers a device that asks for a downlink, in the numbers of
// the API. Source: https://support.sigfox.com/docs/downlink-callbacks
type DownlinkMode int

// The modes.
const (
	// DownlinkDirect has the network itself answer, with DeviceType.DownlinkData.
	DownlinkDirect DownlinkMode = iota
	// DownlinkCallback asks the selected DATA/BIDIR callback.
	DownlinkCallback
	// DownlinkNone answers nothing.
	DownlinkNone
	// DownlinkManaged is in the API without explanation. It is taken for DownlinkNone.
	DownlinkManaged
)

// String returns the name in the API, such as "DIRECT".
func (m DownlinkMode) String() string {
	switch m {
	case DownlinkDirect:
		return "DIRECT"
	case DownlinkCallback:
		return "CALLBACK"
	case DownlinkNone:
		return "NONE"
	case DownlinkManaged:
		return "MANAGED"
	default:
		return strconv.Itoa(int(m))
	}
}
