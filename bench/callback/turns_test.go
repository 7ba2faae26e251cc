package callback_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// candidate is one way to do what is measured.
type candidate struct {
	name string
	run  func()
}

// The lengths of turns. After a short one the garbage stays: to collect it would also
// empty the pools, which the next turn would pay for.
const (
	shortTurn = 100
	longTurn  = 10_000
)

// takeTurns lets the candidates work in turns of so many runs and reports the processor
// time of one run as the median of the turns, and its ratio to ours: on a busy machine
// that is steadier than separate runs. The time is that of the process, so that it
// contains the collection of a candidate's garbage.
func takeTurns(b *testing.B, runs int, list []candidate) {
	b.Helper()
	times := make([][]float64, len(list))
	for b.Loop() {
		for i, c := range list {
			if runs == longTurn {
				runtime.GC() // of the turn before
			}
			begin := processTime(b)
			for range runs {
				c.run()
			}
			times[i] = append(times[i], float64(processTime(b)-begin)/float64(runs))
		}
	}
	ours := slices.IndexFunc(list, func(c candidate) bool { return c.name == "ours" })
	for i, c := range list {
		ratios := make([]float64, len(times[i]))
		for turn := range ratios {
			ratios[turn] = times[i][turn] / times[ours][turn]
		}
		b.ReportMetric(median(times[i]), c.name+"-ns")
		b.ReportMetric(median(ratios), c.name+"/ours")
	}
	b.ReportMetric(0, "ns/op")
}

func processTime(t testing.TB) time.Duration {
	t.Helper()
	var ts unix.Timespec
	require.NoError(t, unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts))
	return time.Duration(ts.Nano())
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
