package aggregator_test

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/elastic/go-freelru"
	golanglru "github.com/hashicorp/golang-lru/v2"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"github.com/jellydator/ttlcache/v3"
	"github.com/maypok86/otter/v2"

	"github.com/go-sigfox/sigfox/dedup"
)

// cache is an LRU cache of messages. None of them has a clock that could be
// driven, so they have room for just the messages of a window, and emit a message
// when another takes its room. That suits them: they need not look for those
// whose window is over.
type cache struct {
	mu sync.Mutex
	lru
	verdicts tally
}

type lru interface {
	Peek(k key) (*message, bool)
	Add(k key, m *message) bool
	Remove(k key) bool
}

func (c *cache) add(t time.Time, f *dedup.Frame) dedup.Verdict {
	now := int64(t.Sub(epoch))
	c.mu.Lock()
	v := c.verdicts.count(c.merge(now, f))
	c.mu.Unlock()
	return v
}

func (c *cache) merge(now int64, f *dedup.Frame) dedup.Verdict {
	k := keyOf(f)
	if m, ok := c.Peek(k); ok {
		if !m.over(now) {
			return m.merge(now, f)
		}
		c.Remove(k)
	}
	m := new(message)
	m.init(k, now, f)
	c.Add(k, m)
	return dedup.First
}

func newFreeLRU(live int, s sink) candidate {
	c, err := freelru.New[key, *message](uint32(live), key.hash)
	if err != nil {
		panic(err)
	}
	c.SetOnEvict(func(_ key, m *message) { m.emit(s) })
	return &cache{lru: c}
}

func newGolangLRU(live int, s sink) candidate {
	c, err := golanglru.NewWithEvict(live, func(_ key, m *message) { m.emit(s) })
	if err != nil {
		panic(err)
	}
	return &cache{lru: c}
}

func newExpirable(live int, s sink) candidate {
	return &cache{lru: expirable.NewLRU(live, func(_ key, m *message) { m.emit(s) }, time.Hour)}
}

type ttlCache struct{ *ttlcache.Cache[key, *message] }

// newTTLCache runs the callback in a goroutine for each eviction, and there is no
// way to have it otherwise.
func newTTLCache(live int, s sink) candidate {
	c := ttlcache.New(
		ttlcache.WithTTL[key, *message](time.Hour),
		ttlcache.WithCapacity[key, *message](uint64(live)),
		ttlcache.WithDisableTouchOnHit[key, *message](),
	)
	c.OnEviction(func(_ context.Context, _ ttlcache.EvictionReason, i *ttlcache.Item[key, *message]) {
		i.Value().emit(s)
	})
	return &cache{lru: ttlCache{c}}
}

func (c ttlCache) Peek(k key) (*message, bool) {
	if i := c.Get(k); i != nil {
		return i.Value(), true
	}
	return nil, false
}

func (c ttlCache) Add(k key, m *message) bool { return c.Set(k, m, ttlcache.DefaultTTL) != nil }

func (c ttlCache) Remove(k key) bool {
	c.Delete(k)
	return true
}

// otterCache runs on the clock of the stream.
type otterCache struct {
	*otter.Cache[key, *message]
	clock    *streamClock
	verdicts [dedup.Full + 1]atomic.Uint64
}

type streamClock struct{ now atomic.Int64 }

// NowNano implements otter.Clock.
func (c *streamClock) NowNano() int64 { return c.now.Load() }

// Tick implements otter.Clock.
func (c *streamClock) Tick(time.Duration) <-chan time.Time { return nil }

func newOtter(live int, s sink) candidate {
	clock := new(streamClock)
	c := otter.Must(&otter.Options[key, *message]{
		InitialCapacity:  live,
		ExpiryCalculator: otter.ExpiryCreating[key, *message](window),
		Clock:            clock,
		Executor:         func(fn func()) { fn() },
		OnDeletion:       func(e otter.DeletionEvent[key, *message]) { e.Value.emit(s) },
	})
	return &otterCache{Cache: c, clock: clock}
}

func (o *otterCache) add(t time.Time, f *dedup.Frame) (v dedup.Verdict) {
	now := int64(t.Sub(epoch))
	o.clock.now.Store(now)
	k := keyOf(f)
	o.Compute(k, func(m *message, found bool) (*message, otter.ComputeOp) {
		if found {
			v = m.merge(now, f)
			return m, otter.CancelOp
		}
		m = new(message)
		v = m.init(k, now, f)
		return m, otter.WriteOp
	})
	o.verdicts[v].Add(1)
	return v
}
