package dispatch

import (
	"net"
	"net/http"
	"time"
)

// NewWithResolver is New with another resolver than that of the system.
func NewWithResolver(o Options, r *net.Resolver) (*Dispatcher, error) { return newDispatcher(o, r) }

// Delay returns the wait after attempt number n.
func (p *RetryPolicy) Delay(n int, retryAfter time.Duration, random float64) (time.Duration, bool) {
	return p.delay(n, retryAfter, random)
}

// RetryAfter reads the header.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	return retryAfter(h, func() time.Time { return now })
}
