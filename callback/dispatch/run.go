package dispatch

import (
	"container/heap"
	"context"
	"errors"
	"slices"
	"time"
)

// Run sends what was and will be enqueued until ctx ends. It then starts no further
// attempt, lets those under way go on for DrainTimeout, and returns the cause of the
// end of ctx, joined with a *DrainError if anything was not delivered. A Dispatcher
// runs once; the error of another Run is ErrRunning.
func (d *Dispatcher) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
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
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase != ready {
		return false
	}
	now := time.Now()
	d.phase, d.work, d.armed = running, work, now
	for _, l := range d.lanes {
		d.arm(l, now)
	}
	return true
}

// never is after all times at which a lane wakes.
var never = time.Unix(1<<40, 0)

// wakeLanes looks at the lanes whose time has come, and sets the timer for the next.
func (d *Dispatcher) wakeLanes(timer *time.Timer) {
	d.mu.Lock()
	now := time.Now()
	d.armed = now
	for len(d.agenda) > 0 && !d.agenda[0].wake.After(now) {
		d.pump(d.agenda.pop(), now, nil)
	}
	if len(d.agenda) > 0 {
		d.armed = d.agenda[0].wake
		timer.Reset(d.armed.Sub(now))
	} else {
		d.armed = never
		timer.Stop()
	}
	// What a hook does must not hold up the timer.
	if news := d.takeNews(); !news.empty() {
		d.workers.Go(func() { d.tell(news) })
	}
	d.mu.Unlock()
}

// arm has a lane looked at then, or sooner if it was to be anyway.
func (d *Dispatcher) arm(l *lane, at time.Time) {
	switch {
	case l.place == 0:
		l.wake = at
		d.agenda.push(l)
	case at.Before(l.wake):
		l.wake = at
		heap.Fix(&d.agenda, l.place-1)
	default:
		return
	}
	if d.phase == running && at.Before(d.armed) {
		select {
		case d.earlier <- struct{}{}:
		default:
		}
	}
}

// pump starts what may be sent now, and has the lane looked at again when more may
// be. Of the strand own, whose goroutine is the caller's, it returns what is to be sent
// instead.
func (d *Dispatcher) pump(l *lane, now time.Time, own *strand) (next *shipment) {
	if d.phase != running {
		return nil
	}
	l.release(now)
	d.expire(l, now)
	if len(l.waiting) > 0 {
		d.arm(l, l.waiting[0].due)
	}
	first := l.turn
	for i := range l.strands {
		n := (first + i) % len(l.strands)
		s := &l.strands[n]
		if s.busy || s.empty() {
			continue
		}
		if s.first().isLine() && now.Before(l.slot) {
			d.arm(l, l.slot)
			continue
		}
		done, again, ok := l.admit(now)
		if !ok {
			d.hold(l, again)
			break
		}
		l.turn = n + 1
		sh := d.launch(l, s, done, now)
		if s == own {
			next = sh
			continue
		}
		d.workers.Go(func() { d.deliver(l, s, sh) })
	}
	d.rest(l, now)
	return next
}

// launch takes the next shipment of a strand on its way.
func (d *Dispatcher) launch(l *lane, s *strand, done func(error), now time.Time) *shipment {
	sh := s.take(d.options.Batch)
	if sh.isLine() {
		l.slot = now.Add(d.options.Batch.Interval)
	}
	sh.done = done
	s.busy = true
	d.stats.InFlight++
	return sh
}

// admit asks limiter and breaker whether the lane may send. If not, it returns when
// to ask again, zero for when an attempt has ended.
func (l *lane) admit(now time.Time) (done func(error), again time.Time, ok bool) {
	if l.limiter != nil && !l.token {
		l.gate = now.Add(l.limiter.ReserveN(now, 1).DelayFrom(now))
		l.token = true
	}
	if now.Before(l.gate) {
		return nil, l.gate, false
	}
	if done, again, ok = l.breaker.allow(); ok {
		l.token = false
	}
	return done, again, ok
}

// hold has the lane looked at again, at the latest when something has become too old.
func (d *Dispatcher) hold(l *lane, again time.Time) {
	if !again.IsZero() {
		d.arm(l, again)
	}
	for i := range l.strands {
		for _, q := range l.strands[i].queues() {
			if sh := q.head; sh != nil {
				if age := d.policy(sh.target).MaxAge; age > 0 {
					d.arm(l, sh.accepted[0].Add(age+1))
				}
			}
		}
	}
}

// expire drops what has become too old, as far as it stands in front.
func (d *Dispatcher) expire(l *lane, now time.Time) {
	for i := range l.strands {
		for _, q := range l.strands[i].queues() {
			for sh := q.head; sh != nil; sh = q.head {
				old := sh.splitOlder(d.policy(sh.target).expiry(now))
				if old == nil {
					break
				}
				if old == sh {
					q.pop()
				}
				d.drop(l, old, DropExpired, now)
			}
		}
	}
}

// rest has a lane forgotten that was idle for a while.
func (d *Dispatcher) rest(l *lane, now time.Time) {
	if !l.isIdle() {
		return
	}
	end := l.idleSince.Add(d.options.Breaker.Window)
	switch {
	case now.Before(end):
		d.arm(l, end)
	case l.isForgettable(now):
		delete(d.lanes, l.id)
	default:
		d.arm(l, now.Add(d.options.Breaker.Window))
	}
}

// deliver sends a shipment and those behind it on its strand.
func (d *Dispatcher) deliver(l *lane, s *strand, sh *shipment) {
	for sh != nil {
		a, _, _ := d.attempt(d.work, sh)
		sh = d.settle(l, s, sh, &a, d.conclude(sh, &a))
	}
}

// settle puts a shipment where it belongs after an attempt, and returns the next of
// its strand.
func (d *Dispatcher) settle(l *lane, s *strand, sh *shipment, a *Attempt, v verdict) *shipment {
	d.mu.Lock()
	defer d.unlock()
	now := time.Now()
	d.account(l, sh, a, v, now)
	if v.again() {
		if l.disabled {
			d.drop(l, sh, DropDisabled, now)
		} else {
			l.waiting.push(sh)
		}
	}
	s.busy = false
	return d.pump(l, now, s)
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
