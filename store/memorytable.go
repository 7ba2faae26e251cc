package store

import (
	"bytes"
	"context"
	"iter"
	"sync"
	"time"
)

type memoryTable struct {
	mu       sync.Mutex
	revision uint64
	values   map[string]memoryValue
	sweepAt  int // how many values there are when those whose time is over are next removed
}

// minSweep is the least sweepAt: below, what is left over does not matter.
const minSweep = 1024

type memoryValue struct {
	data     []byte
	revision uint64
	end      time.Time // zero: never
}

// get returns the value if its time is not over, which is removed otherwise.
func (t *memoryTable) get(now time.Time, key string) (v memoryValue, ok bool) {
	v, ok = t.values[key]
	if ok && !v.end.IsZero() && !now.Before(v.end) {
		delete(t.values, key)
		return memoryValue{}, false
	}
	return v, ok
}

func (t *memoryTable) set(now time.Time, key string, data []byte, ttl time.Duration) uint64 {
	t.revision++
	v := memoryValue{data: bytes.Clone(data), revision: t.revision}
	if ttl > 0 {
		v.end = now.Add(ttl)
	}
	t.values[key] = v
	t.sweep(now)
	return t.revision
}

// sweep removes values whose time is over whenever their number has doubled.
func (t *memoryTable) sweep(now time.Time) {
	if len(t.values) < max(t.sweepAt, minSweep) {
		return
	}
	for key := range t.values {
		t.get(now, key)
	}
	t.sweepAt = 2 * len(t.values)
}

// Get implements Table.
func (t *memoryTable) Get(_ context.Context, now time.Time, key string) (Entry, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok := t.get(now, key)
	if !ok {
		return Entry{}, ErrNotFound
	}
	return Entry{key, bytes.Clone(v.data), v.revision}, nil
}

// Create implements Table.
func (t *memoryTable) Create(_ context.Context, now time.Time, key string, value []byte, ttl time.Duration) (uint64, error) {
	if err := CheckKey(key); err != nil {
		return 0, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.get(now, key); ok {
		return 0, ErrExists
	}
	return t.set(now, key, value, ttl), nil
}

// Update implements Table.
func (t *memoryTable) Update(
	_ context.Context, now time.Time, key string, value []byte, revision uint64, ttl time.Duration,
) (uint64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if v, ok := t.get(now, key); !ok || v.revision != revision {
		return 0, ErrConflict
	}
	return t.set(now, key, value, ttl), nil
}

// Delete implements Table.
func (t *memoryTable) Delete(_ context.Context, now time.Time, key string, revision uint64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok := t.get(now, key)
	if ok && revision != 0 && v.revision != revision {
		return ErrConflict
	}
	delete(t.values, key)
	return nil
}

// All implements Table.
func (t *memoryTable) All(_ context.Context, now time.Time) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		var all []Entry
		t.mu.Lock()
		for key := range t.values {
			if v, ok := t.get(now, key); ok {
				all = append(all, Entry{key, bytes.Clone(v.data), v.revision})
			}
		}
		t.mu.Unlock()
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}
