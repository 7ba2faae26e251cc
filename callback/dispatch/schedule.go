package dispatch

import (
	"container/heap"
	"time"
)

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
	if d.phase == running && (d.armed.IsZero() || at.Before(d.armed)) {
		select {
		case d.earlier <- struct{}{}:
		default:
		}
	}
}

// pump starts what may be sent now, and has the lane looked at again when more may
// be.
func (d *Dispatcher) pump(l *lane, now time.Time) {
	if first, ok := d.pumpFor(l, now); ok {
		d.workers.Go(func() { d.deliver(first) })
	}
}

// cargo is a shipment of a strand that is to be sent.
type cargo struct {
	lane     *lane
	strand   int
	shipment *shipment
}

// pumpFor is pump for a goroutine that has nothing else to do: it is to send what is
// returned.
func (d *Dispatcher) pumpFor(l *lane, now time.Time) (first cargo, ok bool) {
	if d.phase != running {
		return first, false
	}
	l.release(now)
	if len(l.waiting) > 0 {
		d.arm(l, l.waiting[0].due)
	}
	for n := range l.open.from(l.turn) {
		if l.busy >= l.concurrency {
			break
		}
		if !d.expire(l, n, now) {
			continue
		}
		if ready := l.ready(&l.strands[n]); now.Before(ready) {
			d.arm(l, ready)
			continue
		}
		done, again, admitted := l.admit(now)
		if !admitted {
			d.hold(l, now, again)
			break
		}
		l.turn = n + 1
		c := cargo{l, n, d.launch(l, n, done, now)}
		if !ok {
			first, ok = c, true
			continue
		}
		d.workers.Go(func() { d.deliver(c) })
	}
	d.rest(l, now)
	return first, ok
}

// launch takes the next shipment of a strand on its way.
func (d *Dispatcher) launch(l *lane, n int, done func(error), now time.Time) *shipment {
	s := &l.strands[n]
	sh := s.take(d.options.Batch)
	if sh.isLine() {
		l.slot = now.Add(d.options.Batch.Interval)
	}
	sh.done = done
	s.busy = true
	l.busy++
	l.mark(n)
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
func (d *Dispatcher) hold(l *lane, now, again time.Time) {
	if !again.IsZero() {
		d.arm(l, again)
	}
	for n := range l.strands {
		if !d.expire(l, n, now) {
			continue
		}
		for _, q := range l.strands[n].queues() {
			if sh := q.head; sh != nil {
				if age := d.policy(sh.target).MaxAge; age > 0 {
					d.arm(l, sh.accepted[0].Add(age+1))
				}
			}
		}
	}
}

// expire drops what has become too old, as far as it stands in front, and reports
// whether there is anything left.
func (d *Dispatcher) expire(l *lane, n int, now time.Time) bool {
	s := &l.strands[n]
	for _, q := range s.queues() {
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
	l.mark(n)
	return s.first() != nil
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
		if d.lanes[l.id] == l { // else it was forgotten before
			delete(d.lanes, l.id)
		}
	default:
		d.arm(l, now.Add(d.options.Breaker.Window))
	}
}
