package downlink

import "strconv"

// InfoCode is the result of a downlink, in the numbers of the variable
// {infoCode} of the ACKNOWLEDGE callback. Unknown codes are kept. In JSON it is
// a number.
// Source: https://support.sigfox.com/docs/acknowledge
type InfoCode uint8

// The documented codes.
const (
	// Acked says that the base station emitted the downlink. It does not say that
	// the device received it.
	Acked InfoCode = iota
	// NoAnswer says that the service gave no answer, or one that came too late.
	NoAnswer
	// InvalidPayload says that the data is not 8 bytes in hex. The same data
	// would be refused again.
	InvalidPayload
	// OverrunError says that the device is over its quota of the day and was
	// blocked in favour of devices that are within theirs.
	OverrunError
	// NetworkError says that the downlink could not be transmitted.
	NetworkError
	// Pending is transient inside the network and never sent in a callback.
	Pending
	// NoDownlinkContract says that the order of the device does not allow
	// downlinks: the contract must be changed.
	NoDownlinkContract
	// TooManyRequests says that the device asked again before its listening time
	// had ended.
	TooManyRequests
	// InvalidConfiguration says that the device type is in CALLBACK mode but has
	// no BIDIR callback: it must be configured.
	InvalidConfiguration
)

var infoCodes = [...]struct{ name, message string }{
	Acked:                {"ACKED", "Acked"},
	NoAnswer:             {"NO_ANSWER", "No answer"},
	InvalidPayload:       {"INVALID_PAYLOAD", "Invalid payload"},
	OverrunError:         {"OVERRUN_ERROR", "Overrun error"},
	NetworkError:         {"NETWORK_ERROR", "Network error"},
	Pending:              {"PENDING", "Pending"},
	NoDownlinkContract:   {"NO_DOWNLINK_CONTRACT", "No downlink contract"},
	TooManyRequests:      {"TOO_MANY_REQUESTS", "Too many requests"},
	InvalidConfiguration: {"INVALID_CONFIGURATION", "Invalid configuration"},
}

// String returns the documented name ("ACKED", "NO_ANSWER"), or the decimal
// number of an unknown code.
func (c InfoCode) String() string {
	if !c.Known() {
		return strconv.Itoa(int(c))
	}
	return infoCodes[c].name
}

// Message returns a text for the variable {infoMessage}. "Acked" was observed;
// the texts of the other codes are not documented, and these follow its style.
// An unknown code gives its decimal number.
func (c InfoCode) Message() string {
	if !c.Known() {
		return strconv.Itoa(int(c))
	}
	return infoCodes[c].message
}

// Known reports whether c is one of the documented codes.
func (c InfoCode) Known() bool { return int(c) < len(infoCodes) }

// Sent reports whether a base station emitted the downlink.
func (c InfoCode) Sent() bool { return c == Acked }

// Retryable reports whether the same data may succeed at the next opportunity
// without a change by the service or in the configuration: after NoAnswer,
// OverrunError, NetworkError, Pending, TooManyRequests and unknown codes. It is
// false for Acked.
func (c InfoCode) Retryable() bool {
	switch c {
	case Acked, InvalidPayload, NoDownlinkContract, InvalidConfiguration:
		return false
	default:
		return true
	}
}
