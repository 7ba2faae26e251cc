package nats

import (
	"context"
	"errors"
	"time"

	"github.com/go-sigfox/sigfox/store"
)

// Extend implements store.Queue. It writes the items anew, with the data that is stored.
func (q *Queue) Extend(ctx context.Context, now time.Time, lease time.Duration, claims ...store.Claim) error {
	errs := make([]error, len(claims))
	each(len(claims), func(i int) {
		errs[i] = q.store.attempt(ctx, "extend", func(ctx context.Context) error {
			return q.rewrite(ctx, &claims[i], true, func(h *holding) {
				h.record.lease, h.at = lease, now.Add(lease)
			})
		})
	})
	return errors.Join(errs...)
}

// Save implements store.Queue. An item that stays held is so for another lease in the
// eyes of other processes.
func (q *Queue) Save(ctx context.Context, now time.Time, c store.Claim, hold bool) (store.Claim, error) {
	err := q.store.attempt(ctx, "save", func(ctx context.Context) error {
		return q.rewrite(ctx, &c, false, func(h *holding) {
			h.data, h.record.due = c.Data, c.Due
			if !hold {
				h.record.release()
				if h.at = c.Due; c.Due.IsZero() {
					h.at = now
				}
			}
		})
	})
	return c, err
}

// Bury implements store.Queue.
func (q *Queue) Bury(ctx context.Context, _ time.Time, c store.Claim) error {
	return q.store.attempt(ctx, "bury", func(ctx context.Context) error {
		return q.rewrite(ctx, &c, false, func(h *holding) {
			h.data, h.bury = c.Data, true
			h.record.release()
		})
	})
}

// Done implements store.Queue. An item that somebody else holds by now is removed as
// well, but not another one that was put with its ID.
func (q *Queue) Done(ctx context.Context, claims ...store.Claim) error {
	errs := make([]error, len(claims))
	each(len(claims), func(i int) {
		id, origin := claims[i].ID, receiptOrigin(claims[i].Receipt)
		e, known := q.index.get(id)
		errs[i] = q.store.insist(ctx, "done", func(ctx context.Context) error {
			if known && e.origin == origin {
				known = false
				if err := q.remove(ctx, id, e.sequence); !errors.Is(err, errMoved) {
					return err
				}
			}
			return q.finish(ctx, id, func(r *record) bool { return r.origin == origin })
		})
	})
	return errors.Join(errs...)
}

// finish removes an item if it is the one.
func (q *Queue) finish(ctx context.Context, id string, one func(*record) bool) error {
	for {
		m, r, err := q.load(ctx, itemKey(id))
		switch {
		case errors.Is(err, store.ErrNotFound):
			return nil
		case err != nil:
			return err
		case !one(&r):
			return nil
		}
		if err := q.remove(ctx, id, m.Sequence); !errors.Is(err, errMoved) {
			return err
		}
		if err := wait(ctx, time.Millisecond); err != nil {
			return err
		}
	}
}

// remove marks an item as done.
func (q *Queue) remove(ctx context.Context, id string, last uint64) error {
	sequence, err := q.set(ctx, q.tombstone(itemKey(id)), last)
	if err == nil {
		q.index.learn(id, sequence, &record{state: done}, time.Time{})
	}
	return err
}

// holding is a held item that is about to be written anew.
type holding struct {
	record record
	data   []byte    // what is stored, if it was asked for
	at     time.Time // when it can be claimed
	bury   bool
}

// rewrite changes an item if it is held by the claim. What is stored is read only if it
// is asked for, or if it is not known at which sequence it is.
func (q *Queue) rewrite(ctx context.Context, c *store.Claim, read bool, change func(*holding)) error {
	e, known := q.index.get(c.ID)
	if !read && known && e.holder == c.Receipt {
		h := &holding{at: e.at, record: record{
			state: held, holder: e.holder, lease: e.lease, claims: c.Claims + 1, origin: e.origin,
		}}
		if err := q.rewriteAt(ctx, c.ID, h, e.sequence, change); !errors.Is(err, errMoved) {
			return err
		}
	}
	for {
		m, r, err := q.load(ctx, itemKey(c.ID))
		if errors.Is(err, store.ErrNotFound) || err == nil && r.holder != c.Receipt {
			return store.ErrLost
		}
		if err != nil {
			return err
		}
		h := &holding{at: time.Now().Add(r.lease), record: r, data: m.Data}
		if err := q.rewriteAt(ctx, c.ID, h, m.Sequence, change); !errors.Is(err, errMoved) {
			return err
		}
		if err := wait(ctx, time.Millisecond); err != nil {
			return err
		}
	}
}

func (q *Queue) rewriteAt(ctx context.Context, id string, h *holding, last uint64, change func(*holding)) error {
	if change(h); h.bury {
		return q.bury(ctx, id, h, last)
	}
	sequence, err := q.set(ctx, q.item(itemKey(id), &h.record, h.data), last)
	if err == nil {
		q.index.learn(id, sequence, &h.record, h.at)
	}
	return err
}
