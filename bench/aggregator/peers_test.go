package aggregator_test

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/elastic/go-freelru"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"github.com/jellydator/ttlcache/v3"
	"github.com/maypok86/otter/v2"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// candidate takes frames and gives what it emits to the sink it was made with.
type candidate interface {
	add(now time.Time, f *dedup.Frame)
}

// ticker is a candidate that is told the time.
type ticker interface{ tick(now time.Time) }

// candidates are all of them, by name.
var candidates = []struct {
	name string
	make func(live int, s *sink) candidate
}{
	{"harness", func(int, *sink) candidate { return harness{} }},
	{"ours", newOurs},
	{"value-ring", newValueRing},
	{"freelru", newFreeLRU},
	{"natural", newNatural},
	{"golang-lru", newGolangLRU},
	{"otter", newOtter},
	{"expirable", newExpirable},
	{"ttlcache", newTTLCache},
	{"afterfunc", newAfterFunc},
}

// harness does nothing: what the stream itself costs.
type harness struct{}

func (harness) add(time.Time, *dedup.Frame) {}

// ours is driven as a program would: Closed is called ten times a second.
type ours struct {
	*dedup.Aggregator
	sink *sink
}

func newOurs(live int, s *sink) candidate {
	// Like its peers it forgets a message when it hands it out.
	a, err := dedup.NewAggregator(dedup.AggregatorOptions{
		Retain: window, MaxMessages: live + live/50, MaxClosed: 1 << 30,
	})
	if err != nil {
		panic(err)
	}
	return &ours{a, s}
}

func (o *ours) add(now time.Time, f *dedup.Frame) { o.Add(now, *f) }

func (o *ours) tick(now time.Time) {
	for m := range o.Closed(now) {
		o.sink.take(m.Frames, len(m.Receptions))
	}
}

// key is all that the peers compare: the payload is left out, in their favour.
type key struct {
	device sigfox.DeviceID
	seq    sigfox.SeqNumber
}

func keyOf(f *dedup.Frame) key { return key{f.Device, f.Seq} }

func hashKey(k key) uint32 {
	h := (uint64(k.device)<<16 | uint64(k.seq)) * 0x9E3779B97F4A7C15
	return uint32(h >> 32)
}

// message is the record of the peers: 120 bytes with room for five stations.
type message struct {
	key
	payload     sigfox.Payload
	quality     sigfox.LinkQuality
	stations    uint8
	frames      uint16
	first, last int64
	heard       [5]reception
}

type reception struct {
	station   sigfox.StationID
	rssi, snr float32
	reps      uint8
}

func (m *message) init(now int64, f *dedup.Frame) {
	*m = message{key: keyOf(f), payload: f.Payload, first: now}
	m.merge(now, f)
}

func (m *message) merge(now int64, f *dedup.Frame) {
	m.last = now
	m.frames++
	for i := range m.heard[:m.stations] {
		if r := &m.heard[i]; r.station == f.Station {
			r.rssi = max(r.rssi, f.RSSI)
			r.snr = max(r.snr, f.SNR)
			r.reps |= 1 << f.Repetition
			return
		}
	}
	if int(m.stations) < len(m.heard) {
		m.heard[m.stations] = reception{f.Station, f.RSSI, f.SNR, 1 << f.Repetition}
		m.stations++
	}
}

func (m *message) over(now int64) bool { return now-m.first >= int64(window) }

// takeMessage rates the message, which is part of the work, and counts it.
func (s *sink) takeMessage(m *message) {
	m.quality = sigfox.LinkLimit
	var strong, weak int
	for i := range m.heard[:m.stations] {
		if m.heard[i].rssi > -122 {
			strong++
		}
		if m.heard[i].rssi > -135 {
			weak++
		}
	}
	switch {
	case strong >= 3:
		m.quality = sigfox.LinkExcellent
	case strong > 0 || weak >= 3:
		m.quality = sigfox.LinkGood
	case weak > 0:
		m.quality = sigfox.LinkAverage
	}
	s.take(int(m.frames), int(m.stations))
}

// valueRing is the best that is built by hand: a map of places in a ring of values.
type valueRing struct {
	mu     sync.Mutex
	places map[key]uint32
	ring   []message
	oldest uint32
	n      uint32
	sink   *sink
}

func newValueRing(live int, s *sink) candidate {
	size := live + live/50
	return &valueRing{places: make(map[key]uint32, size), ring: make([]message, size), sink: s}
}

func (r *valueRing) add(t time.Time, f *dedup.Frame) {
	now := int64(t.Sub(epoch))
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.n > 0 && (r.ring[r.oldest].over(now) || r.n == uint32(len(r.ring))) {
		m := &r.ring[r.oldest]
		r.sink.takeMessage(m)
		delete(r.places, m.key)
		r.oldest = r.at(1)
		r.n--
	}
	k := keyOf(f)
	if i, ok := r.places[k]; ok {
		r.ring[i].merge(now, f)
		return
	}
	i := r.at(r.n)
	r.ring[i].init(now, f)
	r.places[k] = i
	r.n++
}

func (r *valueRing) at(i uint32) uint32 {
	i += r.oldest
	if i >= uint32(len(r.ring)) {
		i -= uint32(len(r.ring))
	}
	return i
}

// natural is what comes to mind first: a map of pointers and a queue of them.
type natural struct {
	mu       sync.Mutex
	messages map[key]*message
	queue    []*message
	sink     *sink
}

func newNatural(_ int, s *sink) candidate {
	return &natural{messages: make(map[key]*message), sink: s}
}

func (n *natural) add(t time.Time, f *dedup.Frame) {
	now := int64(t.Sub(epoch))
	n.mu.Lock()
	defer n.mu.Unlock()
	for len(n.queue) > 0 && n.queue[0].over(now) {
		n.sink.takeMessage(n.queue[0])
		delete(n.messages, n.queue[0].key)
		n.queue[0] = nil
		n.queue = n.queue[1:]
	}
	k := keyOf(f)
	if m := n.messages[k]; m != nil {
		m.merge(now, f)
		return
	}
	m := new(message)
	m.init(now, f)
	n.messages[k] = m
	n.queue = append(n.queue, m)
}

// cache is an LRU cache of messages. It emits what it evicts for want of room,
// as it has no clock that could be driven.
type cache struct {
	mu   sync.Mutex
	peek func(key) (*message, bool)
	put  func(key, *message) bool
}

func (c *cache) add(t time.Time, f *dedup.Frame) {
	now := int64(t.Sub(epoch))
	c.mu.Lock()
	defer c.mu.Unlock()
	k := keyOf(f)
	if m, ok := c.peek(k); ok {
		m.merge(now, f)
		return
	}
	m := new(message)
	m.init(now, f)
	c.put(k, m)
}

func newFreeLRU(live int, s *sink) candidate {
	c, err := freelru.New[key, *message](uint32(live), hashKey)
	if err != nil {
		panic(err)
	}
	c.SetOnEvict(func(_ key, m *message) { s.takeMessage(m) })
	return &cache{peek: c.Peek, put: c.Add}
}

func newGolangLRU(live int, s *sink) candidate {
	c, err := lru.NewWithEvict(live, func(_ key, m *message) { s.takeMessage(m) })
	if err != nil {
		panic(err)
	}
	return &cache{peek: c.Peek, put: c.Add}
}

func newExpirable(live int, s *sink) candidate {
	c := expirable.NewLRU(live, func(_ key, m *message) { s.takeMessage(m) }, time.Hour)
	return &cache{peek: c.Peek, put: c.Add}
}

// newTTLCache runs the callback in a goroutine for each eviction, and there is no
// way to have it otherwise.
func newTTLCache(live int, s *sink) candidate {
	c := ttlcache.New(
		ttlcache.WithTTL[key, *message](time.Hour),
		ttlcache.WithCapacity[key, *message](uint64(live)),
		ttlcache.WithDisableTouchOnHit[key, *message](),
	)
	c.OnEviction(func(_ context.Context, _ ttlcache.EvictionReason, i *ttlcache.Item[key, *message]) {
		s.takeMessage(i.Value())
	})
	return &cache{
		peek: func(k key) (*message, bool) {
			if i := c.Get(k); i != nil {
				return i.Value(), true
			}
			return nil, false
		},
		put: func(k key, m *message) bool { return c.Set(k, m, ttlcache.DefaultTTL) != nil },
	}
}

// otterCache runs on the clock of the stream.
type otterCache struct {
	*otter.Cache[key, *message]
	clock *streamClock
}

type streamClock struct{ now atomic.Int64 }

// NowNano implements otter.Clock.
func (c *streamClock) NowNano() int64 { return c.now.Load() }

// Tick implements otter.Clock.
func (c *streamClock) Tick(time.Duration) <-chan time.Time { return nil }

func newOtter(live int, s *sink) candidate {
	clock := new(streamClock)
	c := otter.Must(&otter.Options[key, *message]{
		InitialCapacity:  live,
		ExpiryCalculator: otter.ExpiryCreating[key, *message](window),
		Clock:            clock,
		Executor:         func(fn func()) { fn() },
		OnDeletion:       func(e otter.DeletionEvent[key, *message]) { s.takeMessage(e.Value) },
	})
	return &otterCache{c, clock}
}

func (o *otterCache) add(t time.Time, f *dedup.Frame) {
	now := int64(t.Sub(epoch))
	o.clock.now.Store(now)
	o.Compute(keyOf(f), func(m *message, found bool) (*message, otter.ComputeOp) {
		if found {
			m.merge(now, f)
			return m, otter.CancelOp
		}
		m = new(message)
		m.init(now, f)
		return m, otter.WriteOp
	})
}

// afterFunc has a timer for each message. As the stream runs faster than the
// clock, the end of the window stops the timer and calls its function.
type afterFunc struct {
	natural
	timers map[key]*time.Timer
}

func newAfterFunc(_ int, s *sink) candidate {
	a := &afterFunc{timers: make(map[key]*time.Timer)}
	a.messages, a.sink = make(map[key]*message), s
	return a
}

func (a *afterFunc) add(t time.Time, f *dedup.Frame) {
	now := int64(t.Sub(epoch))
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.queue) > 0 && a.queue[0].over(now) {
		m := a.queue[0]
		a.timers[m.key].Stop()
		delete(a.timers, m.key)
		delete(a.messages, m.key)
		a.sink.takeMessage(m)
		a.queue[0] = nil
		a.queue = a.queue[1:]
	}
	k := keyOf(f)
	if m := a.messages[k]; m != nil {
		m.merge(now, f)
		return
	}
	m := new(message)
	m.init(now, f)
	a.messages[k] = m
	a.queue = append(a.queue, m)
	a.timers[k] = time.AfterFunc(time.Hour, func() {})
}
