package dedup

import "runtime"

// maxPath is how many buckets may hold a message. Its home, which follows its
// time, is the first. The others lie anywhere, so that many messages of one time
// fill all of the table: they start at a random distance from home and are a
// random stride apart, which is longer than the stretch that is home to one
// time. With 7 of 10 slots in use, about one message in fourteen
// is away from home.
const maxPath = 8

// path gives the buckets that may hold a message, in order, all different.
type path struct {
	home, distance, stride, buckets int
}

// home returns the first bucket of the path for hash.
func (t *table) home(hash uint64) int { return int(hash >> 32 * uint64(len(t.buckets)) >> 32) }

// path returns the path for hash, and its length.
func (t *table) path(hash uint64) (path, int) {
	n := len(t.buckets)
	length := min(n, maxPath)
	others := n - 1
	longest := others / max(length-1, 1) // stays short of a whole round
	r := hash * 0x9e37_79b9_7f4a_7c15
	return path{
		home:     t.home(hash),
		distance: int(r >> 32 * uint64(others) >> 32),
		stride:   longest - int(r>>24&0xff)*(longest/2)>>8,
		buckets:  n,
	}, length
}

// bucket returns the index of bucket j of the path.
func (p path) bucket(j int) int {
	if j == 0 {
		return p.home
	}
	distance := p.distance + (j-1)*p.stride
	if distance >= p.buckets-1 {
		distance -= p.buckets - 1
	}
	i := p.home + 1 + distance
	if i >= p.buckets {
		i -= p.buckets
	}
	return i
}

// A walk is a path whose first n buckets are locked.
type walk struct {
	path
	table   *table
	n       int
	buckets [maxPath]*bucket
	heads   [maxPath]uint64
}

// next locks the next bucket. It does not wait, for the owner of that bucket may
// be waiting for one of ours.
func (w *walk) next() bool {
	b := &w.table.buckets[w.bucket(w.n)]
	head, ok := b.tryLock()
	if ok {
		w.buckets[w.n], w.heads[w.n] = b, head
		w.n++
	}
	return ok
}

func (w *walk) unlock() {
	for i, b := range w.buckets[:w.n] {
		b.head.Store(w.heads[i])
	}
}

// applyFar does o when the home bucket, which is locked, is not enough. It
// returns false, with all buckets unlocked, if it must be tried again.
func (s *Seen) applyFar(o op, head uint64, p packed, m moment, sh *shard, t *table) (State, bool) {
	path, length := t.path(p.hash)
	w := walk{path: path, table: t, n: 1}
	w.buckets[0], w.heads[0] = &t.buckets[path.home], head

	free, slot := -1, -1 // where there is room
	for j := 0; ; j++ {
		b := w.buckets[j]
		live := b.live(m)
		if i := b.find(p, live); i >= 0 {
			st := b.applyTo(i, o, m)
			w.unlock()
			return st, true
		}
		if vacant := allSlots &^ live; vacant != 0 && free < 0 {
			free, slot = j, vacant.first()
		}
		if w.heads[j]&filterBit(p.hash) == 0 && (free >= 0 || o == opAbort) {
			break
		}
		if w.n == min(growPath, length) && free < 0 && o != opAbort && !t.final.Load() {
			w.unlock()
			s.grow(sh, t)
			return 0, false
		}
		if w.n == length {
			break
		}
		if !w.next() {
			w.unlock()
			runtime.Gosched()
			return 0, false
		}
	}
	if o != opAbort {
		if free < 0 {
			free, slot = s.evict(&w, o)
		}
		if free >= 0 {
			w.put(free, slot, p, o.due(m))
		}
	}
	w.unlock()
	return New, true
}

// put stores p in a slot of bucket j, and tells those that it came by.
func (w *walk) put(j, slot int, p packed, due uint8) {
	w.buckets[j].put(slot, p, due)
	w.heads[j] &^= 1 << slot
	if j > 0 {
		w.heads[j] |= 1 << slot
	}
	for k := range j {
		w.heads[k] |= filterBit(p.hash)
	}
}

// evict returns the place of the message that is due first, or -1 if there are
// only claims.
func (s *Seen) evict(w *walk, o op) (j, slot int) {
	j, oldest := -1, uint8(claimBit)
	for k, b := range w.buckets[:w.n] {
		for i, due := range b.dues {
			if due < oldest {
				j, slot, oldest = k, i, due
			}
		}
	}
	if j < 0 {
		s.countRefused(o)
	} else {
		s.evicted.Add(1)
	}
	return j, slot
}

// countRefused counts a message that found no room but for claims.
func (s *Seen) countRefused(o op) {
	if o == opBegin {
		s.unguarded.Add(1)
	} else {
		s.evicted.Add(1) // it was handled, and is forgotten at once
	}
}
