package downlink

import (
	"time"

	"github.com/go-sigfox/sigfox"
)

// Window is when a device that asked for a downlink listens for it, from the end
// of the first frame of its message. What the network receives first is that frame
// or a later one, so Opens after the receipt the device listens already.
type Window struct{ Opens, Closes time.Duration }

// WindowOf returns when devices of a radio zone listen: 20 s after the frame for
// 25 s; in the zones where stations listen before they talk, or have to keep
// silent for long (RC3, RC5), 19 s after it for 33.5 s.
// Source: https://github.com/sigfox-tech-radio/sigfox-ep-lib, src/sigfox_rc.c,
// dl_t_w_ms and dl_t_rx_ms.
func WindowOf(zone sigfox.RadioZone) Window {
	switch zone {
	case sigfox.RC3, sigfox.RC5:
		return Window{Opens: 19 * time.Second, Closes: 19*time.Second + 33500*time.Millisecond}
	default:
		return Window{Opens: 20 * time.Second, Closes: 45 * time.Second}
	}
}
