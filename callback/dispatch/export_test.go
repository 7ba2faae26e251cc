package dispatch

import (
	"net"
	"net/http"
	"slices"
	"time"
)

// NewWithResolver is New with another resolver than that of the system.
func NewWithResolver(o Options, r *net.Resolver) (*Dispatcher, error) { return newDispatcher(o, r) }

// From returns the numbers below limit that are in a set, from start on, and then those
// before it.
func From(limit int, set map[int]bool, start int) []int {
	m := newMarks(limit)
	for n := range limit {
		m.add(n)
	}
	for n := range limit {
		if !set[n] {
			m.remove(n)
		}
	}
	return slices.Collect(m.from(start))
}

// Delay returns the wait after attempt number n.
func (p *RetryPolicy) Delay(n int, retryAfter time.Duration, random float64) (time.Duration, bool) {
	return p.delay(n, retryAfter, random)
}

// RetryAfter reads the header.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	return retryAfter(h, func() time.Time { return now })
}
