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

// lease limits what is written about requests that are held: afterwards they may be
// another's. It goes on when Run has been told to end.
func (b *Outbox) lease(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), b.options.Lease)
}

// persist writes to the store, again after a pause if it fails, as long as the lease
// holds and Run goes on.
func (b *Outbox) persist(ctx context.Context, write func(context.Context) error) error {
	ctx, cancel := b.lease(ctx)
	defer cancel()
	for {
		err := write(ctx)
		if err == nil || errors.Is(err, store.ErrLost) || !b.pause(ctx) {
			return err
		}
	}
}

// pause returns false if it is cut short, by the end of ctx or of Run.
func (b *Outbox) pause(ctx context.Context) bool {
	b.mu.Lock()
	life := b.life
	b.mu.Unlock()
	if life == nil {
		return false
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-life.Done():
	case <-timer.C:
		return true
	}
	return false
}

// note is persist for what nobody waits for: an error is told.
func (b *Outbox) note(ctx context.Context, id string, write func(context.Context) error) {
	if err := b.persist(ctx, write); err != nil && !errors.Is(err, store.ErrLost) {
		b.failed(ctx, id, err)
	}
}

// atOnce is how many writes may be under way: stores commit them together.
const atOnce = 64

// each calls fn for all of a list, several at a time, and joins the errors.
func each[T any](list []T, fn func(*T) error) error {
	if len(list) == 1 {
		return fn(&list[0])
	}
	errs := make([]error, len(list))
	free := make(chan struct{}, atOnce)
	var group sync.WaitGroup
	for i := range list {
		free <- struct{}{}
		group.Go(func() {
			defer func() { <-free }()
			errs[i] = fn(&list[i])
		})
	}
	group.Wait()
	return errors.Join(errs...)
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

// giveBack has what the dispatcher did not deliver claimed by others, when it is due.
func (b *Outbox) giveBack(ctx context.Context, list []dispatch.Delivery) {
	ctx, cancel := b.lease(ctx)
	defer cancel()
	_ = each(list, func(d *dispatch.Delivery) error {
		if err := b.save(ctx, d, false); err != nil {
			b.failed(ctx, d.Request.ID, err)
		}
		return nil
	})
}

// giveBackRest gives back what the dispatcher did not take.
func (b *Outbox) giveBackRest(ctx context.Context) {
	ctx, cancel := b.lease(ctx)
	defer cancel()
	_ = each(b.claims(), func(c *store.Claim) error {
		_, err := b.queue.Save(ctx, time.Now(), *c, false)
		if err != nil && !errors.Is(err, store.ErrLost) {
			b.failed(ctx, c.ID, err)
		}
		b.release(c.ID, &b.stats.Returned)
		return nil
	})
}
