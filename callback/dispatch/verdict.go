package dispatch

import (
	"math/rand/v2"
	"time"
)

// verdict is what is done after an attempt: the shipment is delivered, dropped
// because of cause, or sent again when due.
type verdict struct {
	delivered bool
	cause     DropCause
	disable   bool
	// expired are the lines of a batch that will be too old when the others are due.
	expired *shipment
}

func (v *verdict) again() bool { return !v.delivered && v.cause == "" }

// conclude records an attempt, decides, and tells the journal and the hooks.
func (d *Dispatcher) conclude(sh *shipment, a *Attempt) verdict {
	if !a.OK() || sh.direct || d.options.Journal != nil { // nobody else asks for that of a success
		sh.record(*a)
	}
	v := d.judge(sh, a)
	d.logAttempt(sh, a, &v)
	switch {
	case v.delivered:
		d.journalSettle(sh, "")
	case v.again():
		d.journalUpdate(sh)
		if a.Reason != ReasonCanceled {
			d.tellRetry(sh, a)
		}
	}
	return v
}

// judge decides, and sets when the shipment is due.
func (d *Dispatcher) judge(sh *shipment, a *Attempt) verdict {
	end := a.Start.Add(a.Duration)
	switch {
	case a.OK():
		return verdict{delivered: true}
	case a.Reason == ReasonCanceled:
		sh.due = end
		return verdict{}
	}
	p := d.policy(sh.target)
	if decision := d.decide(sh, p, a); decision != Retry {
		return verdict{cause: DropFinal, disable: decision == Disable}
	}
	delay, ok := p.delay(sh.tries(), a.RetryAfter, rand.Float64()) //nolint:gosec // no secret
	if !ok {
		return verdict{cause: DropAttempts}
	}
	sh.due = end.Add(delay)
	expired := sh.splitOlder(p.expiry(sh.due))
	if expired == sh {
		return verdict{cause: DropExpired}
	}
	return verdict{expired: expired}
}

// decide asks the policy. One that panics has the request sent again.
func (d *Dispatcher) decide(sh *shipment, p *RetryPolicy, a *Attempt) (decision Decision) {
	if p.Decide == nil {
		return Retry
	}
	defer d.logPanic(sh.ctx, "RetryPolicy.Decide")
	return p.Decide(*a)
}

func (d *Dispatcher) policy(t *Target) *RetryPolicy {
	if p := t.options.Retry; p != nil {
		return p
	}
	return d.options.Retry
}

// account takes over what came of an attempt.
func (d *Dispatcher) account(l *lane, sh *shipment, a *Attempt, v verdict, now time.Time) {
	d.stats.InFlight--
	d.stats.countAttempt(a)
	sh.done(evidence(a))
	switch {
	case v.delivered:
		d.stats.Delivered += int64(len(sh.requests))
		d.settled(l, sh, now)
	case v.cause != "":
		d.drop(l, sh, v.cause, now)
	case a.Reason != ReasonCanceled:
		d.stats.Retries++
	}
	if v.expired != nil {
		d.drop(l, v.expired, DropExpired, now)
	}
	l.disabled = l.disabled || v.disable
	d.noteAttempt(l, a, now)
	if v.disable {
		d.dropAll(l, DropDisabled, now)
	}
	l.broadcast()
}
