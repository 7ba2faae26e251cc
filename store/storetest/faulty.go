package storetest

import (
	"context"
	"iter"
	"time"

	"github.com/go-sigfox/sigfox/store"
)

// FaultyTable is a table that fails when a test wants it to. Safe for concurrent use if
// its functions are.
type FaultyTable struct {
	store.Table
	// Before is called before each call, with the name of the method. If it returns an
	// error, the call returns that and nothing else happens. Default: none.
	Before func(method, key string) error
	// After is called after each call that succeeded. If it returns an error, the call
	// returns that, although it was done. Default: none.
	After func(method, key string) error
}

func (t *FaultyTable) call(method, key string, do func() error) error {
	if t.Before != nil {
		if err := t.Before(method, key); err != nil {
			return err
		}
	}
	if err := do(); err != nil || t.After == nil {
		return err
	}
	return t.After(method, key)
}

// Get implements store.Table.
func (t *FaultyTable) Get(ctx context.Context, now time.Time, key string) (e store.Entry, err error) {
	err = t.call("Get", key, func() (err error) {
		e, err = t.Table.Get(ctx, now, key)
		return err
	})
	return e, err
}

// Create implements store.Table.
func (t *FaultyTable) Create(
	ctx context.Context, now time.Time, key string, value []byte, ttl time.Duration,
) (revision uint64, err error) {
	err = t.call("Create", key, func() (err error) {
		revision, err = t.Table.Create(ctx, now, key, value, ttl)
		return err
	})
	return revision, err
}

// Update implements store.Table.
func (t *FaultyTable) Update(
	ctx context.Context, now time.Time, key string, value []byte, revision uint64, ttl time.Duration,
) (next uint64, err error) {
	err = t.call("Update", key, func() (err error) {
		next, err = t.Table.Update(ctx, now, key, value, revision, ttl)
		return err
	})
	return next, err
}

// Delete implements store.Table.
func (t *FaultyTable) Delete(ctx context.Context, now time.Time, key string, revision uint64) error {
	return t.call("Delete", key, func() error { return t.Table.Delete(ctx, now, key, revision) })
}

// All implements store.Table.
func (t *FaultyTable) All(ctx context.Context, now time.Time) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		err := t.call("All", "", func() error { return nil })
		if err != nil {
			yield(store.Entry{}, err)
			return
		}
		t.Table.All(ctx, now)(yield)
	}
}
