package keepalive

import (
	"iter"
	"time"

	"github.com/go-sigfox/sigfox"
)

// alert is a breach that has not been handed out, in ticks.
type alert struct {
	id    sigfox.DeviceID
	last  uint32
	delay uint32
}

// failure is an alert whose function failed.
type failure struct {
	alert
	again time.Time
}

// alerts are the breaches that were found and not yet handed out for good. They
// keep their own record of the silence, because the device may have spoken since.
type alerts struct {
	fresh  queue[alert]
	failed queue[failure] // ordered by the time of the next try
	flight queue[alert]   // at most one: in the hands of Run's function
}

func (a *alerts) len() int { return a.fresh.n + a.failed.n + a.flight.n }

// take removes the next alert for good.
func (a *alerts) take() (alert, bool) {
	if f, ok := a.failed.pop(); ok {
		return f.alert, true
	}
	return a.fresh.pop()
}

// lend moves the next alert whose time has come to flight.
func (a *alerts) lend(now time.Time) (alert, bool) {
	var x alert
	f, ok := a.failed.peek()
	if ok = ok && !now.Before(f.again); ok {
		a.failed.pop()
		x = f.alert
	} else {
		x, ok = a.fresh.pop()
	}
	if ok {
		a.flight.push(x)
	}
	return x, ok
}

// settle ends the flight: the alert was delivered, or is to be tried again.
func (a *alerts) settle(delivered bool, again time.Time) {
	if x, ok := a.flight.pop(); ok && !delivered {
		a.failed.push(failure{x, again})
	}
}

// all returns the alerts in the order in which they would be handed out.
func (a *alerts) all() iter.Seq[alert] {
	return func(yield func(alert) bool) {
		for x := range a.flight.all() {
			if !yield(x) {
				return
			}
		}
		for f := range a.failed.all() {
			if !yield(f.alert) {
				return
			}
		}
		for x := range a.fresh.all() {
			if !yield(x) {
				return
			}
		}
	}
}
