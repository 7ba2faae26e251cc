package board

import (
	"slices"
	"time"
)

// latencies are the durations of attempts since they were last taken.
type latencies []time.Duration

// maxLatencies bounds what is kept between two looks.
const maxLatencies = 10_000

func (l *latencies) add(d time.Duration) {
	if len(*l) < maxLatencies {
		*l = append(*l, d)
	}
}

// take returns the median and the 95th percentile in milliseconds, 0 if there was
// none, and begins anew.
func (l *latencies) take() (p50, p95 float64) {
	n := len(*l)
	if n == 0 {
		return 0, 0
	}
	slices.Sort(*l)
	millis := func(i int) float64 { return float64((*l)[i]) / float64(time.Millisecond) }
	p50, p95 = millis(n/2), millis(n*95/100)
	*l = (*l)[:0]
	return p50, p95
}
