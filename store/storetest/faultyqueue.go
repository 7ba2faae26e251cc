package storetest

import (
	"context"
	"iter"
	"time"

	"github.com/go-sigfox/sigfox/store"
)

// Faulty is a store whose queues fail when a test wants them to. Safe for concurrent use
// if its functions are.
type Faulty struct {
	store.Store
	// Before is called before each call of a queue, with the name of the method. If it
	// returns an error, the call returns that and nothing else happens. Default: none.
	Before func(method string) error
	// After is called after each call that succeeded. If it returns an error, the call
	// returns that, although it was done. Default: none.
	After func(method string) error
}

// Queue implements store.Store.
func (f *Faulty) Queue(ctx context.Context, name string) (store.Queue, error) {
	q, err := f.Store.Queue(ctx, name)
	if err != nil {
		return nil, err
	}
	return &faultyQueue{q, f}, nil
}

func (f *Faulty) call(method string, do func() error) error {
	if f.Before != nil {
		if err := f.Before(method); err != nil {
			return err
		}
	}
	if err := do(); err != nil || f.After == nil {
		return err
	}
	return f.After(method)
}

type faultyQueue struct {
	queue  store.Queue
	faulty *Faulty
}

// Put implements store.Queue.
func (q *faultyQueue) Put(ctx context.Context, now time.Time, items ...store.Item) error {
	return q.faulty.call("Put", func() error { return q.queue.Put(ctx, now, items...) })
}

// Claim implements store.Queue.
func (q *faultyQueue) Claim(
	ctx context.Context, now time.Time, n int, lease time.Duration,
) (claims []store.Claim, err error) {
	err = q.faulty.call("Claim", func() (err error) {
		claims, err = q.queue.Claim(ctx, now, n, lease)
		return err
	})
	if err != nil {
		return nil, err
	}
	return claims, nil
}

// Extend implements store.Queue.
func (q *faultyQueue) Extend(ctx context.Context, now time.Time, lease time.Duration, claims ...store.Claim) error {
	return q.faulty.call("Extend", func() error { return q.queue.Extend(ctx, now, lease, claims...) })
}

// Done implements store.Queue.
func (q *faultyQueue) Done(ctx context.Context, claims ...store.Claim) error {
	return q.faulty.call("Done", func() error { return q.queue.Done(ctx, claims...) })
}

// Save implements store.Queue.
func (q *faultyQueue) Save(ctx context.Context, now time.Time, c store.Claim, hold bool) (saved store.Claim, err error) {
	err = q.faulty.call("Save", func() (err error) {
		saved, err = q.queue.Save(ctx, now, c, hold)
		return err
	})
	if err != nil {
		return c, err
	}
	return saved, nil
}

// Bury implements store.Queue.
func (q *faultyQueue) Bury(ctx context.Context, now time.Time, c store.Claim) error {
	return q.faulty.call("Bury", func() error { return q.queue.Bury(ctx, now, c) })
}

// Dead implements store.Queue.
func (q *faultyQueue) Dead(ctx context.Context) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		if err := q.faulty.call("Dead", func() error { return nil }); err != nil {
			yield(store.Item{}, err)
			return
		}
		q.queue.Dead(ctx)(yield)
	}
}

// Revive implements store.Queue.
func (q *faultyQueue) Revive(ctx context.Context, now time.Time, id string) error {
	return q.faulty.call("Revive", func() error { return q.queue.Revive(ctx, now, id) })
}

// Purge implements store.Queue.
func (q *faultyQueue) Purge(ctx context.Context, id string) error {
	return q.faulty.call("Purge", func() error { return q.queue.Purge(ctx, id) })
}

// Next implements store.Queue.
func (q *faultyQueue) Next(ctx context.Context, until time.Time) error {
	return q.faulty.call("Next", func() error { return q.queue.Next(ctx, until) })
}

// Len implements store.Queue.
func (q *faultyQueue) Len(ctx context.Context) (waiting, dead int, err error) {
	err = q.faulty.call("Len", func() (err error) {
		waiting, dead, err = q.queue.Len(ctx)
		return err
	})
	return waiting, dead, err
}
