package store

import (
	"context"
	"sync"
)

// Memory is a Store in memory. It has no limits and is never unavailable.
type Memory struct {
	mu     sync.Mutex
	queues map[string]*memoryQueue
	tables map[string]*memoryTable
}

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{queues: make(map[string]*memoryQueue), tables: make(map[string]*memoryTable)}
}

// Queue implements Store.
func (m *Memory) Queue(_ context.Context, name string) (Queue, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.queues[name]
	if q == nil {
		q = newMemoryQueue()
		m.queues[name] = q
	}
	return q, nil
}

// Table implements Store.
func (m *Memory) Table(_ context.Context, name string) (Table, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.tables[name]
	if t == nil {
		t = &memoryTable{values: make(map[string]memoryValue)}
		m.tables[name] = t
	}
	return t, nil
}

// Durability implements Store.
func (*Memory) Durability() Durability { return Volatile }
