package keepalive_test

import (
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkTouchRatio is for a machine that is not quiet: it builds the candidates
// in one process and lets them work in short turns, so that all of them meet the
// same machine. It reports the median processor time per message of each, and the
// median of its ratio to ours in the same turn. Only the thread's own time counts,
// so that others who use the cores do not.
func BenchmarkTouchRatio(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			turns(b, size.n)
			runtime.GC()
		})
	}
}

// entrant is a candidate in its turn.
type entrant struct {
	candidate
	watcher
	*messages
	times []float64
}

func turns(b *testing.B, n int) {
	b.Helper()
	const blocks = 1000
	var entrants []*entrant
	ours := 0
	for _, c := range candidates {
		if n > c.max || !c.selected() {
			continue
		}
		if c.name == "ours" {
			ours = len(entrants)
		}
		entrants = append(entrants, &entrant{candidate: c, watcher: c.build(n), messages: newMessages(n, 88172645463325252)})
	}
	for b.Loop() {
		for _, e := range entrants {
			begin := threadTime()
			e.take(blocks)
			e.times = append(e.times, float64(threadTime()-begin)/float64(blocks*len(e.ids)))
		}
	}
	for _, e := range entrants {
		b.ReportMetric(median(e.times), e.name+"-ns")
		ratios := make([]float64, len(e.times))
		for i := range ratios {
			ratios[i] = e.times[i] / entrants[ours].times[i]
		}
		b.ReportMetric(median(ratios), e.name+"/ours")
	}
	b.ReportMetric(0, "ns/op")
}

// take touches the devices of so many blocks of messages.
func (e *entrant) take(blocks int) {
	for range blocks {
		e.nextBlock()
		for _, id := range e.ids {
			_ = e.Touch(e.now, id)
		}
	}
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
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
