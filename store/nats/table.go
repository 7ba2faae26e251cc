package nats

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/go-sigfox/sigfox/store"
)

// The header by which JetStream's key-value buckets mark what was removed.
const (
	operationHeader = "KV-Operation"
	operationDelete = "DEL"
)

// Table is a store.Table in a key-value bucket. Times to live are the servers': whole
// seconds, rounded up.
type Table struct{ *bucket }

// gone reports whether a message only says that its key has no value.
func gone(h client.Header) bool {
	return h.Get(operationHeader) != "" || h.Get(jetstream.MarkerReasonHeader) != ""
}

// value returns the message with the value of a key.
func (t *Table) value(ctx context.Context, key string) (*jetstream.RawStreamMsg, error) {
	m, err := t.last(ctx, key)
	if err == nil && gone(m.Header) {
		return m, store.ErrNotFound
	}
	return m, err
}

// Get implements store.Table.
func (t *Table) Get(ctx context.Context, _ time.Time, key string) (e store.Entry, err error) {
	if err := store.CheckKey(key); err != nil {
		return e, err
	}
	var m *jetstream.RawStreamMsg
	err = t.store.insist(ctx, "get", func(ctx context.Context) (err error) {
		m, err = t.value(ctx, key)
		return err
	})
	if err != nil {
		return e, err
	}
	return store.Entry{Key: key, Value: m.Data, Revision: m.Sequence}, nil
}

// Create implements store.Table.
func (t *Table) Create(ctx context.Context, _ time.Time, key string, value []byte, ttl time.Duration) (revision uint64, err error) {
	if err := store.CheckKey(key); err != nil {
		return 0, err
	}
	if err := t.room(ctx); err != nil {
		return 0, err
	}
	m := t.message(key)
	m.Data = value
	expire(m, ttl)
	var last uint64
	err = t.store.attempt(ctx, "create", func(ctx context.Context) (err error) {
		for {
			if revision, err = t.set(ctx, m, last); !errors.Is(err, errMoved) {
				return err
			}
			if last, err = t.vacant(ctx, key); err != nil {
				return err
			}
		}
	})
	return revision, err
}

// vacant returns the sequence at which a key without value can be created, or
// store.ErrExists.
func (t *Table) vacant(ctx context.Context, key string) (uint64, error) {
	switch m, err := t.value(ctx, key); {
	case err == nil:
		return 0, store.ErrExists
	case !errors.Is(err, store.ErrNotFound):
		return 0, err
	case m != nil:
		return m.Sequence, nil
	default: // or somebody is writing it, and nobody can read it yet
		return 0, wait(ctx, time.Millisecond)
	}
}

// Update implements store.Table.
func (t *Table) Update(
	ctx context.Context, _ time.Time, key string, value []byte, revision uint64, ttl time.Duration,
) (next uint64, err error) {
	if err := store.CheckKey(key); err != nil {
		return 0, err
	}
	if revision == 0 {
		return 0, fmt.Errorf("store/nats: update: %w: revision 0", store.ErrConflict)
	}
	m := t.message(key)
	m.Data = value
	expire(m, ttl)
	err = t.store.attempt(ctx, "update", func(ctx context.Context) (err error) {
		if next, err = t.set(ctx, m, revision); errors.Is(err, errMoved) {
			return store.ErrConflict
		}
		return err
	})
	return next, err
}

// Delete implements store.Table.
func (t *Table) Delete(ctx context.Context, _ time.Time, key string, revision uint64) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	m := t.message(key)
	m.Header.Set(operationHeader, operationDelete)
	expire(m, linger)
	err := t.store.insist(ctx, "delete", func(ctx context.Context) error {
		for {
			v, err := t.value(ctx, key)
			if err != nil {
				return err
			}
			if revision != 0 && v.Sequence != revision {
				return store.ErrConflict
			}
			if _, err = t.set(ctx, m, v.Sequence); !errors.Is(err, errMoved) {
				return err
			}
			if err := wait(ctx, time.Millisecond); err != nil {
				return err
			}
		}
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// All implements store.Table. A value that changes meanwhile may be yielded twice: as it
// was, and then as it is.
func (t *Table) All(ctx context.Context, _ time.Time) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for m, err := range t.follow(ctx, false) {
			if err != nil {
				yield(store.Entry{}, failure("all", err))
				return
			}
			if m.key != "" && !gone(m.header) && !yield(store.Entry{Key: m.key, Value: m.data, Revision: m.sequence}, nil) {
				return
			}
			if m.current {
				return
			}
		}
	}
}
