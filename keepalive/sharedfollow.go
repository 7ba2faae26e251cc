package keepalive

import (
	"time"

	"github.com/go-sigfox/sigfox"
)

// tickAt returns the first tick that begins at a time of the wall clock or later. The
// monitor must have been given a time.
func (m *Monitor) tickAt(ms int64) uint32 {
	elapsed := time.UnixMilli(ms).Sub(m.clock.Load().base)
	ticks := int64(ceilDiv(elapsed, m.opts.Resolution))
	return uint32(max(1, min(firstTick+ticks, maxTick)))
}

// follow makes a device what the table says of it. If that may be outdated, exact is
// false: the later message counts, and a silence that was found stays found. It reports
// whether the device is silent now: the monitor will not find it before its next message.
func (m *Monitor) follow(id sigfox.DeviceID, r *record, exact bool) (silent bool, err error) {
	last, delay := m.tickAt(r.last), r.ticks(m.opts)
	m.mu.Lock()
	defer m.mu.Unlock()
	c, known := m.find(id)
	if !known {
		return r.silent(), m.joinAs(id, last, delay, r.silent())
	}
	before := m.ticksOf(c.meta.delay())
	*c.meta = newMeta(delay, c.meta.bucket())
	for {
		v := slot(c.slot.Load())
		at := last
		if !exact {
			at = max(at, v.last())
		}
		next := newSlot(id, at)
		if r.silent() && at == last || !exact && v.silent() && at == v.last() {
			next |= silentBit
		}
		if !c.slot.CompareAndSwap(uint64(v), uint64(next)) {
			continue // a message came
		}
		// A later time needs nothing: the wheel looks at the device early enough.
		ticks := m.ticksOf(delay)
		sooner := v.silent() || before == delayOff || at+ticks < v.last()+before
		if !next.silent() && ticks != delayOff && sooner {
			m.arm(id, c, at+ticks)
		}
		return next.silent(), nil
	}
}

// joinAs adds a device that is not known, unless nobody watches it.
func (m *Monitor) joinAs(id sigfox.DeviceID, last, delay uint32, silent bool) error {
	if delay == delayDefault && m.delay == delayOff {
		return nil
	}
	if err := m.join(id, last, delay); err != nil {
		return err
	}
	if silent {
		m.silence(id)
	}
	return nil
}
