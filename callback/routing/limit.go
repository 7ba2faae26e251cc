package routing

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limit is the abuse limit of a device type. The nil limit allows all.
type limit struct {
	rate    float64
	burst   int
	limiter *rate.Limiter

	mu     sync.Mutex
	latest time.Time
}

// newLimit returns a limit that is full, nil if there is none.
func newLimit(perSecond float64, burst int) *limit {
	if perSecond == 0 {
		return nil
	}
	n := burst
	if n == 0 {
		n = int(min(math.Ceil(perSecond), math.MaxInt32))
	}
	return &limit{rate: perSecond, burst: burst, limiter: rate.NewLimiter(rate.Limit(perSecond), n)}
}

// is reports whether the limit was made of these values.
func (l *limit) is(perSecond float64, burst int) bool {
	return l != nil && l.rate == perSecond && l.burst == burst
}

// allow takes one from the limit. The limiter itself would fill up again for time
// that passes twice.
func (l *limit) allow(now time.Time) bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.After(l.latest) {
		l.latest = now
	}
	return l.limiter.AllowN(l.latest, 1)
}
