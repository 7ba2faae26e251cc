package outbox_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback/outbox"
	"github.com/go-sigfox/sigfox/store"
)

// away is a store that can be cut off.
type away struct {
	store.Store
	cut atomic.Bool
}

func (a *away) err() error {
	if a.cut.Load() {
		return fmt.Errorf("%w: no leader", store.ErrUnavailable)
	}
	return nil
}

// Queue implements store.Store.
func (a *away) Queue(ctx context.Context, name string) (store.Queue, error) {
	q, err := a.Store.Queue(ctx, name)
	return &awayQueue{q, a}, err
}

type awayQueue struct {
	store.Queue
	a *away
}

func (q *awayQueue) Put(ctx context.Context, now time.Time, items ...store.Item) error {
	if err := q.a.err(); err != nil {
		return err
	}
	return q.Queue.Put(ctx, now, items...)
}

func (q *awayQueue) Claim(ctx context.Context, now time.Time, n int, lease time.Duration) ([]store.Claim, error) {
	if err := q.a.err(); err != nil {
		return nil, err
	}
	return q.Queue.Claim(ctx, now, n, lease)
}

func (q *awayQueue) Extend(ctx context.Context, now time.Time, lease time.Duration, c ...store.Claim) error {
	if err := q.a.err(); err != nil {
		return err
	}
	return q.Queue.Extend(ctx, now, lease, c...)
}

func (q *awayQueue) Done(ctx context.Context, c ...store.Claim) error {
	if err := q.a.err(); err != nil {
		return err
	}
	return q.Queue.Done(ctx, c...)
}

func (q *awayQueue) Save(ctx context.Context, now time.Time, c store.Claim, hold bool) (store.Claim, error) {
	if err := q.a.err(); err != nil {
		return c, err
	}
	return q.Queue.Save(ctx, now, c, hold)
}

func (q *awayQueue) Next(ctx context.Context, until time.Time) error {
	if err := q.a.err(); err != nil {
		return err
	}
	return q.Queue.Next(ctx, until)
}

func TestOutbox_storeAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now()}
		to := target(t, "a.example")
		s := &away{Store: store.NewMemory()}
		r := newReplica(t, s, c, outbox.Options{Lease: 30 * time.Second}, to)
		r.enqueue(t, to, 1)
		var first sync.Once
		c.answer = func(string) (int, error) { // the answer comes, but cannot be noted
			first.Do(func() { s.cut.Store(true) })
			return 200, nil
		}
		time.AfterFunc(10500*time.Millisecond, func() { s.cut.Store(false) })
		r.run(t, 2*time.Minute)
		require.Equal(t, []string{"a.example at 0s", "a.example at 30s"}, c.seen(), "at least once")
		r.requireLen(t, 0, 0)
		require.NotEmpty(t, r.errs)
		for _, err := range r.errs {
			require.ErrorIs(t, err, store.ErrUnavailable)
		}
	})
}
