package store

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"slices"
	"strconv"
	"sync"
	"time"
)

// memoryQueue keeps its items in a map, and the order of those that wait in a slice.
type memoryQueue struct {
	mu      sync.Mutex
	items   map[string]*memoryItem
	order   []*memoryItem // by when they may be claimed, and then as they came
	dead    []Item
	count   int           // of items and receipts
	changed chan struct{} // closed when an item may have become due
}

type memoryItem struct {
	Item
	came    int
	at      time.Time // when it may be claimed
	receipt string    // "" if it is not held
}

func newMemoryQueue() *memoryQueue {
	return &memoryQueue{items: make(map[string]*memoryItem), changed: make(chan struct{})}
}

// place puts an item where it belongs in the order.
func (q *memoryQueue) place(m *memoryItem) {
	i, _ := slices.BinarySearchFunc(q.order, m, func(a, b *memoryItem) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.came, b.came))
	})
	q.order = slices.Insert(q.order, i, m)
	close(q.changed)
	q.changed = make(chan struct{})
}

// move gives an item another time.
func (q *memoryQueue) move(m *memoryItem, at time.Time) {
	q.order = slices.DeleteFunc(q.order, func(other *memoryItem) bool { return other == m })
	m.at = at
	q.place(m)
}

func (q *memoryQueue) remove(m *memoryItem) {
	delete(q.items, m.ID)
	q.order = slices.DeleteFunc(q.order, func(other *memoryItem) bool { return other == m })
}

// held returns the item of a claim.
func (q *memoryQueue) held(c *Claim) (*memoryItem, error) {
	m := q.items[c.ID]
	if m == nil || m.receipt != c.Receipt {
		return nil, ErrLost
	}
	return m, nil
}

func (q *memoryQueue) add(now time.Time, item Item) {
	if q.items[item.ID] != nil {
		return
	}
	q.count++
	m := &memoryItem{Item: item, came: q.count, at: now}
	m.Data, m.Claims = bytes.Clone(item.Data), 0
	if item.Due.After(now) {
		m.at = item.Due
	}
	q.items[item.ID] = m
	q.place(m)
}

// Put implements Queue.
func (q *memoryQueue) Put(_ context.Context, now time.Time, items ...Item) error {
	for i := range items {
		if err := CheckID(items[i].ID); err != nil {
			return err
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, item := range items {
		q.add(now, item)
	}
	return nil
}

// Claim implements Queue.
func (q *memoryQueue) Claim(_ context.Context, now time.Time, n int, lease time.Duration) ([]Claim, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var claims []Claim
	for len(claims) < n && len(q.order) > 0 && !q.order[0].at.After(now) {
		m := q.order[0]
		q.count++
		m.receipt = strconv.Itoa(q.count)
		item := m.Item
		item.Data, item.Due = bytes.Clone(m.Data), m.at
		claims = append(claims, Claim{item, m.receipt})
		m.Claims++
		q.move(m, now.Add(lease))
	}
	return claims, nil
}

// Extend implements Queue.
func (q *memoryQueue) Extend(_ context.Context, now time.Time, lease time.Duration, claims ...Claim) (err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range claims {
		m, lost := q.held(&claims[i])
		if lost != nil {
			err = lost
			continue
		}
		q.move(m, now.Add(lease))
	}
	return err
}

// Done implements Queue.
func (q *memoryQueue) Done(_ context.Context, claims ...Claim) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range claims {
		if m := q.items[claims[i].ID]; m != nil {
			q.remove(m)
		}
	}
	return nil
}

// Save implements Queue.
func (q *memoryQueue) Save(_ context.Context, now time.Time, c Claim, hold bool) (Claim, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	m, err := q.held(&c)
	if err != nil {
		return c, err
	}
	m.Data, m.Due = bytes.Clone(c.Data), c.Due
	if !hold {
		m.receipt = ""
		at := c.Due
		if at.IsZero() {
			at = now
		}
		q.move(m, at)
	}
	return c, nil
}

// Bury implements Queue.
func (q *memoryQueue) Bury(_ context.Context, _ time.Time, c Claim) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	m, err := q.held(&c)
	if err != nil {
		return err
	}
	q.remove(m)
	_, _ = q.takeDead(c.ID)
	item := m.Item
	item.Data = bytes.Clone(c.Data)
	q.dead = append(q.dead, item)
	return nil
}

// Dead implements Queue.
func (q *memoryQueue) Dead(context.Context) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		q.mu.Lock()
		dead := slices.Clone(q.dead)
		q.mu.Unlock()
		for _, item := range dead {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// Revive implements Queue.
func (q *memoryQueue) Revive(_ context.Context, now time.Time, id string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.items[id] != nil {
		return ErrExists
	}
	item, err := q.takeDead(id)
	if err != nil {
		return err
	}
	item.Due = time.Time{}
	q.add(now, item)
	return nil
}

// Purge implements Queue.
func (q *memoryQueue) Purge(_ context.Context, id string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, err := q.takeDead(id)
	return err
}

func (q *memoryQueue) takeDead(id string) (Item, error) {
	i := slices.IndexFunc(q.dead, func(item Item) bool { return item.ID == id })
	if i < 0 {
		return Item{}, ErrNotFound
	}
	item := q.dead[i]
	q.dead = slices.Delete(q.dead, i, i+1)
	return item, nil
}

// Next implements Queue.
func (q *memoryQueue) Next(ctx context.Context, until time.Time) error {
	q.mu.Lock()
	changed, wait := q.changed, until
	if len(q.order) > 0 && q.order[0].at.Before(until) {
		wait = q.order[0].at
	}
	q.mu.Unlock()
	timer := time.NewTimer(time.Until(wait))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-changed:
	case <-timer.C:
	}
	return nil
}

// Len implements Queue.
func (q *memoryQueue) Len(context.Context) (waiting, dead int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items), len(q.dead), nil
}
