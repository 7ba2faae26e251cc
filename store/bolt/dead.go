package bolt

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"github.com/go-sigfox/sigfox/store"
)

// deadChunk is how many of the dead are read in one transaction.
const deadChunk = 64

// Bury implements store.Queue.
func (q *Queue) Bury(ctx context.Context, _ time.Time, c store.Claim) error {
	h, buried := held{c.ID, c.Receipt}, newEntry(state{}, c.ID, c.Data)
	return q.change(ctx, 0, func(t *queueTx) error { return t.bury(h, buried) })
}

// Revive implements store.Queue.
func (q *Queue) Revive(ctx context.Context, now time.Time, id string) error {
	return q.change(ctx, 0, func(t *queueTx) error { return t.revive(stampOf(now), id) })
}

// Purge implements store.Queue.
func (q *Queue) Purge(ctx context.Context, id string) error {
	return q.change(ctx, 0, func(t *queueTx) error {
		_, err := t.takeDead(id)
		return err
	})
}

// Dead implements store.Queue. It reads in chunks: those that come or go meanwhile may be
// yielded or not.
func (q *Queue) Dead(ctx context.Context) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		for next := []byte{}; next != nil; {
			var chunk []store.Item
			err := context.Cause(ctx)
			if err == nil {
				err = q.store.view(func(tx *bbolt.Tx) (err error) {
					chunk, next, err = q.deadFrom(tx, next)
					return err
				})
			}
			if err != nil {
				yield(store.Item{}, err)
				return
			}
			for _, item := range chunk {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// deadFrom returns some of the dead, and where those after them begin, nil if there are
// none.
func (q *Queue) deadFrom(tx *bbolt.Tx, from []byte) (chunk []store.Item, next []byte, err error) {
	t, err := q.view(tx)
	if err != nil {
		return nil, nil, err
	}
	c := t.dead.Cursor()
	for key, v := c.Seek(from); key != nil; key, v = c.Next() {
		if len(chunk) == deadChunk {
			return chunk, bytes.Clone(key), nil
		}
		e := entry(v)
		if err := e.check(); err != nil {
			return nil, nil, err
		}
		chunk = append(chunk, e.item())
	}
	return chunk, nil, nil
}

func (t *queueTx) bury(h held, buried entry) error {
	number, e, err := t.held(h)
	if err != nil {
		return err
	}
	s := e.state()
	if err := t.drop(number, e); err != nil {
		return err
	}
	if _, err := t.takeDead(h.id); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if number, err = t.deadIDs.NextSequence(); err != nil {
		return err
	}
	err = errors.Join(
		t.put(t.deadIDs, []byte(h.id), numberKey(number)),
		t.put(t.dead, numberKey(number), buried.with(s)))
	if err != nil {
		return err
	}
	return t.count(t.dead, 1)
}

// takeDead removes an item from the dead.
func (t *queueTx) takeDead(id string) (entry, error) {
	key := bytes.Clone(t.deadIDs.Get([]byte(id)))
	if key == nil {
		return nil, store.ErrNotFound
	}
	_, e, err := get(t.dead, key)
	if err != nil {
		return nil, err
	}
	e = bytes.Clone(e)
	if err := errors.Join(t.remove(t.deadIDs, []byte(id)), t.remove(t.dead, key)); err != nil {
		return nil, err
	}
	return e, t.count(t.dead, -1)
}

func (t *queueTx) revive(now stamp, id string) error {
	if t.ids.Get([]byte(id)) != nil {
		return store.ErrExists
	}
	e, err := t.takeDead(id)
	if err != nil {
		return err
	}
	e.set(state{at: now, due: always, since: now})
	return t.add(e)
}
