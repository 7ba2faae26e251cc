package keepalive

import (
	"math"
	"math/bits"
	"time"
)

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

	// early is set if base is not known yet, but only times that cannot be the present:
	// all of them are tick firstTick.
	early bool

	// What moment needs, computed once.
	wall      bool   // base has no monotonic reading
	sec, nsec int64  // of the wall time of base
	inverse   uint64 // 2^(64+shift) / res, rounded up
	shift     uint8
}

func newClock(base time.Time, res time.Duration) *clock {
	shift := bits.Len64(uint64(res-1)) - 1
	inverse, _ := bits.Div64(1<<shift, 0, uint64(res))
	return &clock{
		base: base, res: res,
		wall: isWall(base), sec: base.Unix(), nsec: int64(base.Nanosecond()),
		inverse: inverse + 1, shift: uint8(shift),
	}
}

// isWall reports whether a time has no monotonic reading.
func isWall(t time.Time) bool {
	return t == t.Round(0) //nolint:staticcheck // Equal does not see the reading
}

// floorTo returns the last whole tick by now, with the monotonic reading of now.
func floorTo(now time.Time, res time.Duration) time.Time {
	return now.Add(-now.Sub(now.Truncate(res)))
}

// moment is a time to half a tick: twice a tick that begins then, or one more for all
// times between that tick and the next.
type moment uint32

func wholeTick(tick uint32) moment { return moment(2 * tick) }

// floor returns the last tick that began by then.
func (t moment) floor() uint32 { return uint32(t / 2) }

// ceil returns the first tick that begins then or later.
func (t moment) ceil() uint32 { return uint32((t + 1) / 2) }

// moment returns the moment that is so many nanoseconds after the base.
func (c *clock) moment(elapsed uint64) moment {
	// elapsed / res by multiplication, exact below 2^63.
	q, _ := bits.Mul64(elapsed, c.inverse)
	q = min(q>>c.shift, maxTick-firstTick-1)
	t := wholeTick(firstTick + uint32(q))
	if q*uint64(c.res) != elapsed {
		t++
	}
	return t
}

// elapsed returns how long after the base a time is.
func (c *clock) elapsed(now time.Time) time.Duration {
	if !c.wall {
		return now.Sub(c.base)
	}
	// The same for times without a monotonic reading, for which Sub is slow.
	sec := now.Unix() - c.sec
	if sec < 0 {
		return -1
	}
	if sec >= math.MaxInt64/int64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(sec*int64(time.Second) + int64(now.Nanosecond()) - c.nsec)
}

// time returns when a tick begins, in UTC and without a monotonic reading.
func (c *clock) time(tick uint32) time.Time { return c.begin(tick).UTC() }

// begin returns when a tick begins, by the clock of base.
func (c *clock) begin(tick uint32) time.Time {
	return c.base.Add(c.duration(int64(tick) - firstTick))
}

func (c *clock) duration(ticks int64) time.Duration { return time.Duration(ticks) * c.res }

// rewall returns the clock with the wall time that now shows for the base.
// Elapsed time follows the monotonic clock, which a step of the wall clock does
// not move; the times that are reported follow the wall clock. It returns c
// itself unless the wall clock was stepped by more than a tick.
func (c *clock) rewall(now time.Time) *clock {
	if c.wall || c.early {
		return c
	}
	base := now.Add(c.base.Sub(now))
	if step := base.Round(0).Sub(c.base.Round(0)); step.Abs() <= c.res {
		return c
	}
	return newClock(base, c.res)
}

// untilNext returns how long the current tick goes on.
func (c *clock) untilNext(now time.Time) time.Duration {
	return c.res - now.Sub(c.base)%c.res
}
