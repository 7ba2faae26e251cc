package dispatch

import (
	"net/http"
	"time"
)

// Delay returns the wait after attempt number n.
func (p *RetryPolicy) Delay(n int, retryAfter time.Duration, random float64) (time.Duration, bool) {
	return p.delay(n, retryAfter, random)
}

// RetryAfter reads the header.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	return retryAfter(h, func() time.Time { return now })
}
