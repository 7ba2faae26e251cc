package keepalive

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrFull means that the monitor already holds Options.MaxDevices devices.
	ErrFull = errors.New("keepalive: too many devices")

	// ErrRunning means that another Run of the same monitor has not returned.
	ErrRunning = errors.New("keepalive: already running")

	// ErrCorrupt means that a snapshot is damaged, cut short or none at all.
	ErrCorrupt = errors.New("keepalive: corrupt snapshot")

	// ErrVersion means that a snapshot has a format that this package cannot read.
	ErrVersion = errors.New("keepalive: unknown snapshot version")
)

// DelayError reports that a delay is out of range.
type DelayError struct {
	// Delay is the refused delay.
	Delay time.Duration
	// Limit is the bound it breaks: Options.MinDelay, or the longest delay
	// that the resolution allows.
	Limit time.Duration
}

// Error implements error.
func (e *DelayError) Error() string {
	if e.Delay < e.Limit {
		return fmt.Sprintf("keepalive: delay %v: must be 0 or at least %v", e.Delay, e.Limit)
	}
	return fmt.Sprintf("keepalive: delay %v: must be at most %v", e.Delay, e.Limit)
}

// SnapshotError reports where a snapshot could not be restored.
type SnapshotError struct {
	// Offset is the position of the offending record, in bytes.
	Offset int64
	// Err is ErrCorrupt, ErrVersion, ErrFull or the error of the reader.
	Err error
}

// Error implements error.
func (e *SnapshotError) Error() string {
	return fmt.Sprintf("keepalive: snapshot offset %d: %v", e.Offset, e.Err)
}

// Unwrap returns the cause.
func (e *SnapshotError) Unwrap() error { return e.Err }
