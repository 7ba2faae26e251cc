package keepalive

import (
	"cmp"
	"fmt"
	"math"
	"time"
)

// Options configures a Monitor.
type Options struct {
	// Delay is how long a device may be silent if it has no delay of its own,
	// as set by Monitor.Set. Default 0: off; then only devices with a delay of
	// their own are kept.
	Delay time.Duration

	// MinDelay is the shortest delay that is accepted. Default 30 minutes, as
	// in the Sigfox Cloud (support.sigfox.com/docs/set-a-keep-alive-delay).
	MinDelay time.Duration

	// Resolution is the length of a tick, at least one second. Messages and
	// delays are rounded up to whole ticks, so an alert is never early and at
	// most one tick late. The longest delay is 16,777,214 ticks: 194 days at
	// the default of one second.
	Resolution time.Duration

	// MaxDevices bounds the number of devices, and with it the memory: about
	// 22 bytes each, taken as devices join. At most 1<<28. Default 1<<20.
	MaxDevices int

	// Retry is how long Run waits after its function failed before it hands out the breach
	// again. Default one minute.
	Retry time.Duration
}

func (o Options) withDefaults() Options {
	o.MinDelay = cmp.Or(o.MinDelay, defaultMinDelay)
	o.Resolution = cmp.Or(o.Resolution, defaultResolution)
	o.MaxDevices = cmp.Or(o.MaxDevices, defaultMaxDevices)
	o.Retry = cmp.Or(o.Retry, defaultRetry)
	return o
}

const (
	defaultMinDelay   = 30 * time.Minute
	defaultResolution = time.Second
	defaultMaxDevices = 1 << 20
	defaultRetry      = time.Minute
)

// maxMaxDevices keeps every size well inside a 32-bit int.
const maxMaxDevices = 1 << 28

func (o Options) validate() error {
	switch {
	case o.Resolution < time.Second:
		return fmt.Errorf("keepalive: Options.Resolution %v: must be at least 1s", o.Resolution)
	case o.MinDelay < 0:
		return fmt.Errorf("keepalive: Options.MinDelay %v: must not be negative", o.MinDelay)
	case o.MaxDevices < 0 || o.MaxDevices > maxMaxDevices:
		return fmt.Errorf("keepalive: Options.MaxDevices %d: must be 1 to %d", o.MaxDevices, maxMaxDevices)
	case o.Retry < 0:
		return fmt.Errorf("keepalive: Options.Retry %v: must not be negative", o.Retry)
	}
	if _, err := o.delayTicks(o.Delay); err != nil {
		return fmt.Errorf("keepalive: Options.Delay: %w", err)
	}
	return nil
}

// delayTicks converts a delay to ticks, rounded up; 0 is off.
func (o Options) delayTicks(d time.Duration) (uint32, error) {
	ticks := int64(ceilDiv(d, o.Resolution))
	switch {
	case d == 0:
		return delayOff, nil
	case d < o.MinDelay || d < 0:
		return 0, &DelayError{Delay: d, Limit: o.MinDelay}
	case ticks > longest(o.Resolution):
		return 0, &DelayError{Delay: d, Limit: time.Duration(longest(o.Resolution)) * o.Resolution}
	}
	return uint32(ticks), nil
}

// longest returns the longest delay in ticks: a time.Duration must hold it.
func longest(res time.Duration) int64 { return min(maxDelay, math.MaxInt64/int64(res)) }

func ceilDiv(d, unit time.Duration) time.Duration {
	q := d / unit
	if d%unit > 0 {
		q++
	}
	return q
}
