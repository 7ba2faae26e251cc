package keepalive

import (
	"time"
)

// span is the time between two ticks, so that most messages need not be told which
// tick it is: one comparison shows that it is the latest.
type span struct {
	end  time.Time // exclusive
	tick uint32    // that begins at the end
}

// observe takes note of the time and returns the latest in ticks, rounded down and up.
func (m *Monitor) observe(now time.Time) (floor, ceil uint32) {
	c := m.clock.Load()
	if c == nil || c.early {
		if c = m.start(now); c.early {
			return firstTick, firstTick
		}
	}
	t := c.moment(uint64(max(0, c.elapsed(now))))
	latest := moment(m.latest.Load())
	switch {
	case t > latest:
		latest = m.advance(t)
	case t == latest && t.floor() != t.ceil() && m.span.Load() == nil:
		m.open(c, t)
	}
	return latest.floor(), latest.ceil()
}

// advance makes a moment the latest, unless there is a later one already.
func (m *Monitor) advance(t moment) moment {
	for {
		latest := m.latest.Load()
		if t <= moment(latest) {
			return moment(latest)
		}
		if m.latest.CompareAndSwap(latest, uint32(t)) {
			m.span.Store(nil)
			return t
		}
	}
}

// open makes a span of the latest moment, for those that come after the second.
func (m *Monitor) open(c *clock, t moment) {
	s := &span{end: c.begin(t.ceil()), tick: t.ceil()}
	m.span.Store(s)
	// Who changed one of these before could not yet see the span to remove it.
	if m.latest.Load() != uint32(t) || m.clock.Load() != c {
		m.span.CompareAndSwap(s, nil)
	}
}
