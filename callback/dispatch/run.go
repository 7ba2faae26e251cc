package dispatch

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Run sends what has been and will be enqueued, until ctx ends. It then starts no further
// attempt, lets those under way go on for DrainTimeout, and returns the cause of the end
// of ctx, joined with a *DrainError if anything was not delivered. A Dispatcher runs
// once; the error of another Run is ErrRunning.
func (d *Dispatcher) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.Background()) // values are those of Enqueue
	defer cancel()
	if !d.start(work) {
		return ErrRunning
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-d.earlier:
			d.wakeLanes(timer)
		case <-timer.C:
			d.wakeLanes(timer)
		}
	}
	d.mu.Lock()
	d.phase = stopped
	d.mu.Unlock()
	drain := time.AfterFunc(d.options.DrainTimeout, cancel)
	defer drain.Stop()
	d.workers.Wait()
	d.client.Close()
	if left := d.handBack(); len(left) > 0 {
		return errors.Join(context.Cause(ctx), &DrainError{left})
	}
	return context.Cause(ctx)
}

// start has all lanes looked at.
func (d *Dispatcher) start(work context.Context) bool {
	now := d.lock()
	defer d.mu.Unlock()
	if d.phase != ready {
		return false
	}
	d.phase, d.work, d.armed = running, work, now
	for _, l := range d.lanes {
		d.arm(l, now)
	}
	return true
}

// wakeLanes looks at the lanes whose time has come, and sets the timer for the next.
func (d *Dispatcher) wakeLanes(timer *time.Timer) {
	now := d.lock()
	d.armed = now
	for len(d.agenda) > 0 && !d.agenda[0].wake.After(now) {
		d.pump(d.agenda.pop(), now)
	}
	if len(d.agenda) > 0 {
		d.armed = d.agenda[0].wake
		timer.Reset(d.armed.Sub(now))
	} else {
		d.armed = time.Time{}
		timer.Stop()
	}
	// What a hook does must not hold up the timer.
	if news := d.takeNews(); !news.empty() {
		d.workers.Go(func() { d.tell(news) })
	}
	d.mu.Unlock()
}

// deliver sends a shipment, and then what else is to be sent in the lane.
func (d *Dispatcher) deliver(c cargo) {
	for ok := true; ok; {
		a, _, _ := d.attempt(d.work, c.shipment)
		c, ok = d.settle(c, &a, d.conclude(c.shipment, &a))
	}
}

// settle puts a shipment where it belongs after an attempt, and returns the next of
// its lane.
func (d *Dispatcher) settle(c cargo, a *Attempt, v verdict) (next cargo, ok bool) {
	l, sh := c.lane, c.shipment
	now := d.lock()
	defer d.unlock()
	d.account(l, sh, a, v, now)
	if v.again() {
		if l.disabled {
			d.drop(l, sh, DropDisabled, now)
		} else {
			l.waiting.push(sh)
		}
	}
	l.strands[c.strand].busy = false
	l.mark(c.strand)
	l.busy--
	return d.pumpFor(l, now)
}

// handBack takes everything that is left.
func (d *Dispatcher) handBack() (left []Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.lanes {
		for _, sh := range l.takeAll() {
			left = append(left, sh.deliveries()...)
		}
		d.pending -= l.pending
		l.pending = 0
	}
	d.stats.Returned += int64(len(left))
	slices.SortStableFunc(left, func(a, b Delivery) int { return a.Accepted.Compare(b.Accepted) })
	return left
}
