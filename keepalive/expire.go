package keepalive

import (
	"iter"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Breach reports that a device has been silent for its keep-alive delay. There is
// one for each silence.
type Breach struct {
	// Device is the silent device.
	Device sigfox.DeviceID
	// LastSeen is when its last message was received, in UTC, rounded up to
	// Options.Resolution. For a device that was never heard it is when Set made
	// it known.
	LastSeen time.Time
	// Delay is how long the device was allowed to be silent.
	Delay time.Duration
}

// Due returns when the delay was over.
func (b Breach) Due() time.Time { return b.LastSeen.Add(b.Delay) }

// Expired returns the devices that have been silent for their delay at now and
// were not returned before, in the order in which they fell due. A message (Touch) arms a
// device again. A message that comes before Expired is called ends the silence without an
// alert, so call it once per Options.Resolution, or leave that to Run.
//
// Each breach is handed out once: one that the loop has received is the caller's,
// those after a break are kept for the next call. Between two breaches the lock
// is held for at most 62 devices at a time, however many there are to look at.
func (m *Monitor) Expired(now time.Time) iter.Seq[Breach] {
	return func(yield func(Breach) bool) {
		tick := m.tick(now)
		for {
			b, ok := m.take()
			if ok && !yield(b) {
				return
			}
			if !ok && !m.sweep(tick) {
				return
			}
		}
	}
}

// tick is observe for the one who watches the time: it also follows a step of
// the wall clock.
func (m *Monitor) tick(now time.Time) uint32 {
	tick, _ := m.observe(now)
	if c := m.clock.Load(); c.rewall(now) != c {
		m.clock.CompareAndSwap(c, c.rewall(now))
		m.span.Store(nil)
	}
	return tick
}

// sweep looks at the next chunk of devices that may be due by a tick, or sorts
// one. It reports whether there was one.
func (m *Monitor) sweep(tick uint32) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wheel.sort(&m.segments) {
		return true
	}
	index, bucket, ok := m.wheel.next(tick)
	if !ok {
		return false
	}
	var places [chunkIDs]cursor
	c := m.wheel.chunk(index)
	m.segments.fetchPlaces(c.ids[:c.n], &places)
	for i, id := range c.ids[:c.n] {
		m.check(id, places[i], bucket)
	}
	m.wheel.release(index)
	return true
}

// check looks at a device whose bucket has opened, unless the id is stale: it puts the
// device among the alerts if it is due, else back into the wheel.
func (m *Monitor) check(id sigfox.DeviceID, c cursor, bucket uint8) {
	known := slot(c.slot.Load()).holds(id)
	if !known {
		c, known = m.find(id)
	}
	if !known || c.meta.bucket() != bucket {
		return
	}
	delay := m.ticksOf(c.meta.delay())
	if delay == delayOff {
		return
	}
	for {
		v := slot(c.slot.Load())
		switch due := v.last() + delay; {
		case v.silent():
			return
		case due > m.wheel.now:
			m.arm(id, c, due)
			return
		case c.slot.CompareAndSwap(uint64(v), uint64(v|silentBit)):
			m.alerts.fresh.push(alert{id, v.last(), delay})
			return
		}
	}
}

// arm puts a device into the wheel.
func (m *Monitor) arm(id sigfox.DeviceID, c cursor, due uint32) {
	bucket := m.wheel.bucketFor(due)
	m.wheel.push(id, bucket)
	c.meta.setBucket(bucket)
}

// take hands out the next alert for good.
func (m *Monitor) take() (Breach, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.alerts.take()
	if !ok {
		return Breach{}, false
	}
	return m.breach(a), true
}

func (m *Monitor) breach(a alert) Breach {
	c := m.clock.Load()
	return Breach{Device: a.id, LastSeen: c.time(a.last), Delay: c.duration(int64(a.delay))}
}
