package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/store"
)

// Run sends what is in the store by d, whose Run it calls, until ctx ends. Options of
// d must have the outbox as Journal. It returns the cause of the end of ctx. What is
// not delivered then is given back to the store, for another process or the next
// Run with another dispatcher.
func (b *Outbox) Run(ctx context.Context, d *dispatch.Dispatcher) error {
	if b.running.Swap(true) {
		return ErrRunning
	}
	defer b.running.Store(false)
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var dispatching, extending sync.WaitGroup
	var err error
	dispatching.Go(func() { err = d.Run(ctx) })
	extending.Go(func() { b.extend(background) })
	for ctx.Err() == nil {
		if !b.take(ctx, d) {
			b.wait(ctx)
		}
	}
	dispatching.Wait()
	if left, ok := errors.AsType[*dispatch.DrainError](err); ok {
		b.giveBack(background, left.Deliveries)
	}
	b.giveBackRest(background)
	cancel()
	extending.Wait()
	if errors.Is(err, dispatch.ErrRunning) {
		return err
	}
	return context.Cause(ctx)
}

// pause is how long Run waits before it asks a store again that failed, or one that
// did not say when there is more.
const pause = time.Second

// perClaim is how many requests are taken at once.
const perClaim = 256

// take takes requests out of the store and has them sent. It reports whether there
// may be more.
func (b *Outbox) take(ctx context.Context, d *dispatch.Dispatcher) bool {
	n := min(b.room(), perClaim)
	if n <= 0 {
		return false
	}
	now := time.Now()
	claims, err := b.queue.Claim(ctx, now, n, b.options.Lease)
	if err != nil {
		if ctx.Err() == nil {
			b.failed(ctx, "", err)
			sleep(ctx, pause)
		}
		return true
	}
	var list []dispatch.Delivery
	for _, c := range claims {
		if delivery, ok := b.admit(ctx, c, now); ok {
			list = append(list, delivery)
		}
	}
	if err := d.Restore(ctx, list); err != nil && ctx.Err() == nil {
		b.failed(ctx, "", err)
		sleep(ctx, pause)
	}
	return len(claims) == n
}

// parked is how long a request waits in the store whose target has as many under way
// as it may.
const parked = 15 * time.Second

// admit reads what was claimed. It reports false for what is not to be sent now.
func (b *Outbox) admit(ctx context.Context, c store.Claim, now time.Time) (d dispatch.Delivery, ok bool) {
	rec, err := decode(c.Data)
	if err != nil {
		b.failed(ctx, c.ID, err)
		b.note(ctx, c.ID, func(ctx context.Context) error { return b.queue.Bury(ctx, now, c) })
		return d, false
	}
	target, found := b.options.Targets(rec.Target)
	if !found {
		b.failed(ctx, c.ID, errTargetGone)
		b.note(ctx, c.ID, func(ctx context.Context) error { return b.bury(ctx, c, rec, causeGone) })
		return d, false
	}
	if !b.hold(c, rec.Target) {
		c.Due = now.Add(parked)
		b.note(ctx, c.ID, func(ctx context.Context) error {
			_, err := b.queue.Save(ctx, now, c, false)
			return err
		})
		return d, false
	}
	return rec.delivery(target), true
}

// wait returns when something was settled or may be due.
func (b *Outbox) wait(ctx context.Context) {
	if b.room() <= 0 {
		select {
		case <-ctx.Done():
		case <-b.freed:
		}
		return
	}
	if err := b.queue.Next(ctx, time.Now().Add(pause)); err != nil && ctx.Err() == nil {
		b.failed(ctx, "", err)
		sleep(ctx, pause)
	}
}

// sleep returns early if ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// extend keeps what is held until ctx ends.
func (b *Outbox) extend(ctx context.Context) {
	ticker := time.NewTicker(b.options.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			if claims := b.claims(); len(claims) > 0 {
				b.note(ctx, "", func(ctx context.Context) error {
					return b.queue.Extend(ctx, now, b.options.Lease, claims...)
				})
			}
		}
	}
}

// giveBack has what the dispatcher did not deliver claimed by others, when it is due.
func (b *Outbox) giveBack(ctx context.Context, list []dispatch.Delivery) {
	for i := range list {
		b.note(ctx, list[i].Request.ID, func(ctx context.Context) error { return b.save(ctx, &list[i], false) })
	}
}

// giveBackRest gives back what the dispatcher did not take.
func (b *Outbox) giveBackRest(ctx context.Context) {
	for _, c := range b.claims() {
		b.note(ctx, c.ID, func(ctx context.Context) error {
			_, err := b.queue.Save(ctx, time.Now(), c, false)
			return err
		})
		b.release(c.ID)
	}
}

// note writes to the store, also when Run ends, for as long as it makes sense. What
// fails is told; the request comes back when its lease ends.
func (b *Outbox) note(ctx context.Context, id string, write func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.options.Lease)
	defer cancel()
	if err := write(ctx); err != nil && !errors.Is(err, store.ErrLost) {
		b.failed(ctx, id, err)
	}
}

// bury keeps a request among the dead, with why.
func (b *Outbox) bury(ctx context.Context, c store.Claim, rec *record, cause dispatch.DropCause) error {
	rec.Cause = cause
	data, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	c.Data = data
	return b.queue.Bury(ctx, time.Now(), c)
}
