package outbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/store"
)

// Run sends what is in the store by d, whose Run it calls, until ctx ends. Options of
// d must have the outbox as Journal. It returns the cause of the end of ctx, or
// dispatch.ErrRunning if d was run before. What is not delivered then is given back to
// the store, for another process or the next Run with another dispatcher.
func (b *Outbox) Run(ctx context.Context, d *dispatch.Dispatcher) error {
	if b.running.Swap(true) {
		return ErrRunning
	}
	defer b.running.Store(false)
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	life, end := context.WithCancel(ctx)
	defer end()
	b.live(life)
	var dispatching, extending sync.WaitGroup
	var err error
	dispatching.Go(func() {
		defer end()
		err = d.Run(ctx)
	})
	extending.Go(func() { b.extend(background) })
	for life.Err() == nil {
		if !b.take(life, d) {
			b.wait(life)
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
	var others []func()
	for _, c := range claims {
		delivery, other := b.admit(ctx, c, now)
		if other == nil {
			list = append(list, delivery)
		} else {
			others = append(others, other)
		}
	}
	b.restore(ctx, d, list)
	_ = each(others, func(other *func()) error {
		(*other)()
		return nil
	})
	more := len(claims) == n
	b.endRound(now, !more)
	return more
}

// admit reads what was claimed. For what is not to be sent now, it returns what is to
// be done instead.
func (b *Outbox) admit(ctx context.Context, c store.Claim, now time.Time) (d dispatch.Delivery, other func()) {
	rec, err := decode(c.Data)
	if err != nil {
		b.failed(ctx, c.ID, err)
		return d, func() {
			b.note(ctx, c.ID, func(ctx context.Context) error { return b.queue.Bury(ctx, now, c) })
			b.countGone()
		}
	}
	target, found := b.options.Targets(rec.Target)
	if !found {
		b.failed(ctx, c.ID, errTargetGone)
		return d, func() {
			b.giveUp(ctx, c, rec, causeGone)
			b.countGone()
		}
	}
	until, ok := b.hold(c, rec.Target, now)
	switch {
	case ok:
		return rec.delivery(target), nil
	case until.IsZero():
		return d, func() {}
	}
	return d, func() {
		c.Due = until
		b.note(ctx, c.ID, func(ctx context.Context) error {
			_, err := b.queue.Save(ctx, now, c, false)
			return err
		})
	}
}

// giveUp keeps a request among the dead that the dispatcher does not have.
func (b *Outbox) giveUp(ctx context.Context, c store.Claim, rec *record, cause dispatch.DropCause) {
	b.note(ctx, c.ID, func(ctx context.Context) error {
		if b.options.DiscardDead {
			return b.queue.Done(ctx, c)
		}
		return b.bury(ctx, c, rec, cause)
	})
}

// restore has requests sent. Those that the dispatcher does not take, because their
// target now wants them in another form, must not hold up the others.
func (b *Outbox) restore(ctx context.Context, d *dispatch.Dispatcher, list []dispatch.Delivery) {
	err := d.Restore(ctx, list)
	if err == nil || errors.Is(err, dispatch.ErrStopped) { // what is held is given back
		return
	}
	for i := range list {
		one := &list[i]
		err := d.Restore(ctx, list[i:i+1])
		if err == nil || errors.Is(err, dispatch.ErrStopped) {
			continue
		}
		if c, ok := b.claim(one.Request.ID); ok {
			b.failed(ctx, c.ID, err)
			b.giveUp(ctx, c, recordOf(one), causeRefused)
			b.release(c.ID, &b.stats.Dead)
		}
	}
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
	every := b.options.Lease / 3
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if claims := b.claims(); len(claims) > 0 {
				b.extendOnce(ctx, every, claims)
			}
		}
	}
}

// extendOnce gives up in time for the next.
func (b *Outbox) extendOnce(ctx context.Context, timeout time.Duration, claims []store.Claim) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := b.queue.Extend(ctx, time.Now(), b.options.Lease, claims...)
	if err != nil && !errors.Is(err, store.ErrLost) { // what is lost is found when it is saved
		b.failed(ctx, "", err)
	}
}
