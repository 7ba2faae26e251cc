package dispatch

import (
	"context"
	"slices"
	"time"
)

// Enqueue accepts a request, to be sent by Run, and returns at once. It may be called
// before Run. The error is ErrQueueFull, ErrDisabled, ErrStopped, that of
// Options.Journal, or says what the request lacks. The values of ctx reach the hooks; its
// end does not matter once Enqueue has returned.
func (d *Dispatcher) Enqueue(ctx context.Context, r Request) error {
	if err := d.check(&r); err != nil {
		return err
	}
	now := d.lock()
	defer d.unlock()
	l := d.lane(r.Target.ID(), now)
	if err := d.admit(l, &r, now); err != nil {
		return err
	}
	sh := newShipment(ctx, &r, now)
	if d.options.Journal != nil {
		var err error
		if now, err = d.acceptInJournal(ctx, l, sh); err != nil {
			return err
		}
	}
	d.place(l, sh, now)
	return nil
}

// admit makes room for a request.
func (d *Dispatcher) admit(l *lane, r *Request, now time.Time) error {
	size := r.Target.options.QueueSize
	if size == 0 {
		size = d.options.QueueSize
	}
	switch {
	case d.phase == stopped:
		return ErrStopped
	case l.disabled:
		d.refuse(l, r, DropDisabled, now)
		return ErrDisabled
	case l.pending >= size || d.pending >= d.room(l):
		d.refuse(l, r, DropQueueFull, now)
		return ErrQueueFull
	}
	l.adopt(r.Target, &d.options, now)
	d.reserve(l, 1)
	return nil
}

// room returns how many requests may wait for all targets for one more to be accepted
// in a lane. Many targets that hang must not take the last of it from those that keep up.
func (d *Dispatcher) room(l *lane) int {
	most := d.options.MaxPending
	if l.pending < strandsFor(max(l.concurrency, 1)) {
		return most
	}
	return most - most/keptPart
}

// keptPart is the part of Options.MaxPending that is kept.
const keptPart = 10

func (d *Dispatcher) reserve(l *lane, n int) {
	l.pending += n
	d.pending += n
	d.stats.Accepted += int64(n)
}

// refuse tells of a request that is not accepted.
func (d *Dispatcher) refuse(l *lane, r *Request, cause DropCause, now time.Time) {
	d.stats.Refused++
	if d.options.Hooks.OnDrop != nil {
		d.news.refused = append(d.news.refused, Drop{Request: *r, Cause: cause, At: now})
	}
	d.rest(l, now)
}

// acceptInJournal lets go of the lock. Run does not end meanwhile.
func (d *Dispatcher) acceptInJournal(ctx context.Context, l *lane, sh *shipment) (now time.Time, err error) {
	d.workers.Add(1)
	defer d.workers.Done()
	d.mu.Unlock()
	err = d.journalAccept(ctx, sh)
	now = d.lock()
	if err != nil {
		d.reserve(l, -1)
		d.stats.Refused++
		d.rest(l, now)
	}
	return now, err
}

// place has an accepted shipment wait for its turn.
func (d *Dispatcher) place(l *lane, sh *shipment, now time.Time) {
	if l.disabled {
		d.drop(l, sh, DropDisabled, now)
		return
	}
	l.put(sh, now, &d.options.Batch)
	d.pump(l, now)
}

// Restore accepts what a journal or a DrainError has kept, with its attempts so far and
// the time of the next. It may be called before and during Run. It does not write to
// the journal, and the limits of queues do not hold for it. The lines of one batch
// are to be in one call. The error is ErrStopped, or says what a request lacks;
// nothing is accepted then.
func (d *Dispatcher) Restore(ctx context.Context, list []Delivery) error {
	list = slices.Clone(list)
	for i := range list {
		if err := d.check(&list[i].Request); err != nil {
			return err
		}
	}
	slices.SortStableFunc(list, func(a, b Delivery) int { return a.Accepted.Compare(b.Accepted) })
	now := d.lock()
	defer d.unlock()
	if d.phase == stopped {
		return ErrStopped
	}
	for _, sh := range regroup(ctx, list) {
		l := d.lane(sh.target.ID(), now)
		l.adopt(sh.target, &d.options, now)
		d.reserve(l, len(sh.requests))
		d.place(l, sh, now)
	}
	return nil
}

// regroup makes shipments of deliveries: those of one batch are one again.
func regroup(ctx context.Context, list []Delivery) (all []*shipment) {
	type batch struct{ target, id string }
	batches := make(map[batch]*shipment)
	for i := range list {
		r := &list[i]
		key := batch{r.Request.Target.ID(), r.Batch}
		if b := batches[key]; b != nil {
			b.requests = append(b.requests, r.Request)
			b.accepted = append(b.accepted, r.Accepted)
			continue
		}
		sh := newShipment(ctx, &r.Request, r.Accepted)
		sh.attempts, sh.due = r.Attempts, r.Due
		if r.Batch != "" {
			sh.id = r.Batch
			batches[key] = sh
		}
		all = append(all, sh)
	}
	return all
}
