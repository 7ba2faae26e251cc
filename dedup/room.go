package dedup

import "sync"

// room is where tables get chunks for messages. They share it, so that it does
// not matter how messages spread over tables.
type room struct {
	mu     sync.Mutex
	free   []*chunk
	left   int // how many chunks may still be allocated
	tables []messageTable
}

// slabSize is how many chunks are allocated together: 320 KiB, so that a garbage
// collection has few objects to sweep.
const slabSize = 64

// take returns a chunk, nil if all are in use.
func (r *room) take() *chunk {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.free) == 0 {
		slab := make([]chunk, min(slabSize, r.left))
		r.left -= len(slab)
		for i := range slab {
			r.free = append(r.free, &slab[i])
		}
	}
	last := len(r.free) - 1
	if last < 0 {
		return nil
	}
	c := r.free[last]
	r.free = r.free[:last]
	return c
}

func (r *room) give(c *chunk) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free = append(r.free, c)
}

// reclaim makes a table forget messages before their time, until it has given a
// chunk back: the table with the oldest remembered message, or the table t,
// whose lock is held, if that one is busy.
func (r *room) reclaim(t *messageTable) {
	victim := t
	for i := range r.tables {
		if c := &r.tables[i]; c.alarms.remembered.Load() < victim.alarms.remembered.Load() {
			victim = c
		}
	}
	if victim != t && victim.mu.TryLock() {
		defer victim.mu.Unlock()
	} else {
		victim = t
	}
	for n := victim.oldest % chunkSize; n < chunkSize && victim.oldest < victim.closed; n++ {
		victim.evict()
		victim.stats.Forgotten++
	}
	victim.setAlarms()
}

// makeRoom makes sure that the next message has a place.
func (t *messageTable) makeRoom() bool {
	if t.next-t.oldest == t.limits.messages && !t.forgetOne() {
		return false
	}
	if t.next%chunkSize != 0 {
		return true
	}
	c := t.limits.room.take()
	if c == nil {
		t.limits.room.reclaim(t)
		c = t.limits.room.take()
	}
	if c == nil {
		return false
	}
	t.attach(c)
	return true
}

// forgetOne forgets the oldest message before its time, if it is closed.
func (t *messageTable) forgetOne() bool {
	if t.oldest == t.closed {
		return false
	}
	t.evict()
	t.stats.Forgotten++
	t.setAlarms()
	return true
}

// attach adds a chunk for the messages from next on.
func (t *messageTable) attach(c *chunk) {
	first, block := t.oldest/chunkSize, t.next/chunkSize
	if old := t.chunks; block-first == uint64(len(old)) {
		t.chunks = make([]tableChunk, max(4, 2*len(old)))
		for b := first; b < block; b++ {
			*t.chunk(uint32(b * chunkSize)) = old[b&uint64(len(old)-1)]
		}
	}
	t.chunk(uint32(t.next)).chunk = c
}

// evict forgets the oldest message, which must be closed.
func (t *messageTable) evict() {
	c := t.chunk(uint32(t.oldest)).chunk
	t.oldest++
	if t.oldest == t.next {
		// Nothing is left: begin the next message in a new chunk.
		t.oldest = (t.oldest + chunkSize - 1) / chunkSize * chunkSize
		t.skipped += t.oldest - t.next
		t.closed, t.next = t.oldest, t.oldest
		t.index.clear(t.oldest)
	}
	if t.oldest%chunkSize == 0 {
		t.limits.room.give(c)
	}
}

// maxForget bounds how long a table is locked to forget messages.
const maxForget = 1 << 10

// forget evicts the messages that were remembered long enough.
func (t *messageTable) forget() {
	for n := 0; n < maxForget && t.oldest < t.closed && t.age(t.oldest) >= t.limits.retain; n++ {
		t.evict()
	}
}
