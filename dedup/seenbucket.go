package dedup

import (
	"encoding/binary"
	"math"
	"math/bits"
	"runtime"
	"sync/atomic"

	"github.com/go-sigfox/sigfox"
)

// A bucket is two cache lines next to each other: a lock and 12 messages of 80
// bits. An operation locks one bucket and works on it, so it waits for memory
// once: both lines come at the same time, as dues and tags are in the second.
//
// The 80 bits hold the whole key but for 8 bits, which follow from the shard,
// and 8 bits that say when to forget it:
//
//	word  time (32 bits), sequence number (16), device bits 16 to 31
//	tag   device bits 8 to 15
//	due   0: nothing here; high bit: a claim; other bits: when it is forgotten,
//	      in ticks from the base of the table
//
// Device bits 0 to 7 are the low bits of the number of the shard, exclusive or
// with a hash of the rest. So shard, word and tag are the key, no more and no less.
type bucket struct {
	head  atomic.Uint64
	words [slots]uint64
	tags  [slots]uint8
	dues  [slots]uint8
}

const (
	claimBit = 0x80
	maxDue   = 0x7f

	// The head says which slots hold messages that are away from home, and
	// which of 32 filter bits the messages have that came by on their way to a
	// later bucket.
	awayMask    = 1<<slots - 1
	filterShift = 16

	// What the head holds instead while the bucket is locked, and for ever
	// after the table was replaced.
	locked = 1 << 63
	moved  = 1 << 62
)

// packed is a message key in the form of a bucket.
type packed struct {
	word uint64
	hash uint64
	tag  uint8
}

// pack returns k, whose Time must fit 32 bits, in the form of a bucket, and the
// number of its shard.
func (s *Seen) pack(k sigfox.MessageKey) (p packed, shard int) {
	p.word = uint64(k.Time)<<32 | uint64(k.Seq)<<16 | uint64(k.Device>>16)
	p.tag = uint8(k.Device >> 8)
	p.hash = s.hash(p.word, p.tag)
	return p, int(p.hash>>8&s.groups)<<8 | int(uint8(k.Device)^uint8(p.hash))
}

// hash mixes the stored part of a key. Bits 0 to 18 choose the shard, 19 to 23
// the filter bit and 32 to 63 the home bucket.
//
// The bucket follows the time of the message, round the table in about retain,
// give or take a sixteenth. So what comes in now goes where the oldest are about
// to be forgotten, and all that happens in a table of any size happens in a part
// of it that stays in the cache.
func (s *Seen) hash(word uint64, tag uint8) uint64 {
	hi, lo := bits.Mul64(word^s.seed, 0x9e37_79b9_7f4a_7c15)
	hi, lo = bits.Mul64(hi^lo^uint64(tag), 0xd6e8_feb8_6659_fd93)
	h := hi ^ lo
	place := uint32(word>>32)*s.turn + uint32(h>>36)
	return uint64(place)<<32 | h&math.MaxUint32
}

// filterBit is the bit of a head that tells of messages with this hash.
func filterBit(hash uint64) uint64 { return 1 << filterShift << (hash >> 19 & 31) }

// moment is the present in the terms of a table.
type moment struct {
	add    uint64 // carries into the high bit of each byte that is not yet due
	pinned uint64 // the high bits, if claims stand for ever
	done   uint8  // due of a message handled now
	claim  uint8  // due of a claim made now
}

// moment returns the present for a table whose base is at ticks ago.
func (s *Seen) moment(at uint8) moment {
	m := moment{add: uint64(maxDue-at) * lowBits, pinned: s.pinned, done: at + s.retain, claim: claimBit}
	if s.timed > 0 {
		m.claim |= at + s.timed
	}
	return m
}

// live returns the slots that are in use.
func (b *bucket) live(m moment) slotSet {
	first := binary.LittleEndian.Uint64(b.dues[:8])
	rest := binary.LittleEndian.Uint32(b.dues[8:])
	first = first&^highBits + m.add | first&m.pinned
	rest = rest&^(highBits&0xffff_ffff) + uint32(m.add) | rest&uint32(m.pinned)
	return setOf(first, rest)
}

// find returns the slot of p, or -1.
func (b *bucket) find(p packed, live slotSet) int {
	for c := tagged(&b.tags, uint64(p.tag)*lowBits) & live; c != 0; c &= c - 1 {
		if i := c.first(); b.words[i] == p.word && b.tags[i] == p.tag {
			return i
		}
	}
	return -1
}

// put stores p in slot i.
func (b *bucket) put(i int, p packed, due uint8) {
	b.words[i], b.tags[i], b.dues[i] = p.word, p.tag, due
}

// apply does o and unlocks the bucket, if the bucket alone is enough to do it.
func (b *bucket) apply(o op, head uint64, p packed, m moment) (State, bool) {
	live := b.live(m)
	if i := b.find(p, live); i >= 0 {
		st := b.applyTo(i, o, m)
		b.head.Store(head)
		return st, true
	}
	free := allSlots &^ live
	if head&filterBit(p.hash) != 0 || free == 0 {
		return 0, false
	}
	if o != opAbort {
		i := free.first()
		b.put(i, p, o.due(m))
		head &^= 1 << i
	}
	b.head.Store(head)
	return New, true
}

// applyTo does o to the message in slot i.
func (b *bucket) applyTo(i int, o op, m moment) State {
	if b.dues[i]&claimBit == 0 {
		return Done
	}
	switch o {
	case opCommit:
		b.dues[i] = m.done
	case opAbort:
		b.dues[i] = 0
	case opBegin, opAdd: // somebody else has it
	}
	return InFlight
}

// due returns the due of a message that o brings in.
func (o op) due(m moment) uint8 {
	if o == opBegin {
		return m.claim
	}
	return m.done
}

// tryLock locks the bucket if nobody else has it, and returns its head. It
// swaps without looking first, because the processor cannot start the swap
// before it knows what it has seen, and so would wait for memory twice.
func (b *bucket) tryLock() (head uint64, ok bool) {
	head = b.head.Swap(locked)
	if head == moved {
		b.head.Store(moved)
	}
	return head, head&(locked|moved) == 0
}

// lock waits for the bucket and returns its head, or false if the table was
// replaced. To unlock it, store the head.
func (b *bucket) lock(sh *shard) (head uint64, ok bool) {
	for spins := 0; ; spins++ {
		if head, ok = b.tryLock(); ok || head == moved {
			return head, ok
		}
		switch {
		case spins < 64:
		case spins < 128:
			runtime.Gosched()
		default:
			// Only a sweep or growth takes so long: wait for its end.
			sh.mu.Lock()
			sh.mu.Unlock()
		}
	}
}

// lockSoon is lock for the owner of the shard's mutex.
func (b *bucket) lockSoon() (head uint64) {
	for {
		if head, ok := b.tryLock(); ok {
			return head
		}
		runtime.Gosched()
	}
}
