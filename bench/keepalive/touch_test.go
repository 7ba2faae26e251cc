// Package keepalive_test measures keepalive.Monitor against what Go developers
// use to notice silent devices. Every candidate keeps the time of the last
// message per device; the sub-benchmarks are named <size>/<candidate>.
package keepalive_test

import (
	"flag"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
)

// watcher is what every candidate does for one message.
type watcher interface {
	Touch(now time.Time, id sigfox.DeviceID) error
}

// candidate builds a watcher that knows n devices, all heard at start.
type candidate struct {
	name  string
	max   int // larger sizes would take minutes or all memory
	build func(n int) watcher
}

var only = flag.String("candidates", ".", "regular expression of the candidates to measure")

func (c candidate) selected() bool {
	ok, err := regexp.MatchString(*only, c.name)
	return ok && err == nil
}

var sizes = []struct {
	name string
	n    int
}{{"10k", 10_000}, {"100k", 100_000}, {"1M", 1_000_000}, {"10M", 10_000_000}}

// delays of the devices, spread evenly.
var delays = [...]time.Duration{
	10 * time.Minute, 30 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour, 168 * time.Hour,
}

func delayOf(i int) time.Duration { return delays[i%len(delays)] }

// start is a whole second, with the monotonic reading that the times of a
// running program have.
var start = func(now time.Time) time.Time { return now.Add(-time.Duration(now.Nanosecond())) }(time.Now())

// device returns the i-th id: distinct and spread over all 32 bits.
func device(i int) sigfox.DeviceID { return sigfox.DeviceID(uint32(i) * 2654435761) }

// rng is a xorshift generator, so cheap that it does not hide what is measured.
type rng uint64

func (r *rng) next(n int) int {
	x := *r
	x ^= x << 13
	x ^= x >> 7
	x ^= x << 17
	*r = x
	return int(uint64(uint32(x>>16)) * uint64(n) >> 32)
}

// messages are those of uniformly random devices, 100,000 a second in all. They
// are made a block ahead, which has one time, so that making them is no part of
// what is measured.
type messages struct {
	n    int
	seed rng
	now  time.Time
	ids  [64]sigfox.DeviceID
}

func newMessages(n int, seed rng) *messages { return &messages{n: n, seed: seed, now: start} }

func (m *messages) nextBlock() {
	m.now = m.now.Add(time.Duration(len(m.ids)) * 10 * time.Microsecond)
	for i := range m.ids {
		m.ids[i] = device(m.seed.next(m.n))
	}
}

// batch touches devices 64 at a time: ours-batch.
type batch struct {
	m   *keepalive.Monitor
	ids []sigfox.DeviceID
}

func newBatch(n int) watcher {
	return &batch{m: newOurs(n).(*keepalive.Monitor), ids: make([]sigfox.DeviceID, 0, 64)}
}

func (b *batch) Touch(now time.Time, id sigfox.DeviceID) error {
	if b.ids = append(b.ids, id); len(b.ids) < cap(b.ids) {
		return nil
	}
	err := b.m.TouchAll(now, b.ids)
	b.ids = b.ids[:0]
	return err
}

func BenchmarkTouch(b *testing.B) {
	eachCandidate(b, func(b *testing.B, w watcher, n int) {
		b.Helper()
		m := newMessages(n, 88172645463325252)
		for i := 0; b.Loop(); i++ {
			if i%len(m.ids) == 0 {
				m.nextBlock()
			}
			_ = w.Touch(m.now, m.ids[i%len(m.ids)])
		}
	})
}

// BenchmarkTouchNewTick lets time run so fast that nearly every message is the
// first of its device in its second.
func BenchmarkTouchNewTick(b *testing.B) {
	eachCandidate(b, func(b *testing.B, w watcher, n int) {
		b.Helper()
		r, now := rng(88172645463325252), start
		for b.Loop() {
			now = now.Add(time.Millisecond)
			_ = w.Touch(now, device(r.next(n)))
		}
	})
}

// BenchmarkTouchParallel shares one watcher between all cores: compare -cpu 1,2,
// on a busy machine by cpu-ns/op, which stays the same if nobody waits.
func BenchmarkTouchParallel(b *testing.B) {
	eachCandidate(b, func(b *testing.B, w watcher, n int) {
		b.Helper()
		var goroutines atomic.Int64
		b.RunParallel(func(pb *testing.PB) {
			m := newMessages(n, rng(88172645463325252+7919*goroutines.Add(1)))
			for i := 0; pb.Next(); i++ {
				if i%len(m.ids) == 0 {
					m.nextBlock()
				}
				_ = w.Touch(m.now, m.ids[i%len(m.ids)])
			}
		})
	})
}

// eachCandidate runs one sub-benchmark per size and candidate, and adds what the
// devices cost in memory and in a garbage collection.
func eachCandidate(b *testing.B, run func(b *testing.B, w watcher, n int)) {
	b.Helper()
	for _, size := range sizes {
		for _, c := range candidates {
			if size.n > c.max || !c.selected() {
				continue
			}
			b.Run(fmt.Sprintf("%s/%s", size.name, c.name), func(b *testing.B) {
				before := heapInUse()
				w := c.build(size.n)
				bytes := float64(heapInUse()) - float64(before)
				gc := gcTime()
				b.ReportAllocs()
				b.ResetTimer()
				begin := processTime()
				run(b, w, size.n)
				b.ReportMetric(float64(processTime()-begin)/float64(b.N), "cpu-ns/op")
				b.ReportMetric(bytes/float64(size.n), "B/entry")
				b.ReportMetric(gc, "gc-ms")
				runtime.KeepAlive(w)
			})
		}
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapInuse
}

// gcTime returns the median wall time of a collection, in milliseconds.
func gcTime() float64 {
	var times []float64
	for range 5 {
		begin := time.Now()
		runtime.GC()
		times = append(times, float64(time.Since(begin))/float64(time.Millisecond))
	}
	slices.Sort(times)
	return times[len(times)/2]
}
