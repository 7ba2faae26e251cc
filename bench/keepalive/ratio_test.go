package keepalive_test

import (
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkTouchRatio is for a machine that is not quiet: it builds all
// candidates in one process, lets them work in turns of a million messages and
// reports the median processor time per message of each. Only the thread's own
// time counts, so that others who use the cores do not.
func BenchmarkTouchRatio(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			turns(b, size.n, 1_000_000)
			runtime.GC()
		})
	}
}

func turns(b *testing.B, n, messages int) {
	b.Helper()
	type entrant struct {
		candidate
		watcher
		now   time.Time
		seed  rng
		times []float64
	}
	var entrants []*entrant
	for _, c := range candidates {
		if n <= c.max && c.selected() {
			entrants = append(entrants, &entrant{candidate: c, watcher: c.build(n), now: start, seed: 88172645463325252})
		}
	}
	for b.Loop() {
		for _, e := range entrants {
			begin := threadTime()
			left := messages
			e.seed, e.now = touches(e.watcher, n, e.seed, e.now, func() bool { left--; return left >= 0 })
			e.times = append(e.times, float64(threadTime()-begin)/float64(messages))
		}
	}
	for _, e := range entrants {
		slices.Sort(e.times)
		b.ReportMetric(e.times[len(e.times)/2], e.name+"-ns")
	}
}

func threadTime() time.Duration { return clock(unix.CLOCK_THREAD_CPUTIME_ID) }

func processTime() time.Duration { return clock(unix.CLOCK_PROCESS_CPUTIME_ID) }

func clock(id int32) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(id, &ts); err != nil {
		panic(err)
	}
	return time.Duration(ts.Nano())
}
