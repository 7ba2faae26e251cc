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
	var errs []error
	for i := range list {
		errs = append(errs, b.save(ctx, &list[i], true))
	}
	return errors.Join(errs...)
}

// save writes what is known of a delivery, and gives it back unless it is held on to.
func (b *Outbox) save(ctx context.Context, d *dispatch.Delivery, hold bool) error {
	c, ok := b.claim(d.Request.ID)
	if !ok {
		return nil // it was lost, and is another's
	}
	data, err := encode(d)
	if err != nil {
		return err
	}
	c.Data, c.Due = data, d.Due
	c, err = b.queue.Save(ctx, time.Now(), c, hold)
	switch {
	case errors.Is(err, store.ErrLost), err == nil && !hold:
		b.release(d.Request.ID)
		return nil
	case err == nil:
		b.renew(c)
	}
	return err
}

// Settle implements dispatch.Journal: what was delivered leaves the store, what was
// given up is kept among the dead.
func (b *Outbox) Settle(ctx context.Context, list []dispatch.Delivery, cause dispatch.DropCause) error {
	var errs []error
	for i := range list {
		id := list[i].Request.ID
		c, ok := b.claim(id)
		if !ok {
			continue
		}
		var err error
		if cause == "" || b.options.DiscardDead {
			err = b.queue.Done(ctx, c)
		} else {
			err = b.bury(ctx, c, recordOf(&list[i]), cause)
		}
		b.release(id) // if it failed, the request comes back when its lease ends
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// hold notes a claim. It reports false if its target has as many as it may.
func (b *Outbox) hold(c store.Claim, target string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.targets[target] >= b.options.HeldPerTarget {
		return false
	}
	if old := b.held[c.ID]; old != nil { // lost and claimed again
		old.claim = c
		return true
	}
	b.held[c.ID] = &holding{c, target}
	b.targets[target]++
	return true
}

func (b *Outbox) claim(id string) (store.Claim, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.held[id]
	if h == nil {
		return store.Claim{}, false
	}
	return h.claim, true
}

func (b *Outbox) renew(c store.Claim) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if h := b.held[c.ID]; h != nil {
		h.claim = c
	}
}

// release forgets a claim.
func (b *Outbox) release(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.held[id]
	if h == nil {
		return
	}
	delete(b.held, id)
	if b.targets[h.target]--; b.targets[h.target] == 0 {
		delete(b.targets, h.target)
	}
	select {
	case b.freed <- struct{}{}:
	default:
	}
}

func (b *Outbox) room() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.options.Held - len(b.held)
}

func (b *Outbox) claims() []store.Claim {
	b.mu.Lock()
	defer b.mu.Unlock()
	claims := make([]store.Claim, 0, len(b.held))
	for _, h := range b.held {
		claims = append(claims, h.claim)
	}
	return claims
}
