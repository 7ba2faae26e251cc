package dedup

import "runtime"

// maxPath is how many lines may hold a message. Its home is the first; the
// second is the other half of the same 128 bytes, which memory tends to bring
// along; then follow pairs of lines a stride apart, which depends on the
// message, so that full lines do not cluster. At 2 of 3 slots in use about one
// message in seven is away from home, nearly all of them next door.
const maxPath = 12

// path gives the lines that may hold a message, in order.
type path struct {
	first, stride, pairs int
}

// home returns the first line of the path for hash.
func (t *table) home(hash uint64) int { return int(hash >> 32 * uint64(len(t.lines)) >> 32) }

// path returns the path for hash, and its length.
func (t *table) path(hash uint64) (path, int) {
	pairs := len(t.lines) / 2
	steps := min(pairs, maxPath/2)
	// The last step stays short of a whole round: no line comes twice.
	stride := 1 + int(hash>>24&0xff)*(pairs/steps)>>8
	return path{first: t.home(hash), stride: stride, pairs: pairs}, 2 * steps
}

// line returns the index of line j of the path.
func (p path) line(j int) int {
	pair := p.first>>1 + j>>1*p.stride
	if pair >= p.pairs {
		pair -= p.pairs
	}
	return pair<<1 | (p.first^j)&1
}

// A walk is a path whose first n lines are locked.
type walk struct {
	path
	table *table
	n     int
	lines [maxPath]*line
	heads [maxPath]uint64
}

// next locks the next line. It does not wait, for the owner of that line may be
// waiting for one of ours.
func (w *walk) next() bool {
	l := &w.table.lines[w.line(w.n)]
	head, ok := l.tryLock()
	if ok {
		w.lines[w.n], w.heads[w.n] = l, head
		w.n++
	}
	return ok
}

func (w *walk) unlock() {
	for i, l := range w.lines[:w.n] {
		l.unlock(w.heads[i])
	}
}

// applyFar does o when the home line, which is locked, is not enough. It
// returns false, with all lines unlocked, if it must be tried again.
func (s *Seen) applyFar(o op, p *packed, m moment, sh *shard, t *table, head uint64) (State, bool) {
	path, length := t.path(p.hash)
	w := walk{path: path, table: t, n: 1}
	w.lines[0], w.heads[0] = &t.lines[path.first], head

	free, slot := -1, -1 // where there is room
	for j := 0; ; j++ {
		l := w.lines[j]
		live := l.live(m)
		if i := l.find(w.heads[j], p, live); i >= 0 {
			st := l.applyTo(i, o, m)
			w.unlock()
			return st, true
		}
		if free < 0 {
			if slot = vacant(live); slot >= 0 {
				free = j
			}
		}
		if !l.passed(p.hash) && (free >= 0 || o == opAbort) {
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
			w.heads[free] = w.lines[free].put(slot, w.heads[free], p, o.due(m))
			if free > 0 {
				w.heads[free] |= 1 << awayShift << slot
			}
			for _, l := range w.lines[:free] {
				l.pass(p.hash)
			}
		}
	}
	w.unlock()
	return New, true
}

// evict returns the place of the message that is due first, or -1 if there are
// only claims.
func (s *Seen) evict(w *walk, o op) (j, slot int) {
	j, oldest := -1, uint8(claimBit)
	for k, l := range w.lines[:w.n] {
		for i := range slots {
			if due := l.dueAt(i); due < oldest {
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
