package callback

import (
	"fmt"
	"strconv"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Repeater is the callback SERVICE/REPEATER: the state of a repeater device since
// its last status frame.
// Source: https://support.sigfox.com/docs/repeater
type Repeater struct {
	// Device is the id of the repeater.
	Device sigfox.DeviceID
	// Time is when the network received the frame, in UTC; zero if not sent.
	Time time.Time
	// Batt is the battery voltage in volts.
	Batt sigfox.Opt[float64]
	// WhitelistDevices is the size of the white list; 0 repeats every device.
	WhitelistDevices sigfox.Opt[int]
	// RepeatedMsg is how many messages were repeated.
	RepeatedMsg sigfox.Opt[int]
	// UnwantedDevices is how many other devices were heard: 0 to 14, or 15 for more.
	UnwantedDevices sigfox.Opt[int]
	// UnwantedMsg is how many messages of other devices were heard.
	UnwantedMsg sigfox.Opt[Bucket]
	// WrongMsg is how many malformed frames were heard.
	WrongMsg sigfox.Opt[Bucket]
	// OverRegulMsg is how many messages local regulation kept from being repeated.
	OverRegulMsg sigfox.Opt[Bucket]

	// Extra holds the members that SERVICE/REPEATER does not document.
	Extra Extra
}

// Service returns ServiceRepeater.
func (Repeater) Service() Service { return ServiceRepeater }

// Key identifies the report by device and time; ok is false if its time was not
// sent.
func (m Repeater) Key() (k sigfox.MessageKey, ok bool) {
	return messageKey(m.Device, m.Time, sigfox.Opt[sigfox.SeqNumber]{})
}

func (m *Repeater) bind(f *fields) {
	f.slot[varDevice] = &m.Device
	f.slot[varTime] = &m.Time
	f.slot[varBatt] = &m.Batt
	f.slot[varWhitelistDevices] = &m.WhitelistDevices
	f.slot[varRepeatedMsg] = &m.RepeatedMsg
	f.slot[varUnwantedDevices] = &m.UnwantedDevices
	f.slot[varUnwantedMsg] = &m.UnwantedMsg
	f.slot[varWrongMsg] = &m.WrongMsg
	f.slot[varOverRegulMsg] = &m.OverRegulMsg
	f.extra = &m.Extra
}

// Bucket is a code for a range of counts. Unknown codes are kept.
type Bucket uint8

// bucketBelow holds, for each code, the count that its range stays below.
var bucketBelow = [...]int{1, 5, 10, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500, 800, 1000}

// Range returns the lowest and the highest count that the code stands for. high is
// negative for the last code, 15, which has no upper end, and ok is false for a
// code above it.
func (b Bucket) Range() (low, high int, ok bool) {
	switch {
	case int(b) < len(bucketBelow):
		if b > 0 {
			low = bucketBelow[b-1]
		}
		return low, bucketBelow[b] - 1, true
	case int(b) == len(bucketBelow):
		return bucketBelow[b-1], -1, true
	default:
		return 0, 0, false
	}
}

// String returns the range, such as "10..49" or "1000 or more".
func (b Bucket) String() string {
	low, high, ok := b.Range()
	switch {
	case !ok:
		return fmt.Sprintf("Bucket(%d)", uint8(b))
	case high < 0:
		return fmt.Sprintf("%d or more", low)
	case low == high:
		return strconv.Itoa(low)
	default:
		return fmt.Sprintf("%d..%d", low, high)
	}
}
