package keepalive

import "time"

// Time is counted in ticks of Options.Resolution. A tick is 31 bits wide; the
// first time that a monitor is given is tick firstTick, so that there is room
// for 34 years of one-second ticks on both sides.
const (
	firstTick = 1 << 30
	maxTick   = 1<<31 - 1
)

// clock converts between time and ticks. It is immutable.
type clock struct {
	base time.Time // when tick firstTick begins
	res  time.Duration
}

// newClock starts a clock at now, with ticks that begin on whole multiples of
// the resolution.
func newClock(now time.Time, res time.Duration) *clock {
	return &clock{base: now.Add(-now.Sub(now.Truncate(res))), res: res}
}

// ticks returns the last tick that began by now and the first that begins at
// now or later: they differ unless now is a whole tick.
func (c *clock) ticks(now time.Time) (floor, ceil uint32) {
	d := now.Sub(c.base)
	if d <= 0 {
		return firstTick, firstTick
	}
	q := d / c.res
	if q >= maxTick-firstTick {
		return maxTick, maxTick
	}
	floor = firstTick + uint32(q)
	if q*c.res < d {
		return floor, floor + 1
	}
	return floor, floor
}

// time returns when a tick begins, in UTC and without a monotonic reading.
func (c *clock) time(tick uint32) time.Time {
	return c.base.Add(c.duration(int64(tick) - firstTick)).UTC()
}

func (c *clock) duration(ticks int64) time.Duration { return time.Duration(ticks) * c.res }

// rewall returns the clock with the wall time that now shows for the base.
// Elapsed time follows the monotonic clock, which a step of the wall clock does
// not move; the times that are reported follow the wall clock. It returns c
// itself unless the wall clock was stepped by more than a tick.
func (c *clock) rewall(now time.Time) *clock {
	base := now.Add(c.base.Sub(now))
	if step := base.Round(0).Sub(c.base.Round(0)); step.Abs() <= c.res {
		return c
	}
	return &clock{base: base, res: c.res}
}

// untilNext returns how long the current tick goes on.
func (c *clock) untilNext(now time.Time) time.Duration {
	return c.res - now.Sub(c.base)%c.res
}
