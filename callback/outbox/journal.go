package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/store"
)

// Accept implements dispatch.Journal. The error is ErrBypassed.
func (*Outbox) Accept(context.Context, []dispatch.Delivery) error { return ErrBypassed }

// Update implements dispatch.Journal: the attempts and the time of the next are safe
// before it is waited for.
func (b *Outbox) Update(ctx context.Context, list []dispatch.Delivery) error {
	ctx, cancel := b.lease(ctx)
	defer cancel()
	return each(list, func(d *dispatch.Delivery) error { return b.save(ctx, d, true) })
}

// save writes what is known of a delivery, and gives it back unless it is held on to.
func (b *Outbox) save(ctx context.Context, d *dispatch.Delivery, hold bool) error {
	old, ok := b.claim(d.Request.ID)
	if !ok {
		return nil // it was lost, and is another's
	}
	data, err := encode(d)
	if err != nil {
		return err
	}
	c := old
	c.Data = data
	if !d.Due.IsZero() { // else it has its place in the order
		c.Due = d.Due
	}
	c, err = b.queue.Save(ctx, time.Now(), c, hold)
	switch {
	case errors.Is(err, store.ErrLost):
		b.lose(old)
		return nil
	case err != nil:
		return err
	case hold:
		b.renew(old, c)
	default:
		b.release(c.ID, &b.stats.Returned)
	}
	return nil
}

// Settle implements dispatch.Journal: what was delivered leaves the store, what was
// given up is kept among the dead. While the store fails it is tried again, lest the
// request be sent again; if it fails to the end, the request comes back when its lease
// ends.
func (b *Outbox) Settle(ctx context.Context, list []dispatch.Delivery, cause dispatch.DropCause) error {
	if cause == "" || b.options.DiscardDead {
		return b.finish(ctx, list, cause)
	}
	return each(list, func(d *dispatch.Delivery) error {
		c, ok := b.claim(d.Request.ID)
		if !ok {
			return nil
		}
		err := b.persist(ctx, func(ctx context.Context) error { return b.bury(ctx, c, recordOf(d), cause) })
		if errors.Is(err, store.ErrLost) {
			b.release(c.ID, &b.stats.Lost)
			return nil
		}
		b.release(c.ID, &b.stats.Dead)
		return err
	})
}

// finish removes requests from the store.
func (b *Outbox) finish(ctx context.Context, list []dispatch.Delivery, cause dispatch.DropCause) error {
	var claims []store.Claim
	for i := range list {
		if c, ok := b.claim(list[i].Request.ID); ok {
			claims = append(claims, c)
		}
	}
	if len(claims) == 0 {
		return nil
	}
	err := b.persist(ctx, func(ctx context.Context) error { return b.queue.Done(ctx, claims...) })
	outcome := &b.stats.Delivered
	if cause != "" {
		outcome = &b.stats.Dead
	}
	for i := range claims {
		b.release(claims[i].ID, outcome)
	}
	return err
}
