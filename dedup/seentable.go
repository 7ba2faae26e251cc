package dedup

import (
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"
)

const (
	// impliedShards is how many shards the key bits tell apart that are not stored.
	impliedShards = 256
	// shardMessages is how many messages a shard is meant for at most: growth
	// and sweeps, which stop a shard, take a tenth of a millisecond then.
	shardMessages = 4096
	// linesPer100 is how many lines 100 messages may take: 15.4 bytes each.
	linesPer100 = 24
	minLines    = 2
	// growPath is how many full lines in a row make a shard grow.
	growPath = 8
	// growth is the part by which it grows: 1/growth.
	growth = 7
	// sweepTicks is how many ticks the base of a table may be behind. With
	// the 65 ticks of retain, due ticks stay below 128.
	sweepTicks = 62
)

// shard is a part of the messages with a table that grows by itself.
type shard struct {
	table atomic.Pointer[table]
	mu    sync.Mutex // held to sweep or replace the table
}

// table is a hash table of lines. Their number is even.
type table struct {
	lines []line
	// base is the tick from which due ticks count. It is written with all
	// lines locked, and read with one of them locked.
	base int64
	// final is set when there are no lines left to grow by.
	final atomic.Bool
}

// lockAll locks all lines. The caller holds the mutex of the shard. Others
// never wait for a line while they have one, so lockAll gets them all.
func (t *table) lockAll() {
	for i := range t.lines {
		t.lines[i].lockSoon()
	}
}

func (t *table) unlockAll() {
	for i := range t.lines {
		l := &t.lines[i]
		l.unlock(l.head.Load() &^ locked)
	}
}

// present returns the present for table t, as far as it matters for what is due.
func (s *Seen) present(t *table) (m moment, at uint8) {
	ticks := s.latest.Load() - t.base
	if uint64(ticks) > maxDue {
		ticks = maxDue // all is due; also before the first sweep sets the base
	}
	return s.moment(uint8(ticks)), uint8(ticks)
}

// sweep drops what is due and moves the base of the table to the present.
func (s *Seen) sweep(sh *shard, t *table) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.table.Load() != t {
		return
	}
	t.lockAll()
	m, at := s.present(t)
	for i := range t.lines {
		t.lines[i].rebase(at, m)
	}
	t.base = s.latest.Load()
	for i := range t.lines {
		s.passAgain(t, i)
	}
	t.unlockAll()
}

// rebase takes at ticks off what is not yet due, and drops all else.
func (l *line) rebase(at uint8, m moment) {
	timed := (l.due&^highBits + m.add) & slotHighs
	claims := l.due & (timed | m.pinned) & slotHighs
	l.due = l.due&(timed>>7*0x7f) - timed>>7*uint64(at) | claims
}

// passAgain makes the lines that the messages of line i came by know of them.
func (s *Seen) passAgain(t *table, i int) {
	l := &t.lines[i]
	head := l.head.Load()
	for away := head >> awayShift & (1<<slots - 1); away != 0; away &= away - 1 {
		slot := bits.TrailingZeros64(away)
		if l.dueAt(slot) == 0 {
			continue
		}
		hash := s.hash(l.words[slot], uint8(head>>(slot*8)))
		path, _ := t.path(hash)
		for j := 0; path.line(j) != i; j++ {
			t.lines[path.line(j)].pass(hash)
		}
	}
}

// grow replaces the table by a larger one, unless somebody else did or there
// are too few lines left.
func (s *Seen) grow(sh *shard, t *table) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.table.Load() != t {
		return
	}
	for want := max(len(t.lines)/growth, minLines); ; want *= 2 {
		lines := s.moreLines(len(t.lines), want)
		if lines == nil {
			t.final.Store(true)
			return
		}
		t.lockAll()
		larger := &table{lines: lines, base: t.base}
		if s.copy(larger, t) {
			sh.table.Store(larger)
			for i := range t.lines {
				t.lines[i].unlock(moved)
			}
			return
		}
		t.unlockAll()
		s.spare.Add(int64(len(lines) - len(t.lines)))
	}
}

// moreLines returns n lines and about want more, or nil if few are left.
func (s *Seen) moreLines(n, want int) []line {
	more := s.reserve(want)
	if more < max(want/4, minLines) {
		s.spare.Add(int64(more))
		return nil
	}
	lines := slices.Grow([]line(nil), n+more)
	// What the allocator rounds up to is ours to use.
	more += s.reserve(cap(lines) - n - more)
	return lines[:n+more]
}

// reserve takes up to n of the spare lines, an even number.
func (s *Seen) reserve(n int) int {
	for {
		spare := s.spare.Load()
		got := min(int64(n), spare) &^ 1
		if s.spare.CompareAndSwap(spare, spare-got) {
			return int(got)
		}
	}
}

// copy puts what table from holds into the empty table to. It returns false if
// a message finds no place.
func (s *Seen) copy(to, from *table) bool {
	m, _ := s.present(from)
	for i := range from.lines {
		l := &from.lines[i]
		tags := l.head.Load()
		live := l.live(m)
		for slot := range slots {
			if live>>(slot*8)&claimBit == 0 {
				continue
			}
			p := packed{word: l.words[slot], tag: uint8(tags >> (slot * 8))}
			p.hash = s.hash(p.word, p.tag)
			if !to.insert(&p, l.dueAt(slot), m) {
				return false
			}
		}
	}
	return true
}

// insert puts p into a table that nobody else has yet.
func (t *table) insert(p *packed, due uint8, m moment) bool {
	path, length := t.path(p.hash)
	for j := range length {
		l := &t.lines[path.line(j)]
		slot := vacant(l.live(m))
		if slot < 0 {
			continue
		}
		head := l.put(slot, l.head.Load(), p, due)
		if j > 0 {
			head |= 1 << awayShift << slot
		}
		l.head.Store(head)
		for k := range j {
			t.lines[path.line(k)].pass(p.hash)
		}
		return true
	}
	return false
}

// count adds what the shard holds.
func (s *Seen) count(sh *shard, st *SeenStats) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	t := sh.table.Load()
	for i := range t.lines {
		l := &t.lines[i]
		head := l.lockSoon()
		m, _ := s.present(t)
		live := l.live(m)
		st.Messages += bits.OnesCount64(live)
		st.Claims += bits.OnesCount64(live & l.due)
		l.unlock(head)
	}
	st.Bytes += len(t.lines) * int(unsafe.Sizeof(line{}))
}
