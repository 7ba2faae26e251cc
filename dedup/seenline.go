package dedup

import (
	"math/bits"
	"runtime"
	"sync/atomic"

	"github.com/go-sigfox/sigfox"
)

// A line is one cache line of 64 bytes: a lock and 6 messages of 80 bits. An
// operation locks one line, reads it and writes it, and so waits for memory
// once. The 80 bits hold the whole key but for 8 bits, which follow from the
// shard, and an 8-bit due tick:
//
//	word  time (32 bits), sequence number (16), device bits 16 to 31
//	tag   device bits 8 to 15
//	due   0 nothing; low 7 bits: forgotten at this tick, counted from the base
//	      of the table; high bit: a claim
//
// Device bits 0 to 7 are the low bits of the shard number, exclusive or with a
// hash of the rest. So shard, word and tag together are the key, no more and no
// less.
type line struct {
	head  atomic.Uint64 // bytes 0 to 5: tags; byte 6: who is away from home; 7: lock
	due   uint64        // bytes 0 to 5: due ticks; 6 and 7: filter, see passed
	words [slots]uint64
}

const (
	slots = 6

	locked = 1 << 63
	moved  = 1 << 62 // the table was replaced; this line is dead

	lowBits   = 0x0101_0101_0101_0101
	highBits  = 0x8080_8080_8080_8080
	slotHighs = 0x0000_8080_8080_8080 // the high bits of the slots
	slotLows  = 0x0000_0101_0101_0101

	claimBit = 0x80
	maxDue   = 0x7f

	awayShift   = 48
	filterShift = 48
)

// packed is a message key in the form of a line.
type packed struct {
	word  uint64
	hash  uint64
	shard int
	tag   uint8
}

// pack returns k, whose Time must fit 32 bits, in the form of a line.
func (s *Seen) pack(k sigfox.MessageKey) packed {
	p := packed{
		word: uint64(k.Time)<<32 | uint64(k.Seq)<<16 | uint64(k.Device>>16),
		tag:  uint8(k.Device >> 8),
	}
	p.hash = s.hash(p.word, p.tag)
	p.shard = int(p.hash>>8&s.groups)<<8 | int(uint8(k.Device)^uint8(p.hash))
	return p
}

// hash mixes the stored part of a key. Bits 0 to 19 choose the shard, 20 to
// 23 the bit of a filter, 24 to 31 the stride and 32 to 63 the line.
func (s *Seen) hash(word uint64, tag uint8) uint64 {
	hi, lo := bits.Mul64(word^s.seed, 0x9e37_79b9_7f4a_7c15)
	hi, lo = bits.Mul64(hi^lo^uint64(tag), 0xd6e8_feb8_6659_fd93)
	return hi ^ lo
}

// moment is the present in the terms of a table.
type moment struct {
	add    uint64 // carries into the high bit of each byte that is not yet due
	pinned uint64 // the high bits, if claims stand for ever
	done   uint8  // due byte of a message handled now
	claim  uint8  // due byte of a claim made now
}

// moment returns the present for a table whose base was at ticks ago.
func (s *Seen) moment(at uint8) moment {
	m := moment{add: uint64(maxDue-at) * lowBits, pinned: s.pinned, done: at + s.retain, claim: claimBit}
	if s.timed > 0 {
		m.claim |= at + s.timed
	}
	return m
}

// live returns the high bit of each slot that is in use.
func (l *line) live(m moment) uint64 {
	return (l.due&^highBits + m.add | l.due&m.pinned) & slotHighs
}

// find returns the slot of p, or -1.
func (l *line) find(head uint64, p *packed, live uint64) int {
	// The usual test for a zero byte: it misses none, and what it finds too
	// much the word rules out.
	x := head ^ uint64(p.tag)*slotLows
	for c := (x - slotLows) &^ x & live; c != 0; c &= c - 1 {
		if i := bits.TrailingZeros64(c) >> 3; l.words[i] == p.word {
			return i
		}
	}
	return -1
}

// vacant returns a slot that is free or due, or -1.
func vacant(live uint64) int {
	if free := slotHighs &^ live; free != 0 {
		return bits.TrailingZeros64(free) >> 3
	}
	return -1
}

// passed reports whether a message with this hash may be in a later line of its
// path: the filter has one of 16 bits for each that came by since the last sweep.
func (l *line) passed(hash uint64) bool { return l.due>>filterShift>>(hash>>20&0xf)&1 != 0 }

func (l *line) pass(hash uint64) { l.due |= 1 << filterShift << (hash >> 20 & 0xf) }

// apply does o and unlocks the line, if the line alone is enough to do it.
func (l *line) apply(o op, head uint64, p *packed, m moment) (State, bool) {
	live := l.live(m)
	if i := l.find(head, p, live); i >= 0 {
		st := l.applyTo(i, o, m)
		l.unlock(head)
		return st, true
	}
	if l.passed(p.hash) {
		return 0, false
	}
	if o == opAbort {
		l.unlock(head)
		return New, true
	}
	i := vacant(live)
	if i < 0 {
		return 0, false
	}
	l.unlock(l.put(i, head, p, o.due(m)))
	return New, true
}

// due returns the due byte of a message that o brings in.
func (o op) due(m moment) uint8 {
	if o == opBegin {
		return m.claim
	}
	return m.done
}

// applyTo does o to the message in slot i.
func (l *line) applyTo(i int, o op, m moment) State {
	if l.dueAt(i)&claimBit == 0 {
		return Done
	}
	switch o {
	case opCommit:
		l.setDue(i, m.done)
	case opAbort:
		l.setDue(i, 0)
	}
	return InFlight
}

// put stores p in slot i of its home and returns the new head.
func (l *line) put(i int, head uint64, p *packed, due uint8) uint64 {
	l.words[i] = p.word
	l.setDue(i, due)
	shift := uint(i) * 8
	return head&^(0xff<<shift|1<<awayShift<<i) | uint64(p.tag)<<shift
}

func (l *line) dueAt(i int) uint8 { return uint8(l.due >> (uint(i) * 8)) }

func (l *line) setDue(i int, due uint8) {
	shift := uint(i) * 8
	l.due = l.due&^(0xff<<shift) | uint64(due)<<shift
}

// lock waits for the line and returns its head, or false if the table was
// replaced.
func (l *line) lock(sh *shard) (head uint64, ok bool) {
	for spins := 0; ; spins++ {
		if head, ok = l.tryLock(); ok || head == moved {
			return head, ok
		}
		switch {
		case spins < 64:
		case spins < 128:
			runtime.Gosched()
		default:
			// Only a sweep or growth takes so long.
			sh.mu.Lock()
			sh.mu.Unlock() //nolint:staticcheck // waits for its end
		}
	}
}

// lockSoon is lock for the owner of the shard's mutex.
func (l *line) lockSoon() (head uint64) {
	for {
		if head, ok := l.tryLock(); ok {
			return head
		}
		runtime.Gosched()
	}
}

// tryLock locks the line if nobody else has it, and returns its head.
func (l *line) tryLock() (head uint64, ok bool) {
	head = l.head.Load()
	return head, head&(locked|moved) == 0 && l.head.CompareAndSwap(head, head|locked)
}

// unlock releases the line. The head is what lock returned, with new tags if any.
func (l *line) unlock(head uint64) { l.head.Store(head) }
