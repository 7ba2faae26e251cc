package nats

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/go-sigfox/sigfox/store"
)

// Queue is a store.Queue. Claiming from it, waiting for it and counting it have the
// process follow its stream, until the store is closed.
type Queue struct {
	*bucket
	index  *index
	follow sync.Once

	mu     sync.Mutex
	crowd  int // how many items were lost to others of late
	origin string
	claims uint64
}

func newQueue(b *bucket) *Queue {
	return &Queue{bucket: b, index: newIndex(), origin: nuid.Next()}
}

// listen keeps the index up to date until the store is closed.
func (q *Queue) listen() {
	for q.store.ctx.Err() == nil {
		err := q.hear()
		if q.store.ctx.Err() != nil {
			return
		}
		q.index.broken(failure("follow", err))
		_ = wait(q.store.ctx, pause) // which says itself that it is over
	}
}

// hear takes in all messages, until something fails.
func (q *Queue) hear() error {
	q.index.begin()
	complete := false
	for m, err := range q.bucket.follow(q.store.ctx, true) {
		if err != nil {
			return err
		}
		q.take(&m)
		if m.current && !complete {
			complete = true
			q.index.complete()
		}
	}
	return nil
}

func (q *Queue) take(m *heard) {
	if m.key == "" {
		return
	}
	q.index.mu.Lock()
	q.index.heard = m.sequence
	q.index.mu.Unlock()
	r, err := readRecord(m.sequence, m.header)
	part, token, _ := strings.Cut(m.key, ".")
	id := unescape(token)
	if part += "."; err != nil || part != livePart && part != deadPart || store.CheckID(id) != nil {
		q.store.options.Logger.Warn("store/nats: message that is no item", "subject", q.prefix+m.key, "sequence", m.sequence)
		return
	}
	if part == deadPart {
		q.index.learnDead(id, m.sequence, r.state)
	} else {
		q.index.learn(id, m.sequence, &r, available(&r, m.time, time.Now()))
	}
}

// available returns when an item can be claimed. Leases begin anew for who hears of them,
// and not by the clock of who took them: later than they did, and never earlier.
func available(r *record, written, now time.Time) time.Time {
	switch {
	case r.state == held:
		return now.Add(r.lease)
	case r.due.After(written):
		return r.due
	case !r.due.IsZero(): // its place among those that became due then
		written = r.due
	}
	if written.After(now) {
		return now
	}
	return written
}

// known waits until all of the queue has been heard of.
func (q *Queue) known(ctx context.Context) error {
	q.follow.Do(func() { q.store.group.Go(q.listen) })
	ctx, cancel := context.WithTimeout(ctx, q.store.options.Timeout)
	defer cancel()
	if err := q.store.connected(ctx); err != nil {
		return failure("follow", err)
	}
	for {
		q.index.mu.Lock()
		loaded, err, changed := q.index.loaded, q.index.err, q.index.changed
		q.index.mu.Unlock()
		if loaded {
			return err
		}
		select {
		case <-ctx.Done():
			return failure("follow", errors.Join(context.Cause(ctx), err))
		case <-changed:
		}
	}
}

// Next implements store.Queue.
func (q *Queue) Next(ctx context.Context, until time.Time) error {
	q.follow.Do(func() { q.store.group.Go(q.listen) })
	x := q.index
	x.mu.Lock()
	changed, next := x.changed, until
	if len(x.order) > 0 && x.order[0].at.Before(until) {
		next = x.order[0].at
	}
	x.mu.Unlock()
	timer := time.NewTimer(time.Until(next))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-q.store.ctx.Done():
		return fmt.Errorf("store/nats: next: %w: closed", store.ErrUnavailable)
	case <-changed:
	case <-timer.C:
	}
	return nil
}

// Len implements store.Queue.
func (q *Queue) Len(ctx context.Context) (waiting, dead int, err error) {
	if err := q.known(ctx); err != nil {
		return 0, 0, err
	}
	q.index.mu.Lock()
	defer q.index.mu.Unlock()
	return len(q.index.order), len(q.index.dead), nil
}

// load reads an item from the servers. The error is store.ErrNotFound if it is done.
func (q *Queue) load(ctx context.Context, key string) (m *jetstream.RawStreamMsg, r record, err error) {
	if m, err = q.last(ctx, key); err != nil {
		return nil, r, err
	}
	if r, err = readRecord(m.Sequence, m.Header); err != nil {
		return nil, r, err
	}
	if r.state == done {
		return m, r, store.ErrNotFound
	}
	return m, r, nil
}

// item returns the message of an item.
func (q *Queue) item(key string, r *record, data []byte) *client.Msg {
	m := q.message(key)
	r.write(m.Header)
	m.Data = data
	return m
}

// each does f for 0 to n-1, several at once.
func each(n int, f func(i int)) {
	const atOnce = 64
	if n == 1 {
		f(0)
		return
	}
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range n {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	group.Wait()
}
