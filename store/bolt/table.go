package bolt

import (
	"bytes"
	"context"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"github.com/go-sigfox/sigfox/store"
)

var _ store.Table = (*Table)(nil)

// Buckets of a table, of which the names end so.
const (
	valuesSuffix = "/values" // key to value; its sequence numbers revisions
	endsSuffix   = "/ends"   // end and key of those that end to nothing; its sequence counts all values

	valueHeader = sumSize + 8 + 8 // and revision and end
	valueChunk  = 256             // that are read in one transaction
	sweep       = 64              // values that are over and are removed in one transaction, at most
)

// Table is a store.Table in a file. It is safe for concurrent use.
type Table struct {
	store *Store
	names [2][]byte
}

func newTable(s *Store, name string) *Table {
	name = "table/" + name
	return &Table{s, [2][]byte{[]byte(name + valuesSuffix), []byte(name + endsSuffix)}}
}

func endOf(now time.Time, ttl time.Duration) stamp {
	if ttl <= 0 {
		return never
	}
	return stampOf(now.Add(ttl))
}

// Get implements store.Table.
func (t *Table) Get(ctx context.Context, now time.Time, key string) (e store.Entry, err error) {
	if ctx.Err() != nil {
		return e, context.Cause(ctx)
	}
	err = t.store.view(func(tx *bbolt.Tx) error {
		x, err := t.view(tx)
		if err != nil {
			return err
		}
		v, err := x.get(stampOf(now), key)
		if err != nil {
			return err
		}
		if v == nil {
			return store.ErrNotFound
		}
		e = entryOf(key, v)
		return nil
	})
	return e, err
}

func entryOf(key string, v value) store.Entry {
	return store.Entry{Key: key, Value: bytes.Clone(v[valueHeader:]), Revision: v.revision()}
}

// change makes a change to the table.
func (t *Table) change(ctx context.Context, now stamp, adds int64, apply func(*tableTx) error) error {
	return t.store.do(ctx, &change{adds: adds, apply: func(b *batch) error {
		x, err := t.view(b.tx)
		if err != nil {
			return err
		}
		x.batch = b
		if err := t.sweep(&x, now); err != nil {
			return err
		}
		return apply(&x)
	}})
}

// Create implements store.Table.
func (t *Table) Create(
	ctx context.Context, now time.Time, key string, data []byte, ttl time.Duration,
) (uint64, error) {
	if err := store.CheckKey(key); err != nil {
		return 0, err
	}
	v := newValue(data, endOf(now, ttl))
	size := cost([]byte(key), v)
	var revision uint64 // no result: it may be set after a caller that gave up has returned
	err := t.change(ctx, stampOf(now), size, func(x *tableTx) error {
		old, err := x.get(stampOf(now), key)
		if err != nil {
			return err
		}
		if old != nil {
			return store.ErrExists
		}
		if err := x.admit(1, size); err != nil {
			return err
		}
		if err := x.drop(key); err != nil { // its time is over
			return err
		}
		revision, err = x.set(key, v)
		return err
	})
	if err != nil {
		return 0, err
	}
	return revision, nil
}

// Update implements store.Table.
func (t *Table) Update(
	ctx context.Context, now time.Time, key string, data []byte, revision uint64, ttl time.Duration,
) (uint64, error) {
	v := newValue(data, endOf(now, ttl))
	var next uint64 // no result, as in Create
	err := t.change(ctx, stampOf(now), 0, func(x *tableTx) error {
		old, err := x.get(stampOf(now), key)
		if err != nil {
			return err
		}
		if old == nil || old.revision() != revision {
			return store.ErrConflict
		}
		if err := x.drop(key); err != nil {
			return err
		}
		next, err = x.set(key, v)
		return err
	})
	if err != nil {
		return 0, err
	}
	return next, nil
}

// Delete implements store.Table.
func (t *Table) Delete(ctx context.Context, now time.Time, key string, revision uint64) error {
	return t.change(ctx, stampOf(now), 0, func(x *tableTx) error {
		old, err := x.get(stampOf(now), key)
		if err != nil {
			return err
		}
		if old != nil && revision != 0 && old.revision() != revision {
			return store.ErrConflict
		}
		return x.drop(key)
	})
}

// All implements store.Table. It reads in chunks.
func (t *Table) All(ctx context.Context, now time.Time) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for next := []byte{}; next != nil; {
			var chunk []store.Entry
			err := context.Cause(ctx)
			if err == nil {
				err = t.store.view(func(tx *bbolt.Tx) (err error) {
					chunk, next, err = t.from(tx, stampOf(now), next)
					return err
				})
			}
			if err != nil {
				yield(store.Entry{}, err)
				return
			}
			for _, e := range chunk {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// from returns some values, and where those after them begin, nil if there are none.
func (t *Table) from(tx *bbolt.Tx, now stamp, from []byte) (chunk []store.Entry, next []byte, err error) {
	x, err := t.view(tx)
	if err != nil {
		return nil, nil, err
	}
	seen := 0
	c := x.values.Cursor()
	for key, v := c.Seek(from); key != nil; key, v = c.Next() {
		if seen++; seen > valueChunk {
			return chunk, bytes.Clone(key), nil
		}
		v := value(v)
		if err := v.check(); err != nil {
			return nil, nil, err
		}
		if v.end() > now {
			chunk = append(chunk, entryOf(string(key), v))
		}
	}
	return chunk, nil, nil
}
