package dispatch

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"
)

// retryAfter reads the header Retry-After: seconds, or an instant. It returns 0 for
// what is in the past or neither, and no more than a Duration holds.
func retryAfter(h http.Header, now func() time.Time) time.Duration {
	text := h.Get("Retry-After")
	if text == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(text, 10, 63); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, math.MaxInt64/uint64(time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now()))
	}
	return 0
}
