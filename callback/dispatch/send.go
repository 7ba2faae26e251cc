package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var errExpired = errors.New("older than RetryPolicy.MaxAge")

// DeliveryError is the error of Send.
type DeliveryError struct {
	// Target is the ID of the target.
	Target string
	// Cause says why the request was given up; empty if the context ended.
	Cause DropCause
	// Attempts is how many attempts there were.
	Attempts int
	// Err is ErrDisabled, the cause of the end of the context, or tells of the last
	// attempt.
	Err error
}

// Error implements error.
func (e *DeliveryError) Error() string {
	return fmt.Sprintf("dispatch: target %s: not delivered in %d attempts: %v", e.Target, e.Attempts, e.Err)
}

// Unwrap returns Err.
func (e *DeliveryError) Unwrap() error { return e.Err }

// Send sends a request in the goroutine of the caller and returns when it was
// delivered, has failed for good, or ctx ends; with SigfoxCloud that can take eight
// minutes. It needs no Run. It waits for rate limit and breaker of the target, but
// not for what was enqueued: the order is up to the caller. The result is nil only if the
// request cannot be sent at all; other errors are a *DeliveryError.
func (d *Dispatcher) Send(ctx context.Context, r Request) (*Result, error) {
	if err := d.check(&r); err != nil {
		return nil, err
	}
	l, sh, err := d.enter(ctx, &r)
	if err != nil {
		return &Result{Request: r}, &DeliveryError{Target: r.Target.ID(), Cause: DropDisabled, Err: err}
	}
	result := &Result{Request: r}
	cause, err := d.send(ctx, l, sh, result)
	result.Attempts = sh.attempts
	if result.Delivered {
		return result, nil
	}
	return result, &DeliveryError{Target: l.id, Cause: cause, Attempts: len(sh.attempts), Err: err}
}

// enter accepts a request.
func (d *Dispatcher) enter(ctx context.Context, r *Request) (*lane, *shipment, error) {
	now := d.lock()
	defer d.unlock()
	l := d.lane(r.Target.ID(), now)
	if l.disabled {
		d.refuse(l, r, DropDisabled, now)
		return nil, nil, ErrDisabled
	}
	l.adopt(r.Target, &d.options, now)
	l.senders++
	d.senders++
	d.stats.Accepted++
	sh := newShipment(ctx, r, now)
	sh.direct = true
	return l, sh, nil
}

func (d *Dispatcher) send(ctx context.Context, l *lane, sh *shipment, result *Result) (DropCause, error) {
	for {
		if cause, err := d.admission(ctx, l, sh); err != nil {
			d.leave(l, sh, cause)
			return cause, err
		}
		a, answer, err := d.attempt(ctx, sh)
		v := d.conclude(sh, &a)
		now := d.lock()
		d.account(l, sh, &a, v, now)
		d.pump(l, now) // it may have been the probe of the breaker
		d.unlock()
		result.Delivered, result.Answer = v.delivered, answer
		if !v.again() {
			return v.cause, err
		}
		if w := (waiting{until: sh.due}); !w.wait(ctx) {
			d.leave(l, sh, "")
			return "", context.Cause(ctx)
		}
	}
}

// leave gives up a request that was accepted: it is dropped for the cause, or given
// back to the caller if there is none.
func (d *Dispatcher) leave(l *lane, sh *shipment, cause DropCause) {
	now := d.lock()
	defer d.unlock()
	if cause != "" {
		d.drop(l, sh, cause, now)
	} else {
		d.stats.Returned++
		d.settled(l, sh, now)
	}
}

// admission waits until the target may be sent to. If it never may be, it returns
// the cause to drop the request; if ctx ends, none.
func (d *Dispatcher) admission(ctx context.Context, l *lane, sh *shipment) (DropCause, error) {
	if !d.waitForToken(ctx, l) {
		return "", context.Cause(ctx)
	}
	for {
		w, cause, err := d.knock(l, sh)
		if w == nil || err != nil {
			return cause, err
		}
		if !w.wait(ctx) {
			return "", context.Cause(ctx)
		}
	}
}

// waitForToken waits for the rate limit.
func (d *Dispatcher) waitForToken(ctx context.Context, l *lane) bool {
	d.mu.Lock()
	limiter := l.limiter
	d.mu.Unlock()
	if limiter == nil {
		return ctx.Err() == nil
	}
	now := time.Now()
	token := limiter.ReserveN(now, 1)
	w := waiting{until: now.Add(token.DelayFrom(now))}
	if w.wait(ctx) {
		return true
	}
	token.Cancel()
	return false
}

// knock asks whether the target may be sent to. If not it returns what to wait for.
func (d *Dispatcher) knock(l *lane, sh *shipment) (*waiting, DropCause, error) {
	now := d.lock()
	defer d.mu.Unlock()
	p := d.policy(sh.target)
	switch {
	case l.disabled:
		return nil, DropDisabled, ErrDisabled
	case sh.accepted[0].Before(p.expiry(now)):
		return nil, DropExpired, errExpired
	case sh.isLine() && now.Before(l.slot):
		return &waiting{until: l.slot}, "", nil
	}
	done, again, ok := l.breaker.allow()
	if !ok {
		w := &waiting{until: again, changed: l.change()}
		if p.MaxAge > 0 {
			w.until = soonest(w.until, sh.accepted[0].Add(p.MaxAge+1))
		}
		return w, "", nil
	}
	if sh.isLine() {
		l.slot = now.Add(d.options.Batch.Interval)
	}
	sh.done = done
	d.stats.InFlight++
	return nil, "", nil
}

// waiting is what a call of Send waits for.
type waiting struct {
	until   time.Time       // zero: for ever
	changed <-chan struct{} // nil: nothing else
}

// wait returns false if ctx ends first.
func (w *waiting) wait(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	var expired <-chan time.Time
	if !w.until.IsZero() {
		timer := time.NewTimer(time.Until(w.until))
		defer timer.Stop()
		expired = timer.C
	}
	select {
	case <-ctx.Done():
		return false
	case <-expired:
	case <-w.changed:
	}
	return ctx.Err() == nil
}

func soonest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
