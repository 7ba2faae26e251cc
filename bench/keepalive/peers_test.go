package keepalive_test

import (
	"container/heap"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/btree"
	"github.com/jellydator/ttlcache/v3"
	"github.com/maypok86/otter/v2"
	gocache "github.com/patrickmn/go-cache"
	"github.com/puzpuzpuz/xsync/v4"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
)

var candidates = []candidate{
	{"floor", 1e7, newFloor},
	{"ours", 1e7, newOurs},
	{"ours-batch", 1e7, newBatch},
	{"xsync+scan", 1e7, newXsync},
	{"map+mutex+scan", 1e7, newLocked},
	{"heap", 1e7, newHeap},
	{"otter", 1e7, newOtter},
	{"AfterFunc", 1e7, newTimers},
	{"go-cache", 1e6, newGoCache},
	{"btree", 1e6, newBtree},
	{"ttlcache", 1e6, newTTLCache},
}

// floor is one random atomic store into a dense array: no search, no expiry.
type floor []atomic.Uint64

func newFloor(n int) watcher { return make(floor, n) }

func (f floor) Touch(now time.Time, id sigfox.DeviceID) error {
	f[uint64(id)*uint64(len(f))>>32].Store(uint64(now.Unix()))
	return nil
}

func newOurs(n int) watcher {
	m, err := keepalive.New(keepalive.Options{MinDelay: delays[0], MaxDevices: n})
	if err != nil {
		panic(err)
	}
	for i := range n {
		if err := m.Set(start, device(i), delayOf(i)); err != nil {
			panic(err)
		}
	}
	return m
}

// record is a device of the peers that keep it behind a pointer.
type record struct {
	last  atomic.Int64
	delay int64
}

// concurrentMap needs a scan of all devices to find the silent ones.
type concurrentMap struct {
	m *xsync.Map[sigfox.DeviceID, *record]
}

func newXsync(n int) watcher {
	m := xsync.NewMap[sigfox.DeviceID, *record](xsync.WithPresize(n))
	for i := range n {
		r := &record{delay: int64(delayOf(i) / time.Second)}
		r.last.Store(start.Unix())
		m.Store(device(i), r)
	}
	return concurrentMap{m}
}

func (c concurrentMap) Touch(now time.Time, id sigfox.DeviceID) error {
	if r, ok := c.m.Load(id); ok {
		r.last.Store(now.Unix())
	}
	return nil
}

// lockedMap needs a scan of all devices, under its lock, to find the silent ones.
type lockedMap struct {
	mu sync.Mutex
	m  map[sigfox.DeviceID]lastDelay
}

type lastDelay struct{ last, delay uint32 }

func newLocked(n int) watcher {
	l := &lockedMap{m: make(map[sigfox.DeviceID]lastDelay, n)}
	for i := range n {
		l.m[device(i)] = lastDelay{uint32(start.Unix()), uint32(delayOf(i) / time.Second)}
	}
	return l
}

func (l *lockedMap) Touch(now time.Time, id sigfox.DeviceID) error {
	l.mu.Lock()
	d := l.m[id]
	d.last = uint32(now.Unix())
	l.m[id] = d
	l.mu.Unlock()
	return nil
}

// heapItem is a device of the heap and of the btree.
type heapItem struct {
	due   int64
	delay int64
	id    sigfox.DeviceID
	index int
}

type dueHeap []*heapItem

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due < h[j].due }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *dueHeap) Push(x any) { *h = append(*h, x.(*heapItem)) }
func (h *dueHeap) Pop() any   { panic("not used") }

type heapWatcher struct {
	mu sync.Mutex
	m  map[sigfox.DeviceID]*heapItem
	h  dueHeap
}

func newHeap(n int) watcher {
	w := &heapWatcher{m: make(map[sigfox.DeviceID]*heapItem, n), h: make(dueHeap, 0, n)}
	for i := range n {
		delay := int64(delayOf(i) / time.Second)
		it := &heapItem{due: start.Unix() + delay, delay: delay, id: device(i), index: i}
		w.m[it.id] = it
		w.h = append(w.h, it)
	}
	heap.Init(&w.h)
	return w
}

func (w *heapWatcher) Touch(now time.Time, id sigfox.DeviceID) error {
	w.mu.Lock()
	it := w.m[id]
	it.due = now.Unix() + it.delay
	heap.Fix(&w.h, it.index)
	w.mu.Unlock()
	return nil
}

// virtualClock makes the time of otter that of the messages.
type virtualClock struct{ now atomic.Int64 }

func (c *virtualClock) NowNano() int64                      { return c.now.Load() }
func (c *virtualClock) Tick(time.Duration) <-chan time.Time { return nil }

type otterWatcher struct {
	c     *otter.Cache[sigfox.DeviceID, int64]
	clock *virtualClock
}

func newOtter(n int) watcher {
	clock := &virtualClock{}
	clock.now.Store(start.UnixNano())
	c := otter.Must(&otter.Options[sigfox.DeviceID, int64]{
		InitialCapacity:  n,
		Clock:            clock,
		ExpiryCalculator: otter.ExpiryWriting[sigfox.DeviceID, int64](delays[0]),
		OnDeletion:       func(otter.DeletionEvent[sigfox.DeviceID, int64]) {},
	})
	for i := range n {
		c.Set(device(i), int64(delayOf(i)))
		c.SetExpiresAfter(device(i), delayOf(i))
	}
	return &otterWatcher{c, clock}
}

func (w *otterWatcher) Touch(now time.Time, id sigfox.DeviceID) error {
	if t := now.UnixNano(); t != w.clock.now.Load() {
		w.clock.now.Store(t)
	}
	// The delay is a function of the id, so that no look-up is charged for it.
	w.c.SetExpiresAfter(id, delayOf(int(id&0xffff)))
	return nil
}

// timers is one runtime timer per device.
type timers struct {
	mu sync.Mutex
	m  map[sigfox.DeviceID]timerDelay
}

type timerDelay struct {
	t     *time.Timer
	delay time.Duration
}

func newTimers(n int) watcher {
	w := &timers{m: make(map[sigfox.DeviceID]timerDelay, n)}
	for i := range n {
		w.m[device(i)] = timerDelay{time.AfterFunc(delayOf(i), func() {}), delayOf(i)}
	}
	return w
}

func (w *timers) Touch(_ time.Time, id sigfox.DeviceID) error {
	w.mu.Lock()
	d := w.m[id]
	d.t.Reset(d.delay)
	w.mu.Unlock()
	return nil
}

type goCacheWatcher struct{ c *gocache.Cache }

func newGoCache(n int) watcher {
	w := goCacheWatcher{gocache.New(gocache.NoExpiration, 0)}
	for i := range n {
		w.c.Set(strconv.FormatUint(uint64(device(i)), 16), nil, delayOf(i))
	}
	return w
}

func (w goCacheWatcher) Touch(_ time.Time, id sigfox.DeviceID) error {
	w.c.Set(strconv.FormatUint(uint64(id), 16), nil, delayOf(int(id&0xffff)))
	return nil
}

type btreeWatcher struct {
	mu sync.Mutex
	m  map[sigfox.DeviceID]heapItem
	t  *btree.BTreeG[heapItem]
}

func newBtree(n int) watcher {
	w := &btreeWatcher{
		m: make(map[sigfox.DeviceID]heapItem, n),
		t: btree.NewG(32, func(a, b heapItem) bool { return a.due < b.due || a.due == b.due && a.id < b.id }),
	}
	for i := range n {
		delay := int64(delayOf(i) / time.Second)
		it := heapItem{due: start.Unix() + delay, delay: delay, id: device(i)}
		w.m[it.id] = it
		w.t.ReplaceOrInsert(it)
	}
	return w
}

func (w *btreeWatcher) Touch(now time.Time, id sigfox.DeviceID) error {
	w.mu.Lock()
	it := w.m[id]
	w.t.Delete(it)
	it.due = now.Unix() + it.delay
	w.t.ReplaceOrInsert(it)
	w.m[id] = it
	w.mu.Unlock()
	return nil
}

type ttlCacheWatcher struct {
	c *ttlcache.Cache[sigfox.DeviceID, struct{}]
}

func newTTLCache(n int) watcher {
	w := ttlCacheWatcher{ttlcache.New[sigfox.DeviceID, struct{}]()}
	for i := range n {
		w.c.Set(device(i), struct{}{}, delayOf(i))
	}
	return w
}

func (w ttlCacheWatcher) Touch(_ time.Time, id sigfox.DeviceID) error {
	w.c.Touch(id)
	return nil
}
