// Package barrier keeps what is claimed from a store.Queue in its order, although some of
// it has to wait in the queue.
//
// An item that has to wait is given back to a later time, the barrier of its key: the
// others with that key must not pass it. Those that are claimed meanwhile are given back
// to the same time. So are those that were due before it, but are claimed only when it is
// over because the claimer had no room: they would be handed out first. All meet at the
// barrier, where a queue hands them out in the order in which they were put.
//
// It holds for one claimer, which works in rounds: it claims, asks for each item in turn
// whether it is held back, gives those back, and claims again when they are in the queue.
package barrier

import (
	"maps"
	"time"
)

// Barriers are those of one claimer. They are not safe for concurrent use. The zero value
// has none.
type Barriers struct {
	until map[string]time.Time // by key
	first time.Time            // no barrier is over before
	held  map[string]bool      // keys of which something was held back in this round
}

// maxKeys is how many keys are remembered before those are forgotten whose time is over,
// though something that was due before may not have been claimed yet.
const maxKeys = 4096

// Raise has all items with a key wait until then. A barrier is never lowered.
func (b *Barriers) Raise(now time.Time, key string, until time.Time) {
	if b.until == nil {
		b.until, b.held = make(map[string]time.Time), make(map[string]bool)
	}
	if len(b.until) >= maxKeys {
		b.forget(now)
	}
	if len(b.until) == 0 || until.Before(b.first) {
		b.first = until
	}
	if until.After(b.until[key]) {
		b.until[key] = until
	}
	b.held[key] = true
}

// Holds reports whether an item that became due at this time has to be given back, and
// to what time. When one is, so are all with its key that come after it in this round.
func (b *Barriers) Holds(key string, due time.Time) (until time.Time, ok bool) {
	until, ok = b.until[key]
	switch {
	case !ok:
		return until, false
	case due.Before(until):
		b.held[key] = true
		return until, true
	default:
		return due, b.held[key]
	}
}

// EndRound tells that what was held back is in the queue again. If all that was due now
// had been claimed, and none of it was held back, nothing is left that could pass a
// barrier whose time is over: those are forgotten.
func (b *Barriers) EndRound(now time.Time, all bool) {
	if all && len(b.held) == 0 {
		b.forget(now)
	}
	clear(b.held)
}

func (b *Barriers) forget(now time.Time) {
	if len(b.until) == 0 || now.Before(b.first) {
		return
	}
	b.first = time.Time{}
	maps.DeleteFunc(b.until, func(_ string, until time.Time) bool {
		if !until.After(now) {
			return true
		}
		if b.first.IsZero() || until.Before(b.first) {
			b.first = until
		}
		return false
	})
}
