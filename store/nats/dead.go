package nats

import (
	"context"
	"errors"
	"iter"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/go-sigfox/sigfox/store"
)

// tombstone returns the message that an item is no longer there.
func (q *Queue) tombstone(key string) *client.Msg {
	m := q.item(key, &record{state: done}, nil)
	expire(m, linger)
	return m
}

// bury moves a held item to the dead.
func (q *Queue) bury(ctx context.Context, id string, h *holding, last uint64) error {
	removed, added := q.tombstone(itemKey(id)), q.item(deadKey(id), &h.record, h.data)
	expect(removed, last)
	expire(added, q.store.options.MaxAge)
	sequence, err := q.batch(ctx, []*client.Msg{removed, added})
	if err == nil {
		q.index.learn(id, sequence-1, &record{state: done}, time.Time{})
		q.index.learnDead(id, sequence, waiting)
	}
	return err
}

// Dead implements store.Queue.
func (q *Queue) Dead(ctx context.Context) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		if err := q.known(ctx); err != nil {
			yield(store.Item{}, err)
			return
		}
		for _, id := range q.index.deadIDs() {
			m, r, err := q.loadDead(ctx, "dead", id)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				yield(store.Item{}, err)
				return
			}
			if !yield(store.Item{ID: id, Data: m.Data, Due: r.due, Claims: r.claims}, nil) {
				return
			}
		}
	}
}

// loadDead reads a dead item. If the error is store.ErrNotFound, the index learns that it
// is not among them.
func (q *Queue) loadDead(ctx context.Context, what, id string) (m *jetstream.RawStreamMsg, r record, err error) {
	err = q.store.insist(ctx, what, func(ctx context.Context) (err error) {
		m, r, err = q.load(ctx, deadKey(id))
		if errors.Is(err, store.ErrNotFound) {
			q.index.forgetDead(id)
		}
		return err
	})
	return m, r, err
}

// Revive implements store.Queue.
func (q *Queue) Revive(ctx context.Context, now time.Time, id string) error {
	buried, _, err := q.loadDead(ctx, "revive", id)
	if err != nil {
		return err
	}
	r := record{}
	removed, added := q.tombstone(deadKey(id)), q.item(itemKey(id), &r, buried.Data)
	expect(removed, buried.Sequence)
	return q.store.attempt(ctx, "revive", func(ctx context.Context) error {
		last, err := q.vacant(ctx, id)
		if err != nil {
			return err
		}
		expect(added, last)
		sequence, err := q.batch(ctx, []*client.Msg{removed, added})
		if errors.Is(err, errMoved) { // somebody else has revived or put it
			return store.ErrExists
		}
		if err == nil {
			q.index.learnDead(id, sequence-1, done)
			q.index.learn(id, sequence, &r, now)
		}
		return err
	})
}

// vacant returns the sequence at which an item can be put, or store.ErrExists.
func (q *Queue) vacant(ctx context.Context, id string) (last uint64, err error) {
	m, _, err := q.load(ctx, itemKey(id))
	switch {
	case err == nil:
		return 0, store.ErrExists
	case !errors.Is(err, store.ErrNotFound):
		return 0, err
	case m != nil:
		last = m.Sequence
	}
	return last, nil
}

// Purge implements store.Queue.
func (q *Queue) Purge(ctx context.Context, id string) error {
	m, _, err := q.loadDead(ctx, "purge", id)
	if err != nil {
		return err
	}
	return q.store.attempt(ctx, "purge", func(ctx context.Context) error {
		sequence, err := q.set(ctx, q.tombstone(deadKey(id)), m.Sequence)
		if errors.Is(err, errMoved) { // somebody else has purged or revived it
			return store.ErrNotFound
		}
		if err == nil {
			q.index.learnDead(id, sequence, done)
		}
		return err
	})
}
