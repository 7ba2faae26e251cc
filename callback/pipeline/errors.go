package pipeline

import (
	"errors"
	"fmt"

	"github.com/go-sigfox/sigfox"
)

// The errors that callers and hooks branch on. The first two come in a *DeviceError.
var (
	// ErrUnknownDevice means that a device is not in the registry.
	ErrUnknownDevice = errors.New("pipeline: unknown device")
	// ErrOutOfSequence means that a message was refused because of its sequence number,
	// as are all of its device until Disengage.
	ErrOutOfSequence = errors.New("pipeline: out of sequence")
	// ErrRateLimit means that a callback was above the limit of its device type.
	ErrRateLimit = errors.New("pipeline: rate limit of the device type")
	// ErrDownlinksFull means that more than Options.MaxDownlinks devices asked for a
	// downlink at the same time.
	ErrDownlinksFull = errors.New("pipeline: too many downlinks")
	// ErrRunning means that another Run of the same pipeline has not returned.
	ErrRunning = errors.New("pipeline: already running")
)

// DeviceError reports which device was refused, and why.
type DeviceError struct {
	Device sigfox.DeviceID
	// Err is ErrUnknownDevice or ErrOutOfSequence.
	Err error
}

// Error implements error.
func (e *DeviceError) Error() string { return fmt.Sprintf("%v: %v", e.Err, e.Device) }

// Unwrap returns Err.
func (e *DeviceError) Unwrap() error { return e.Err }
