package keepalive

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Monitor tells which devices fell silent. All its methods are safe for
// concurrent use.
type Monitor struct {
	// What Touch reads; written rarely.
	span     atomic.Pointer[span] // of the latest time, or nil
	segments segments
	clock    atomic.Pointer[clock] // nil until the first time that is given
	latest   atomic.Uint32         // the latest moment that was seen
	delay    uint32                // Options.Delay in ticks
	opts     Options

	_ [64]byte // keep the lock off the cache lines above

	mu      sync.Mutex
	devices int
	wheel   wheel
	alerts  alerts
	origin  time.Time // the time of a restored snapshot
	running bool
}

// New returns a monitor without devices. The error names the option that is out
// of range.
func New(o Options) (*Monitor, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	delay, _ := o.delayTicks(o.Delay)
	m := &Monitor{segments: newSegments(o.MaxDevices), delay: delay, opts: o, wheel: newWheel(firstTick)}
	m.latest.Store(uint32(wholeTick(firstTick)))
	return m, nil
}

// Touch notes that a message of the device was received at now. It ends the silence of
// the device, and the next one begins. A device that is not known joins with the default
// delay, unless that is off. The error is ErrFull if there is no room for it.
//
// A now before the latest that any method was given counts as the latest.
// Touch takes no lock for most devices that are known and were not alerted, and
// does not allocate unless the table grows, except for 32 bytes once a tick.
func (m *Monitor) Touch(now time.Time, id sigfox.DeviceID) error {
	var at uint32
	if s := m.span.Load(); s != nil && now.Before(s.end) {
		at = s.tick
	} else {
		_, at = m.observe(now)
	}
	// What follows is touch, without a call.
	x := hash(id)
	t := m.segments.table(x)
	h, p := t.seek(x)
	if touchSlot(t.slot(x, h, p), id, at) {
		return nil
	}
	return m.touchLocked(at, id)
}

// TouchAll is Touch for several devices that were heard at now. It reads the
// memory of many devices at the same time, so with many devices a call is
// cheaper than a Touch for each. All devices are touched, even if there is no
// room for some; then the error is ErrFull.
func (m *Monitor) TouchAll(now time.Time, ids []sigfox.DeviceID) error {
	_, at := m.observe(now)
	var err error
	var slots [chunkIDs]*atomic.Uint64
	for batch := range slices.Chunk(ids, chunkIDs) {
		m.segments.fetch(batch, &slots)
		for i, id := range batch {
			if touchSlot(slots[i], id, at) {
				continue
			}
			if e := m.touchLocked(at, id); e != nil {
				err = e
			}
		}
	}
	return err
}

// touch notes a message at a tick.
func (m *Monitor) touch(at uint32, id sigfox.DeviceID) error {
	x := hash(id)
	t := m.segments.table(x)
	h, p := t.seek(x)
	if touchSlot(t.slot(x, h, p), id, at) {
		return nil
	}
	return m.touchLocked(at, id)
}

// touchSlot notes a message at a tick. It reports whether that was all: not if the
// device has been alerted, is not in this slot, or was just heard by somebody else.
func touchSlot(s *atomic.Uint64, id sigfox.DeviceID, at uint32) bool {
	v := s.Load()
	last := v ^ uint64(id)<<32 // if it is the device and was not alerted; else more
	if last-1 < uint64(at)-1 {
		return s.CompareAndSwap(v, uint64(newSlot(id, at)))
	}
	return last-1 < uint64(silentBit)-1 // a copy of a message in the same tick
}

// touchLocked is touch for a device that may have to join or to be armed again.
func (m *Monitor) touchLocked(at uint32, id sigfox.DeviceID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, known := m.find(id)
	switch {
	case !known && m.delay == delayOff:
		return nil
	case !known:
		return m.join(id, at, delayDefault)
	case !slot(c.slot.Load()).silent():
		for !touchSlot(c.slot, id, at) { // until no other message comes between
		}
		return nil
	}
	c.slot.Store(uint64(newSlot(id, at))) // silent, so nobody else writes it
	if ticks := m.ticksOf(c.meta.delay()); ticks != delayOff {
		m.arm(id, c, at+ticks)
	}
	return nil
}

// find returns the place of a device, if it is known. It needs the lock.
func (m *Monitor) find(id sigfox.DeviceID) (cursor, bool) {
	h := hash(id)
	return m.segments.table(h).find(h, id)
}

// join adds a device that is not known.
func (m *Monitor) join(id sigfox.DeviceID, last, delay uint32) error {
	if m.devices >= m.opts.MaxDevices {
		return ErrFull
	}
	m.devices++
	bucket := uint8(0)
	if ticks := m.ticksOf(delay); ticks != delayOff {
		bucket = m.wheel.bucketFor(last + ticks)
		m.wheel.push(id, bucket)
	}
	m.segments.add(id, last, newMeta(delay, bucket))
	return nil
}

func (m *Monitor) ticksOf(delay uint32) uint32 {
	if delay == delayDefault {
		return m.delay
	}
	return delay
}

// Set gives a device a delay of its own: 0 for off, or at least
// Options.MinDelay. A device that is not known joins, as if it had been heard
// at now. For another device the silence goes on: if it is already longer than
// the new delay, the alert is due at once; if it was alerted, it needs a message
// first, whatever the delay.
//
// The error is a *DelayError, or ErrFull. A call that shortens the delay of a
// device takes four bytes until the former delay is over; so does Remove.
func (m *Monitor) Set(now time.Time, id sigfox.DeviceID, delay time.Duration) error {
	ticks, err := m.opts.delayTicks(delay)
	if err != nil {
		return err
	}
	_, at := m.observe(now)
	m.mu.Lock()
	defer m.mu.Unlock()
	c, known := m.find(id)
	if !known {
		return m.join(id, at, ticks)
	}
	before := m.ticksOf(c.meta.delay())
	*c.meta = newMeta(ticks, c.meta.bucket())
	v := slot(c.slot.Load())
	// A longer delay needs nothing: the wheel looks at the device early enough.
	if sooner := before == delayOff || ticks < before; ticks == delayOff || v.silent() || !sooner {
		return nil
	}
	due := v.last() + ticks
	if here := before != delayOff && m.wheel.bucketFor(due) == c.meta.bucket(); !here {
		m.arm(id, c, due)
	}
	return nil
}

// Remove forgets a device. It reports whether the device was known. A breach
// that waits to be handed out is not taken back.
func (m *Monitor) Remove(id sigfox.DeviceID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := hash(id)
	if !m.segments.table(h).remove(h, id) {
		return false
	}
	m.devices--
	return true
}

// start sets the clock by the first time that is given. One before 1970, such as the zero
// time, is not the present: by it, the present would be beyond all ticks, and no device
// would ever fall silent.
func (m *Monitor) start(now time.Time) *clock {
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.clock.Load()
	early := m.origin.IsZero() && now.Unix() < 0
	if old != nil && (early || !old.early) {
		return old
	}
	base := floorTo(now, m.opts.Resolution)
	switch {
	case m.origin.IsZero():
	case isWall(now):
		base = m.origin
	default:
		// Go on from the snapshot by the monotonic clock, even if the wall
		// clock, as after a start without a network, is still behind it.
		base = now.Add(-max(0, now.Sub(m.origin)))
	}
	c := newClock(base, m.opts.Resolution)
	c.early = early
	m.clock.Store(c)
	return c
}
