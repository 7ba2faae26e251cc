package keepalive_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
)

// BenchmarkTouchZipf lets few devices send most of the messages, and reports how
// long single calls take. The time of two clock readings is included.
func BenchmarkTouchZipf(b *testing.B) {
	eachCandidate(b, func(b *testing.B, w watcher, n int) {
		b.Helper()
		zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 1, uint64(n-1))
		ids := make([]sigfox.DeviceID, 1<<20)
		for i := range ids {
			ids[i] = device(int(zipf.Uint64()))
		}
		times := make([]time.Duration, 0, 1<<22)
		now := start
		for i := 0; b.Loop(); i++ {
			if i%64 == 0 {
				now = now.Add(640 * time.Microsecond)
			}
			begin := time.Now()
			_ = w.Touch(now, ids[i%len(ids)])
			if spent := time.Since(begin); len(times) < cap(times) {
				times = append(times, spent)
			}
		}
		slices.Sort(times)
		b.ReportMetric(float64(times[len(times)/2]), "p50-ns")
		b.ReportMetric(float64(times[len(times)*99/100]), "p99-ns")
		b.ReportMetric(float64(times[len(times)*999/1000]), "p99.9-ns")
	})
}

// BenchmarkGrow lets devices join an empty monitor: every table grows from one line to
// its full size. It reports the longest call in processor time, of all rounds and of the
// fastest round of each call: the rounds are the same, call by call, so that the
// latter is what the program does, without what the machine did just then.
func BenchmarkGrow(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name+"/ours", func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			var longest time.Duration
			fastest := slices.Repeat([]time.Duration{math.MaxInt64}, size.n)
			for b.Loop() {
				m, err := keepalive.New(keepalive.Options{Delay: delays[0], MinDelay: delays[0], MaxDevices: size.n})
				if err != nil {
					b.Fatal(err)
				}
				for i := range size.n {
					begin := threadTime()
					_ = m.Touch(start, device(i))
					spent := threadTime() - begin
					longest = max(longest, spent)
					fastest[i] = min(fastest[i], spent)
				}
			}
			b.ReportMetric(float64(longest)/float64(time.Microsecond), "longest-us")
			b.ReportMetric(float64(slices.Max(fastest))/float64(time.Microsecond), "longest-again-us")
			b.ReportMetric(float64(b.Elapsed())/float64(b.N*size.n), "ns/join")
		})
	}
}
