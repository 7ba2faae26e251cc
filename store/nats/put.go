package nats

import (
	"context"
	"errors"
	"fmt"
	"time"

	client "github.com/nats-io/nats.go"

	"github.com/go-sigfox/sigfox/store"
)

// addition is an item that is to be put.
type addition struct {
	id      string
	message *client.Msg
	record  record
	last    uint64 // the sequence of what was done before with its ID
}

// Put implements store.Queue, for at most 1000 items at once.
func (q *Queue) Put(ctx context.Context, now time.Time, items ...store.Item) error {
	if len(items) > maxBatch {
		return fmt.Errorf("store/nats: put: %d items at once, more than %d", len(items), maxBatch)
	}
	list := make([]addition, 0, len(items))
	seen := make(map[string]bool, len(items))
	for i := range items {
		if err := store.CheckID(items[i].ID); err != nil {
			return err
		}
		if seen[items[i].ID] {
			continue
		}
		seen[items[i].ID] = true
		r := record{}
		if items[i].Due.After(now) {
			r.due = items[i].Due
		}
		list = append(list, addition{items[i].ID, q.item(itemKey(items[i].ID), &r, items[i].Data), r, 0})
	}
	if err := q.free(ctx, len(list)); err != nil {
		return err
	}
	try := q.store.insist
	if len(list) > 1 { // which can take its time
		try = q.store.attempt
	}
	return try(ctx, "put", func(ctx context.Context) error { return q.add(ctx, now, list) })
}

// free returns store.ErrFull if there is no room for n items more.
func (q *Queue) free(ctx context.Context, n int) error {
	if limit := q.store.options.MaxItems; limit > 0 {
		waiting, dead, err := q.Len(ctx)
		if err != nil {
			return err
		}
		if waiting+dead+n > limit {
			return fmt.Errorf("store/nats: put: %w: %d items, and %d more, of %d", store.ErrFull, waiting+dead, n, limit)
		}
	}
	return q.room(ctx)
}

// add writes the items that are not there, and tries again without those that turn out
// to be.
func (q *Queue) add(ctx context.Context, now time.Time, list []addition) error {
	for len(list) > 0 {
		last, err := q.write(ctx, list)
		if err == nil {
			for i := range list {
				sequence := last - uint64(len(list)-1-i)
				q.index.learn(list[i].id, sequence, &list[i].record, later(now, list[i].record.due))
			}
			return nil
		}
		if !errors.Is(err, errMoved) {
			return err
		}
		if list, err = q.missing(ctx, list); err != nil {
			return err
		}
	}
	return nil
}

// write returns the sequence of the last one.
func (q *Queue) write(ctx context.Context, list []addition) (uint64, error) {
	if len(list) == 1 {
		return q.set(ctx, list[0].message, list[0].last)
	}
	messages := make([]*client.Msg, len(list))
	for i := range list {
		messages[i] = list[i].message
		expect(messages[i], list[i].last)
	}
	return q.batch(ctx, messages)
}

// missing returns which of the items are to be put: those that are there, as the leader
// says, stay as they are.
func (q *Queue) missing(ctx context.Context, list []addition) ([]addition, error) {
	errs := make([]error, len(list))
	each(len(list), func(i int) { list[i].last, errs[i] = q.vacant(ctx, list[i].id) })
	var rest []addition
	for i, err := range errs {
		if err == nil {
			rest = append(rest, list[i])
		} else if !errors.Is(err, store.ErrExists) {
			return nil, err
		}
	}
	if len(rest) == len(list) { // somebody may be writing one, which nobody can read yet
		return rest, wait(ctx, time.Millisecond)
	}
	return rest, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
