package seen_test

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	"github.com/VictoriaMetrics/fastcache"
	"github.com/allegro/bigcache/v3"
	cockroach "github.com/cockroachdb/swiss"
	"github.com/coocood/freecache"
	dolthub "github.com/dolthub/swiss"
	"github.com/elastic/go-freelru"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"github.com/jellydator/ttlcache/v3"
	"github.com/maypok86/otter/v2"
	"github.com/patrickmn/go-cache"
	"github.com/puzpuzpuz/xsync/v4"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// set is what every candidate does: seen reports whether k, the newest message
// of the stream, was seen before, and takes note of it. It must be safe for
// concurrent use.
type set interface {
	seen(s *stream, k sigfox.MessageKey) bool
}

// candidate builds a set for a window of n messages.
type candidate struct {
	name  string
	max   int // larger sizes would take minutes or all memory
	build func(n int) set
}

// The peers that have no bound of their own are told which message to forget.
var candidates = []candidate{
	{"floor", 10_000_000, newFloor},
	{"ours", 10_000_000, newOurs},
	{"ours-claim", 10_000_000, func(n int) set { return oursClaim{newOurs(n).(ours)} }},
	{"freelru.Synced", 10_000_000, newFreelruSynced},
	{"freelru.Sharded", 1_000_000, newFreelruSharded},
	{"xsync", 10_000_000, newXsync},
	{"map+ring", 10_000_000, newMapRing},
	{"cockroachdb-swiss", 10_000_000, newCockroach},
	{"dolthub-swiss", 10_000_000, newDolthub},
	{"golang-lru", 1_000_000, newGolangLRU},
	{"otter-ttl", 1_000_000, newOtter},
	{"expirable", 1_000_000, newExpirable},
	{"sync.Map", 1_000_000, newSyncMap},
	{"ttlcache", 1_000_000, newTTLCache},
	{"go-cache", 1_000_000, newGoCache},
	{"bigcache", 1_000_000, newBigcache},
	{"freecache", 1_000_000, newFreecache},
	{"fastcache", 1_000_000, newFastcache},
}

// key is a message key without padding, the smallest that is exact: peers are
// faster with it than with sigfox.MessageKey.
type key [3]uint32

func pack(k sigfox.MessageKey) key {
	return key{uint32(k.Device), uint32(k.Time), uint32(k.Seq)}
}

func (k key) hash() uint32 {
	x := (uint64(k[0])<<32 | uint64(k[1])) ^ uint64(k[2])<<20
	x *= 0x9e3779b97f4a7c15
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	return uint32(x >> 32)
}

func (k key) bytes() (b [12]byte) {
	binary.LittleEndian.PutUint32(b[0:], k[0])
	binary.LittleEndian.PutUint32(b[4:], k[1])
	binary.LittleEndian.PutUint32(b[8:], k[2])
	return b
}

// ours asks and remembers in one step, as the peers do.
type ours struct{ *dedup.Seen }

func newOurs(n int) set {
	s, err := dedup.NewSeen(dedup.SeenOptions{Retain: retain, MaxMessages: n})
	must(err)
	return ours{s}
}

func (o ours) seen(s *stream, k sigfox.MessageKey) bool { return o.Add(s.now, k) != dedup.New }

// oursClaim does what a handler does: Begin, and Commit when the message is new.
type oursClaim struct{ ours }

func (o oursClaim) seen(s *stream, k sigfox.MessageKey) bool {
	if o.Begin(s.now, k) != dedup.New {
		return true
	}
	o.Commit(s.now, k)
	return false
}

type freelruSynced struct {
	*freelru.SyncedLRU[key, struct{}]
}

func newFreelruSynced(n int) set {
	c, err := freelru.NewSynced[key, struct{}](uint32(n), key.hash)
	must(err)
	return freelruSynced{c}
}

func (c freelruSynced) seen(_ *stream, k sigfox.MessageKey) bool {
	p := pack(k)
	if _, ok := c.Peek(p); ok {
		return true
	}
	c.Add(p, struct{}{})
	return false
}

type freelruSharded struct {
	*freelru.ShardedLRU[key, struct{}]
}

func newFreelruSharded(n int) set {
	c, err := freelru.NewSharded[key, struct{}](uint32(n), key.hash)
	must(err)
	return freelruSharded{c}
}

func (c freelruSharded) seen(_ *stream, k sigfox.MessageKey) bool {
	p := pack(k)
	if _, ok := c.Peek(p); ok {
		return true
	}
	c.Add(p, struct{}{})
	return false
}

type xsyncMap struct{ *xsync.Map[key, struct{}] }

func newXsync(n int) set { return xsyncMap{xsync.NewMap[key, struct{}](xsync.WithPresize(n))} }

func (m xsyncMap) seen(s *stream, k sigfox.MessageKey) bool {
	if _, ok := m.LoadOrStore(pack(k), struct{}{}); ok {
		return true
	}
	if old, ok := s.leaving(); ok {
		m.Delete(pack(old))
	}
	return false
}

// mapRing is the best that is easily built by hand: a map, and a ring of its
// keys that tells which one to forget.
type mapRing struct {
	mu   sync.Mutex
	m    map[key]struct{}
	ring []key
	next int
}

func newMapRing(n int) set {
	return &mapRing{m: make(map[key]struct{}, n), ring: make([]key, n)}
}

func (r *mapRing) seen(_ *stream, k sigfox.MessageKey) bool {
	p := pack(k)
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.m[p]; ok {
		return true
	}
	delete(r.m, r.ring[r.next])
	r.m[p] = struct{}{}
	r.ring[r.next] = p
	if r.next++; r.next == len(r.ring) {
		r.next = 0
	}
	return false
}

type cockroachSwiss struct {
	mu sync.Mutex
	m  *cockroach.Map[key, struct{}]
}

func newCockroach(n int) set { return &cockroachSwiss{m: cockroach.New[key, struct{}](n)} }

func (c *cockroachSwiss) seen(s *stream, k sigfox.MessageKey) bool {
	p := pack(k)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.m.Get(p); ok {
		return true
	}
	c.m.Put(p, struct{}{})
	if old, ok := s.leaving(); ok {
		c.m.Delete(pack(old))
	}
	return false
}

type dolthubSwiss struct {
	mu sync.Mutex
	m  *dolthub.Map[key, struct{}]
}

func newDolthub(n int) set { return &dolthubSwiss{m: dolthub.NewMap[key, struct{}](uint32(n))} }

func (d *dolthubSwiss) seen(s *stream, k sigfox.MessageKey) bool {
	p := pack(k)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.m.Has(p) {
		return true
	}
	d.m.Put(p, struct{}{})
	if old, ok := s.leaving(); ok {
		d.m.Delete(pack(old))
	}
	return false
}

type golangLRU struct{ *lru.Cache[key, struct{}] }

func newGolangLRU(n int) set {
	c, err := lru.New[key, struct{}](n)
	must(err)
	return golangLRU{c}
}

func (c golangLRU) seen(_ *stream, k sigfox.MessageKey) bool {
	ok, _ := c.ContainsOrAdd(pack(k), struct{}{})
	return ok
}

// otterTTL is otter with a time to live. Its maximum size is of no use here: it
// refuses new keys that were not asked for often.
type otterTTL struct {
	*otter.Cache[key, struct{}]
	clock *streamClock
}

type streamClock struct{ now int64 }

func (c *streamClock) NowNano() int64                      { return c.now }
func (c *streamClock) Tick(time.Duration) <-chan time.Time { return nil }

func newOtter(n int) set {
	clock := &streamClock{now: start.UnixNano()}
	c, err := otter.New(&otter.Options[key, struct{}]{
		InitialCapacity:  n,
		ExpiryCalculator: otter.ExpiryCreating[key, struct{}](retain),
		Clock:            clock,
	})
	must(err)
	return otterTTL{c, clock}
}

func (c otterTTL) seen(s *stream, k sigfox.MessageKey) bool {
	c.clock.now = s.now.UnixNano()
	_, isNew := c.SetIfAbsent(pack(k), struct{}{})
	return !isNew
}

type expirableLRU struct{ *expirable.LRU[key, struct{}] }

func newExpirable(n int) set {
	return expirableLRU{expirable.NewLRU[key, struct{}](n, nil, retain)}
}

func (c expirableLRU) seen(_ *stream, k sigfox.MessageKey) bool {
	p := pack(k)
	if c.Contains(p) {
		return true
	}
	c.Add(p, struct{}{})
	return false
}

type syncMap struct{ *sync.Map }

func newSyncMap(int) set { return syncMap{new(sync.Map)} }

func (m syncMap) seen(s *stream, k sigfox.MessageKey) bool {
	if _, ok := m.LoadOrStore(pack(k), struct{}{}); ok {
		return true
	}
	if old, ok := s.leaving(); ok {
		m.Delete(pack(old))
	}
	return false
}

type ttlCache struct {
	*ttlcache.Cache[key, struct{}]
}

func newTTLCache(n int) set {
	return ttlCache{ttlcache.New(
		ttlcache.WithTTL[key, struct{}](retain),
		ttlcache.WithCapacity[key, struct{}](uint64(n)),
		ttlcache.WithDisableTouchOnHit[key, struct{}](),
	)}
}

func (c ttlCache) seen(_ *stream, k sigfox.MessageKey) bool {
	_, ok := c.GetOrSet(pack(k), struct{}{})
	return ok
}

type goCache struct{ *cache.Cache }

func newGoCache(int) set { return goCache{cache.New(retain, 0)} }

func (c goCache) seen(s *stream, k sigfox.MessageKey) bool {
	b := pack(k).bytes()
	if c.Add(string(b[:]), nil, cache.DefaultExpiration) != nil {
		return true
	}
	if old, ok := s.leaving(); ok {
		b := pack(old).bytes()
		c.Delete(string(b[:]))
	}
	return false
}

type bigCache struct {
	mu sync.Mutex
	*bigcache.BigCache
}

func newBigcache(n int) set {
	c, err := bigcache.New(context.Background(), bigcache.Config{
		Shards: 256, LifeWindow: retain, MaxEntriesInWindow: n, MaxEntrySize: 12, HardMaxCacheSize: max(1, n*56>>20),
	})
	must(err)
	return &bigCache{BigCache: c}
}

func (c *bigCache) seen(_ *stream, k sigfox.MessageKey) bool {
	b := pack(k).bytes()
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.Get(string(b[:])); err == nil {
		return true
	}
	must(c.Set(string(b[:]), nil))
	return false
}

type freeCache struct{ *freecache.Cache }

func newFreecache(n int) set { return freeCache{freecache.NewCache(n * 64)} }

func (c freeCache) seen(_ *stream, k sigfox.MessageKey) bool {
	b := pack(k).bytes()
	v, err := c.GetOrSet(b[:], one, int(retain/time.Second))
	must(err)
	return v != nil
}

type fastCache struct {
	mu sync.Mutex
	*fastcache.Cache
}

func newFastcache(n int) set { return &fastCache{Cache: fastcache.New(n * 48)} }

func (c *fastCache) seen(_ *stream, k sigfox.MessageKey) bool {
	b := pack(k).bytes()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Has(b[:]) {
		return true
	}
	c.Set(b[:], one)
	return false
}

var one = []byte{1}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
