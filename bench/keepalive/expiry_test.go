package keepalive_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/go-sigfox/sigfox/keepalive"
)

// BenchmarkExpiry measures what it costs to look at a device that may be due.
// All devices fall due in one tick: first after a message of each (check), then
// after none (alert). The time is that of the processor, and an operation is a check.
func BenchmarkExpiry(b *testing.B) {
	const delay = 32 * time.Second // one level of the wheel, so one check each
	for _, size := range sizes {
		b.Run(size.name+"/ours", func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			m, err := keepalive.New(keepalive.Options{Delay: delay, MinDelay: delay, MaxDevices: size.n})
			if err != nil {
				b.Fatal(err)
			}
			now := start
			touchAll := func() {
				for i := range size.n {
					_ = m.Touch(now, device(i))
				}
			}
			expire := func(want int) time.Duration {
				begin := threadTime()
				n := 0
				for range m.Expired(now) {
					n++
				}
				spent := threadTime() - begin
				if n != want {
					b.Fatal(n)
				}
				return spent
			}
			var checks, alerts time.Duration
			rounds := 0
			touchAll() // all join
			for b.Loop() {
				touchAll()
				now = now.Add(delay / 2)
				touchAll()
				now = now.Add(delay / 2)
				checks += expire(0)
				now = now.Add(delay / 2)
				alerts += expire(size.n)
				rounds++
			}
			b.ReportMetric(float64(checks)/float64(rounds*size.n), "ns/op")
			b.ReportMetric(float64(alerts)/float64(rounds*size.n), "ns/alert")
		})
	}
}

// BenchmarkScan is what the store-only peers owe at every look: all devices. An
// operation is the check of one.
func BenchmarkScan(b *testing.B) {
	for _, size := range sizes {
		now := start.Unix()
		b.Run(size.name+"/map+mutex+scan", func(b *testing.B) {
			w := newLocked(size.n).(*lockedMap)
			for b.Loop() {
				w.mu.Lock()
				for _, d := range w.m {
					if int64(d.last)+int64(d.delay) < now {
						b.Fatal("none is due")
					}
				}
				w.mu.Unlock()
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N*size.n), "ns/op")
		})
		b.Run(size.name+"/xsync+scan", func(b *testing.B) {
			w := newXsync(size.n).(concurrentMap)
			for b.Loop() {
				for _, r := range w.m.All() {
					if r.last.Load()+r.delay < now {
						b.Fatal("none is due")
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N*size.n), "ns/op")
		})
	}
}
