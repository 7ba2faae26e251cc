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
	// bucketsPer1000 is how many buckets 1,000 messages may take: 15.9 bytes each.
	bucketsPer1000 = 124
	minBuckets     = 1
	// growPath is how many full buckets in a row make a shard grow.
	growPath = 7
	// growth is the part by which it grows: 1/growth.
	growth = 7
	// sweepTicks is how many ticks the base of a table may be behind. With
	// the 65 ticks of retain, dues stay below 128.
	sweepTicks = 62
)

// shard is a part of the messages with a table that grows by itself.
type shard struct {
	table atomic.Pointer[table]
	mu    sync.Mutex // held to sweep or replace the table
}

// table is a hash table of buckets.
type table struct {
	buckets []bucket
	// base is the tick from which dues count. It is written with all buckets
	// locked, and read with one of them locked.
	base int64
	// final is set when there are no buckets left to grow by.
	final atomic.Bool
}

// lockAll locks all buckets and appends their heads to heads. The caller holds
// the mutex of the shard. Others never wait for a bucket while they have one, so
// lockAll gets them all.
func (t *table) lockAll(heads []uint64) []uint64 {
	for i := range t.buckets {
		heads = append(heads, t.buckets[i].lockSoon())
	}
	return heads
}

func (t *table) unlockAll(heads []uint64) {
	for i, head := range heads {
		t.buckets[i].head.Store(head)
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
	s.sweeping.Lock()
	defer s.sweeping.Unlock()
	s.heads = t.lockAll(s.heads[:0])
	m, at := s.present(t)
	for i := range t.buckets {
		s.heads[i] &= awayMask // the filters start anew
		t.buckets[i].rebase(at, m)
	}
	t.base = s.latest.Load()
	for i, head := range s.heads {
		s.passAgain(t, i, head)
	}
	t.unlockAll(s.heads)
}

// rebase takes at ticks off what is not yet due, and drops all else.
func (b *bucket) rebase(at uint8, m moment) {
	for i, due := range b.dues {
		claim, rest := due&claimBit, due&^claimBit
		switch {
		case rest > at:
			b.dues[i] = claim | rest - at
		case claim&uint8(m.pinned) != 0:
			b.dues[i] = claim
		default:
			b.dues[i] = 0
		}
	}
}

// passAgain sets the filter bits for what is in bucket i but away from home.
func (s *Seen) passAgain(t *table, i int, head uint64) {
	b := &t.buckets[i]
	for away := head & awayMask; away != 0; away &= away - 1 {
		slot := bits.TrailingZeros64(away)
		if b.dues[slot] == 0 {
			continue
		}
		hash := s.hash(b.words[slot], b.tags[slot])
		path, _ := t.path(hash)
		for j := 0; path.bucket(j) != i; j++ {
			s.heads[path.bucket(j)] |= filterBit(hash)
		}
	}
}

// grow replaces the table by a larger one, unless somebody else did or there
// are too few buckets left.
func (s *Seen) grow(sh *shard, t *table) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.table.Load() != t {
		return
	}
	n := len(t.buckets)
	for want := max(n/growth, minBuckets); ; want *= 2 {
		buckets := s.moreBuckets(n, want)
		if buckets == nil {
			t.final.Store(true)
			return
		}
		larger := &table{buckets: buckets, base: t.base}
		heads := t.lockAll(make([]uint64, 0, n))
		if s.copy(larger, t) {
			sh.table.Store(larger)
			for i := range t.buckets {
				t.buckets[i].head.Store(moved)
			}
			return
		}
		t.unlockAll(heads)
		s.spare.Add(int64(len(buckets) - n))
	}
}

// moreBuckets returns n buckets and about want more, or nil if few are left.
func (s *Seen) moreBuckets(n, want int) []bucket {
	more := s.reserve(want)
	if more < max(want/4, minBuckets) {
		s.spare.Add(int64(more))
		return nil
	}
	buckets := slices.Grow([]bucket(nil), n+more)
	// What the allocator rounds up to is ours to use, and to account for.
	more += s.reserve(cap(buckets) - n - more)
	if n+more < cap(buckets) {
		s.spare.Add(int64(more))
		return nil
	}
	return buckets[:n+more]
}

// reserve takes up to n of the spare buckets.
func (s *Seen) reserve(n int) int {
	for {
		spare := s.spare.Load()
		got := min(int64(n), spare)
		if s.spare.CompareAndSwap(spare, spare-got) {
			return int(got)
		}
	}
}

// copy puts what table from, whose buckets are locked, holds into the empty
// table to. It returns false if a message finds no place.
func (s *Seen) copy(to, from *table) bool {
	m, _ := s.present(from)
	for i := range from.buckets {
		b := &from.buckets[i]
		for live := b.live(m); live != 0; live &= live - 1 {
			slot := live.first()
			p := packed{word: b.words[slot], tag: b.tags[slot]}
			p.hash = s.hash(p.word, p.tag)
			if !to.insert(p, b.dues[slot], m) {
				return false
			}
		}
	}
	return true
}

// insert puts p into a table that nobody else has yet.
func (t *table) insert(p packed, due uint8, m moment) bool {
	path, length := t.path(p.hash)
	for j := range length {
		b := &t.buckets[path.bucket(j)]
		free := allSlots &^ b.live(m)
		if free == 0 {
			b.head.Store(b.head.Load() | filterBit(p.hash))
			continue
		}
		slot := free.first()
		b.put(slot, p, due)
		if j > 0 {
			b.head.Store(b.head.Load() | 1<<slot)
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
	for i := range t.buckets {
		b := &t.buckets[i]
		head := b.lockSoon()
		m, _ := s.present(t)
		for live := b.live(m); live != 0; live &= live - 1 {
			st.Messages++
			st.Claims += int(b.dues[live.first()] >> 7)
		}
		b.head.Store(head)
	}
	st.Bytes += len(t.buckets) * int(unsafe.Sizeof(bucket{}))
}
