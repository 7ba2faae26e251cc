package dispatch

import (
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
)

// breaker pauses a target. It is nil for one that is never paused.
type breaker struct {
	steps *gobreaker.TwoStepCircuitBreaker[struct{}]
	state gobreaker.State
	until time.Time // the end of the pause, while open
}

// What the end of an attempt tells the breaker, besides nil for success.
var (
	errFailed     = errors.New("failed")
	errNoEvidence = errors.New("says nothing about the endpoint")
)

// windowParts is into how many parts the window is divided that move on one by one.
const windowParts = 10

func newBreaker(o BreakerOptions) *breaker {
	if o.Off {
		return nil
	}
	b := &breaker{}
	b.steps = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Interval:     o.Window,
		BucketPeriod: max(o.Window/windowParts, 1),
		Timeout:      max(o.Pause-1, 1), // it asks for more than Timeout to have passed
		ReadyToTrip: func(c gobreaker.Counts) bool {
			ended := c.TotalSuccesses + c.TotalFailures
			return int64(ended) >= int64(o.MinRequests) && float64(c.TotalFailures) >= o.FailureRatio*float64(ended)
		},
		OnStateChange: func(_ string, _, to gobreaker.State) {
			b.state, b.until = to, time.Now().Add(o.Pause)
		},
		IsExcluded: func(err error) bool { return errors.Is(err, errNoEvidence) },
	})
	return b
}

// allow asks for an attempt, at whose end done is to be called. If it may not be, it
// returns when to ask again, zero for when the attempt under way has ended.
func (b *breaker) allow() (done func(error), again time.Time, ok bool) {
	if b == nil {
		return func(error) {}, time.Time{}, true
	}
	done, err := b.steps.Allow()
	if errors.Is(err, gobreaker.ErrOpenState) {
		return nil, b.until, false
	}
	return done, time.Time{}, err == nil
}

// paused reports whether attempts are not or only one by one let through.
func (b *breaker) paused() bool { return b != nil && b.state != gobreaker.StateClosed }

// evidence is what the breaker learns from an attempt. An answer that refuses the
// request shows that the endpoint is alive.
func evidence(a *Attempt) error {
	switch a.Reason {
	case ReasonCanceled, ReasonRequest, ReasonSign, ReasonForbidden:
		return errNoEvidence
	case ReasonDNS, ReasonRefused, ReasonTLS, ReasonTimeout, ReasonProtocol, ReasonMail:
		return errFailed
	case ReasonStatus:
		if a.Status >= 500 || a.Status == 408 || a.Status == 429 {
			return errFailed
		}
	case ReasonRedirect, ReasonTooLarge:
	}
	return nil
}
