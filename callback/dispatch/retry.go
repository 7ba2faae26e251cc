package dispatch

import (
	"errors"
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
	// Decide says what to do after a failed attempt. nil: Retry after each.
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
	if p.Jitter < 0 || p.Jitter > 1 || p.MaxRetryAfter < 0 || p.MaxAge < 0 {
		return errors.New("dispatch: value out of range in RetryPolicy")
	}
	for _, d := range p.Delays {
		if d < 0 {
			return errors.New("dispatch: negative delay in RetryPolicy")
		}
	}
	return nil
}

// SigfoxCloud is what the Sigfox Cloud does: 3 more attempts, 1, 2 and 4 minutes
// after the end of the one before, whatever the failure was.
// Source: https://support.sigfox.com/docs/callback-integration
func SigfoxCloud() RetryPolicy {
	return RetryPolicy{
		Delays:        []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute},
		MaxRetryAfter: 15 * time.Minute,
		MaxAge:        time.Hour,
	}
}
