package dispatch

import (
	"errors"
	"math"
	"net/http"
	"time"
)

// RetryPolicy says whether and when a failed request is sent again. The zero value
// never does.
type RetryPolicy struct {
	// Delays are the waits after the end of the first attempt, the second, and so on;
	// there is one attempt more than there are delays.
	Delays []time.Duration
	// Jitter lengthens each delay by a random part of it of at most this fraction, 0
	// to 1. It never shortens one.
	Jitter float64
	// MaxRetryAfter caps the Retry-After of an answer, which can only lengthen a
	// delay. 0: Retry-After is ignored.
	MaxRetryAfter time.Duration
	// MaxAge is how long after its acceptance a request may be sent at all; it matters
	// when its target is paused. 0: no limit.
	MaxAge time.Duration
	// Decide says what to do after a failed attempt. It is not asked after one that
	// was cancelled. nil: Retry after each.
	Decide func(Attempt) Decision
}

// Decision is what is done after a failed attempt.
type Decision uint8

// The decisions.
const (
	Retry   Decision = iota // send again if there are delays left
	GiveUp                  // never send this request again
	Disable                 // never send this request again, and disable the target
)

func (p *RetryPolicy) validate() error {
	list := []setting{
		{"RetryPolicy.Jitter", p.Jitter},
		{"RetryPolicy.MaxRetryAfter", float64(p.MaxRetryAfter)},
		{"RetryPolicy.MaxAge", float64(p.MaxAge)},
	}
	for _, d := range p.Delays {
		list = append(list, setting{"RetryPolicy.Delays", float64(d)})
	}
	if p.Jitter > 1 {
		return errors.New("dispatch: RetryPolicy.Jitter is above 1")
	}
	return checkSettings(list...)
}

// delay returns how long to wait after the end of attempt number n, and false if it
// was the last. random, 0 to 1, is the part of the jitter that is used.
func (p *RetryPolicy) delay(n int, retryAfter time.Duration, random float64) (time.Duration, bool) {
	if n > len(p.Delays) {
		return 0, false
	}
	d := p.Delays[n-1]
	if extra := float64(d) * p.Jitter * random; extra < float64(math.MaxInt64-d) {
		d += time.Duration(extra)
	}
	return max(d, min(retryAfter, p.MaxRetryAfter)), true
}

// expiry returns the time before which a request must have been accepted to be sent
// at now.
func (p *RetryPolicy) expiry(now time.Time) time.Time {
	if p.MaxAge == 0 {
		return time.Time{}
	}
	return now.Add(-p.MaxAge)
}

// SigfoxCloud is what the Sigfox Cloud does: 3 more attempts, 1, 2 and 4 minutes
// after the end of the one before, whatever the failure was. That includes requests that
// cannot be sent, whose attempts cost nothing but their records. Source:
// https://support.sigfox.com/docs/callback-integration
func SigfoxCloud() RetryPolicy {
	return RetryPolicy{
		Delays:        []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute},
		MaxRetryAfter: 15 * time.Minute,
		MaxAge:        time.Hour,
	}
}

// StandardWebhooks is the schedule of the Standard Webhooks specification: 9 more
// attempts within 76 to 91 hours. Delays are lengthened by up to a fifth, a Retry-After
// of up to a day is honoured, and 410 Gone disables the target. Failures in which no
// server is involved are not retried: forbidden addresses, and requests that cannot be
// sent. Nor are e-mails that a server has refused for good. Source:
// https://github.com/standard-webhooks/standard-webhooks, "Delivery".
func StandardWebhooks() RetryPolicy {
	return RetryPolicy{
		Delays: []time.Duration{
			5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
			10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
		},
		Jitter:        0.2,
		MaxRetryAfter: 24 * time.Hour,
		MaxAge:        4 * 24 * time.Hour,
		Decide:        decideStandardWebhooks,
	}
}

func decideStandardWebhooks(a Attempt) Decision {
	switch {
	case a.Status == http.StatusGone:
		return Disable
	case a.Reason == ReasonForbidden || a.Reason == ReasonRequest || a.Permanent:
		return GiveUp
	}
	return Retry
}
