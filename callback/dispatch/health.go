package dispatch

import (
	"iter"
	"slices"
	"strings"
	"time"
)

// State is the state of a target.
type State string

// The states.
const (
	// Healthy is a target whose last attempt succeeded, or that had none.
	Healthy State = "healthy"
	// Degraded is a target whose last attempt failed. Its definition is "dead" in the
	// words of the API.
	Degraded State = "degraded"
	// Paused is a target to which the breaker lets nothing be sent.
	Paused State = "paused"
	// Disabled is a target to which nothing is sent until Enable is called.
	Disabled State = "disabled"
)

// Health tells how a target does.
type Health struct {
	// Target is the ID of the target.
	Target string
	// State is its state, which began at Since.
	State State
	Since time.Time
	// Reason and Error are those of the last attempt; empty if it succeeded.
	Reason Reason
	Error  string
	// Pending is how many requests wait for it, those under way included.
	Pending int
}

// Dead reports whether the last use of the target failed, as the callbacks resource of
// the API reports it.
func (h Health) Dead() bool { return h.State != Healthy }

// Health returns the health of a target. ok is false for a target that is not known:
// nothing has been sent to it yet, or it was healthy and nothing has been sent for a
// while.
func (d *Dispatcher) Health(id string) (h Health, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lanes[id]
	if l == nil {
		return Health{}, false
	}
	return l.snapshot(), true
}

// AllHealth returns the health of the known targets, sorted by ID.
func (d *Dispatcher) AllHealth() iter.Seq[Health] {
	return func(yield func(Health) bool) {
		d.mu.Lock()
		all := make([]Health, 0, len(d.lanes))
		for _, l := range d.lanes {
			all = append(all, l.snapshot())
		}
		d.mu.Unlock()
		slices.SortFunc(all, func(a, b Health) int { return strings.Compare(a.Target, b.Target) })
		for _, h := range all {
			if !yield(h) {
				return
			}
		}
	}
}

// Enable resumes sending to a target that was disabled or is paused.
func (d *Dispatcher) Enable(id string) {
	now := d.lock()
	defer d.unlock()
	l := d.lanes[id]
	if l == nil {
		return
	}
	l.disabled, l.failed, l.breaker = false, false, newBreaker(d.options.Breaker)
	l.health.Reason, l.health.Error = "", ""
	d.noteState(l, now)
	l.broadcast()
	d.pump(l, now)
}

// Disable stops sending to a target and drops what waits for it, until Enable is called.
// Attempts that are under way continue.
func (d *Dispatcher) Disable(id string) {
	now := d.lock()
	defer d.unlock()
	l := d.lane(id, now)
	l.disabled = true
	d.noteState(l, now)
	l.broadcast()
	d.dropAll(l, DropDisabled, now)
}

// Discard drops what waits for a target, and returns how many requests that were.
// Those that are under way are not waiting. Hooks.OnDrop is called for each.
func (d *Dispatcher) Discard(id string) int {
	now := d.lock()
	defer d.unlock()
	l := d.lanes[id]
	if l == nil {
		return 0
	}
	return d.dropAll(l, DropDiscarded, now)
}

func (l *lane) state() State {
	switch {
	case l.disabled:
		return Disabled
	case l.breaker.paused():
		return Paused
	case l.failed:
		return Degraded
	default:
		return Healthy
	}
}

func (l *lane) snapshot() Health {
	h := l.health
	h.Pending = l.pending + l.senders
	return h
}

// noteAttempt takes over what an attempt shows of the health of the target.
func (d *Dispatcher) noteAttempt(l *lane, a *Attempt, now time.Time) {
	if a.Reason != ReasonCanceled {
		l.failed = !a.OK()
		l.health.Reason, l.health.Error = a.Reason, a.Error
	}
	d.noteState(l, now)
}

// noteState has OnHealth told if the state has changed.
func (d *Dispatcher) noteState(l *lane, now time.Time) {
	state := l.state()
	if state == l.health.State {
		return
	}
	l.health.State, l.health.Since = state, now
	l.untold = append(l.untold, l.snapshot())
	d.news.lanes = append(d.news.lanes, l)
}
