package bolt

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/go-sigfox/sigfox/store"
)

var _ store.Queue = (*Queue)(nil)

// Queue is a store.Queue in a file. It is safe for concurrent use.
type Queue struct {
	store *Store
	names [5][]byte

	mu      sync.Mutex
	latest  stamp         // the latest time that a caller has told; 0: none yet
	changed chan struct{} // closed when an item may have become due; nil if nobody waits
}

func newQueue(s *Store, name string) *Queue {
	q := &Queue{store: s}
	for i, suffix := range []string{itemsSuffix, idsSuffix, dueSuffix, deadSuffix, deadIDsSuffix} {
		q.names[i] = []byte(queuePrefix + name + suffix)
	}
	return q
}

// change makes a change to the queue.
func (q *Queue) change(ctx context.Context, adds int64, apply func(*queueTx) error) error {
	return q.store.do(ctx, &change{adds: adds, apply: func(b *batch) error {
		t, err := q.begin(b)
		if err != nil {
			return err
		}
		return apply(t)
	}})
}

// Put implements store.Queue.
func (q *Queue) Put(ctx context.Context, now time.Time, items ...store.Item) error {
	entries := make([]entry, len(items))
	var size int64
	for i := range items {
		item := &items[i]
		if err := store.CheckID(item.ID); err != nil {
			return err
		}
		due := stampOf(item.Due)
		entries[i] = newEntry(state{at: max(stampOf(now), due), due: due, since: stampOf(now)}, item.ID, item.Data)
		size += cost(entries[i].id(), entries[i])
	}
	if len(items) == 0 {
		return nil
	}
	q.wentBack(stampOf(now))
	return q.change(ctx, size, func(t *queueTx) error { return t.addNew(entries) })
}

// Claim implements store.Queue.
func (q *Queue) Claim(ctx context.Context, now time.Time, n int, lease time.Duration) ([]store.Claim, error) {
	at := stampOf(now)
	first, err := q.first(ctx)
	back := q.wentBack(at)
	// To find that nothing is due takes no commit.
	if err != nil || n <= 0 || first > at && !back {
		return nil, err
	}
	var claims []store.Claim
	err = q.change(ctx, 0, func(t *queueTx) (err error) {
		if back {
			if err := t.rewind(at); err != nil {
				return err
			}
		}
		claims, err = t.claim(at, stampOf(now.Add(lease)), n)
		return err
	})
	if err != nil {
		return nil, err
	}
	if back {
		q.mu.Lock()
		q.latest = at
		q.mu.Unlock()
	}
	return claims, nil
}

// wentBack tells whether the clock has gone back since an earlier call, or since the last
// item was put in by an earlier process. It remembers the time if not.
func (q *Queue) wentBack(now stamp) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now < q.latest-clockTolerance {
		return true
	}
	q.latest = max(q.latest, now)
	return false
}

// first returns when the first item may be claimed.
func (q *Queue) first(ctx context.Context) (at stamp, err error) {
	if ctx.Err() != nil {
		return never, context.Cause(ctx)
	}
	at = never
	return at, q.store.view(func(tx *bbolt.Tx) error {
		t, err := q.view(tx)
		if err != nil {
			return err
		}
		if key, _ := t.due.Cursor().First(); key != nil {
			at, err = stampOfKey(key)
		}
		return errors.Join(err, q.recall(t))
	})
}

// recall remembers, at the first use, what the clock was when the last item was put in.
func (q *Queue) recall(t *queueTx) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.latest != 0 {
		return nil
	}
	_, last := t.items.Cursor().Last()
	if last == nil {
		return nil
	}
	if err := entry(last).check(); err != nil {
		return err
	}
	q.latest = entry(last).state().since
	return nil
}

// held is what a claim proves who holds what with.
type held struct{ id, receipt string }

func holdings(claims []store.Claim) []held {
	list := make([]held, len(claims))
	for i := range claims {
		list[i] = held{claims[i].ID, claims[i].Receipt}
	}
	return list
}

// Extend implements store.Queue.
func (q *Queue) Extend(ctx context.Context, now time.Time, lease time.Duration, claims ...store.Claim) error {
	list := holdings(claims)
	if len(list) == 0 {
		return nil
	}
	lost := false
	err := q.change(ctx, 0, func(t *queueTx) (err error) {
		lost, err = t.extend(stampOf(now), stampOf(now.Add(lease)), list)
		return err
	})
	if err == nil && lost {
		err = store.ErrLost
	}
	return err
}

// Done implements store.Queue.
func (q *Queue) Done(ctx context.Context, claims ...store.Claim) error {
	list := holdings(claims)
	if len(list) == 0 {
		return nil
	}
	return q.change(ctx, 0, func(t *queueTx) error {
		for _, h := range list {
			if err := t.done(h.id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Save implements store.Queue.
func (q *Queue) Save(ctx context.Context, now time.Time, c store.Claim, hold bool) (store.Claim, error) {
	due, h := stampOf(c.Due), held{c.ID, c.Receipt}
	s := state{at: due, due: due, since: stampOf(now)}
	if due == always {
		s.at = s.since
	}
	saved := newEntry(s, c.ID, c.Data)
	return c, q.change(ctx, 0, func(t *queueTx) error { return t.save(h, saved, hold) })
}

// Next implements store.Queue.
func (q *Queue) Next(ctx context.Context, until time.Time) error {
	q.mu.Lock()
	if q.changed == nil {
		q.changed = make(chan struct{})
	}
	changed := q.changed
	q.mu.Unlock()
	first, err := q.first(ctx)
	if err != nil {
		return err
	}
	if at := first.time(); first != never && at.Before(until) {
		until = at
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-changed:
	case <-timer.C:
	}
	return nil
}

// woken wakes those who wait for items.
func (q *Queue) woken() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.changed != nil {
		close(q.changed)
		q.changed = nil
	}
}

// Len implements store.Queue.
func (q *Queue) Len(ctx context.Context) (waiting, dead int, err error) {
	if ctx.Err() != nil {
		return 0, 0, context.Cause(ctx)
	}
	err = q.store.view(func(tx *bbolt.Tx) error {
		t, err := q.view(tx)
		if err != nil {
			return err
		}
		waiting, dead = int(t.items.Sequence()), int(t.dead.Sequence())
		return nil
	})
	return waiting, dead, err
}
