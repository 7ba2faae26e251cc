package main

import (
	"fmt"
	"time"
)

// trouble is a time in which something was dead or cut off.
type trouble struct {
	begin, end time.Time // zero: it lasts
}

// disturb notes that trouble begins, and returns what notes its end.
func (w *world) disturb() (over func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := &trouble{begin: time.Now()}
	w.troubles = append(w.troubles, t)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if t.end.IsZero() {
			t.end = time.Now()
		}
	}
}

// explained reports whether something may have been done again: the replica that did it
// before has died, or cannot have told the others of it while its claim lasted. w.mu is
// held.
func (w *world) explained(before, again deed, claim time.Duration) bool {
	if before.by.dead.Load() {
		return true
	}
	if again.at.Sub(before.at) < claim {
		return false
	}
	for _, t := range w.troubles {
		if t.begin.Before(again.at) && (t.end.IsZero() || t.end.After(before.at)) {
			return true
		}
	}
	return false
}

// repeated counts how often something was done again, and how often without a reason.
// w.mu is held.
func (w *world) repeated(deeds []deed, claim time.Duration) (again, unexplained int) {
	for i := 1; i < len(deeds); i++ {
		again++
		if !w.explained(deeds[i-1], deeds[i], claim) {
			unexplained++
		}
	}
	return again, unexplained
}

// counts is what came of it.
type counts struct {
	sent, acked, refused, missing, handled int
	again, unexplained                     int // runs besides the first of a message, and those without a reason
	silences, alerts                       int
	unmissed                               int // devices without alert
	repeated, unexplainedAlerts            int // alerts besides the first of a silence
	surplus                                int // alerts for silences that were none
}

func (w *world) counts(t times) (c counts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c = counts{sent: w.next, acked: len(w.acked), refused: w.refused, missing: len(w.missing), handled: len(w.runs)}
	for _, runs := range w.runs {
		again, unexplained := w.repeated(runs, t.claim)
		c.again += again
		c.unexplained += unexplained
	}
	c.unmissed = len(w.unmissed)
	for device, silences := range w.alerts {
		c.silences += len(silences)
		c.surplus += max(0, len(silences)-w.hearings[device])
		for _, alerts := range silences {
			c.alerts += len(alerts)
			again, unexplained := w.repeated(alerts, t.lease)
			c.repeated += again
			c.unexplainedAlerts += unexplained
		}
	}
	return c
}

func (c *counts) String() string {
	return fmt.Sprintf("%6d sent %6d acknowledged %5d refused %6d handled %4d on their way %3d again, %4d alerts for %d silences",
		c.sent, c.acked, c.refused, c.handled, c.missing, c.again, c.alerts, c.silences)
}

// err tells what must not be.
func (c *counts) err() error {
	if c.missing+c.unexplained+c.unmissed+c.unexplainedAlerts+c.surplus == 0 {
		return nil
	}
	return fmt.Errorf("%d messages lost, %d handled again without reason, %d silences without alert, %d alerts given again without reason, "+
		"%d alerts for nothing", c.missing, c.unexplained, c.unmissed, c.unexplainedAlerts, c.surplus)
}
