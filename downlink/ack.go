package downlink

import "github.com/go-sigfox/sigfox"

// Ack is what an ACKNOWLEDGE callback says to a Queue. Its template may leave out
// all but the device.
// Source: https://support.sigfox.com/docs/acknowledge
type Ack struct {
	Device sigfox.DeviceID
	// Time is the time of the callback in Unix seconds, 0 if unknown. With it a
	// Queue tells a late or repeated callback for an earlier message from one for
	// the downlink on offer.
	Time int64
	// Code is {infoCode}.
	Code sigfox.Opt[InfoCode]
	// Sent is {downlinkAck}.
	Sent sigfox.Opt[bool]
	// Overusage is {downlinkOverusage}: the device is over its quota of the day.
	Overusage bool
}

// result returns whether the downlink was sent, and false for known if a tells
// no result. It was sent if all that a says about it agrees that it was.
func (a Ack) result() (sent, known bool) {
	code, hasCode := a.Code.Get()
	flag, hasFlag := a.Sent.Get()
	if code == Pending || !hasCode && !hasFlag {
		return false, false
	}
	return (!hasCode || code.Sent()) && (!hasFlag || flag), true
}

// overQuota reports whether the network says that the quota of the day is used up.
func (a Ack) overQuota() bool { return a.Overusage || a.Code.Or(Acked) == OverrunError }
