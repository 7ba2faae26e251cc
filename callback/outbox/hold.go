package outbox

import (
	"context"
	"time"

	"github.com/go-sigfox/sigfox/store"
)

// hold notes a claim that is to be given to the dispatcher. If it is not, because its
// target has as many as it may, it has to wait until the given time; if that is zero,
// the dispatcher has it.
func (b *Outbox) hold(c store.Claim, target string, now time.Time) (until time.Time, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if h := b.held[c.ID]; h != nil { // its lease had ended, and nobody else took it
		h.claim = c
		return time.Time{}, false
	}
	if until, ok := b.barriers.Holds(target, c.Due); ok {
		b.stats.Parked++
		return until, false
	}
	q := b.quotas[target]
	if q == nil {
		q = &quota{target: target, wait: minPark}
		b.quotas[target] = q
	}
	if !q.admit(b.options.HeldPerTarget) {
		b.stats.Parked++
		until = now.Add(q.wait)
		b.barriers.Raise(now, target, until)
		return until, false
	}
	b.held[c.ID] = &holding{c, q}
	b.stats.Taken++
	return time.Time{}, true
}

// endRound is called when what was claimed is sent, given back or buried.
func (b *Outbox) endRound(now time.Time, all bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.barriers.EndRound(now, all)
}

// claim returns the claim of a request, if it is held.
func (b *Outbox) claim(id string) (store.Claim, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.held[id]
	if h == nil {
		return store.Claim{}, false
	}
	return h.claim, true
}

// renew replaces the claim old of a request by c.
func (b *Outbox) renew(old, c store.Claim) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if h := b.held[c.ID]; h != nil && h.claim.Receipt == old.Receipt {
		h.claim = c
	}
}

// release forgets a request, and counts what became of it.
func (b *Outbox) release(id string, outcome *int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(b.held[id], outcome)
}

// lose forgets a claim whose lease has ended, unless there is another of the request.
func (b *Outbox) lose(c store.Claim) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if h := b.held[c.ID]; h != nil && h.claim.Receipt == c.Receipt {
		b.forget(h, &b.stats.Lost)
	}
}

// forget is called with b.mu held.
func (b *Outbox) forget(h *holding, outcome *int64) {
	if h == nil {
		return
	}
	delete(b.held, h.claim.ID)
	*outcome++
	if h.quota.held--; h.quota.isForgettable() {
		delete(b.quotas, h.quota.target)
	}
	select {
	case b.freed <- struct{}{}:
	default:
	}
}

// room returns how many more requests may be held.
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

// live notes for how long what fails is tried again.
func (b *Outbox) live(ctx context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.life = ctx
}
