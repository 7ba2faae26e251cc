package keepalive

import (
	"iter"
	"math/bits"
	"sync/atomic"

	"github.com/go-sigfox/sigfox"
)

// The devices live in an open-addressed table that is cut into segments. A
// segment grows alone, by an eighth, so that memory follows the number of
// devices and no call has to move more than one segment.
//
// A slot is one 64-bit word: device id, tick of the last message and the silent
// bit. It can be read and, where it holds a device, updated without a lock.
// Everything else needs Monitor.mu. A segment that grows leaves slotMoved in
// every slot of its old table: whoever meets it waits for the lock.
type slot uint64

const (
	slotEmpty   slot = 0
	slotRemoved slot = 1         // a removed device: look on
	slotMoved   slot = 1<<32 | 1 // look in the new table
	silentBit   slot = 1
)

func newSlot(id sigfox.DeviceID, last uint32) slot { return slot(id)<<32 | slot(last)<<1 }

func (s slot) id() sigfox.DeviceID { return sigfox.DeviceID(s >> 32) }
func (s slot) last() uint32        { return uint32(s) >> 1 }
func (s slot) silent() bool        { return s&silentBit != 0 }

// live reports whether the slot holds a device: ticks are never 0.
func (s slot) live() bool { return uint32(s) > 1 }

// holds reports whether the slot holds that device, with one comparison.
func (s slot) holds(id sigfox.DeviceID) bool { return (s^slot(id)<<32)-2 < 1<<32-2 }

// line is the slots of one cache line, the unit of probing.
type line [lineSlots]atomic.Uint64

const lineSlots = 8

// meta is what the expiry needs to know of a device: the delay in ticks (24
// bits) and the wheel bucket that holds the device (8 bits). Guarded by Monitor.mu.
type meta uint32

const (
	delayOff     = 0
	delayDefault = 1<<24 - 1
	maxDelay     = delayDefault - 1
)

func newMeta(delay uint32, bucket uint8) meta { return meta(delay)<<8 | meta(bucket) }
func (m meta) delay() uint32                  { return uint32(m >> 8) }
func (m meta) bucket() uint8                  { return uint8(m) }
func (m *meta) setBucket(bucket uint8)        { *m = newMeta(m.delay(), bucket) }

// table is the content of one segment.
type table struct {
	lines []line
	metas [][lineSlots]meta
	used  int // slots that are not empty, removed devices included
	live  int
}

func newTable(lines int) *table {
	return &table{lines: make([]line, lines), metas: make([][lineSlots]meta, lines)}
}

// segmentDevices is the number of devices in a segment of a full monitor:
// enough that a segment's own size is of no weight, and few enough to be moved
// in a fraction of a millisecond.
const segmentDevices = 1 << 13

// segments is the array of tables, indexed by the lower bits of the hash.
type segments struct {
	tables []atomic.Pointer[table]
	mask   uint32

	partShift uint8
}

func newSegments(maxDevices int) segments {
	n := bits.Len(uint(maxDevices-1) / segmentDevices)
	s := segments{tables: make([]atomic.Pointer[table], 1<<n), mask: 1<<n - 1, partShift: uint8(32 + n - sortBits)}
	for i := range s.tables {
		s.tables[i].Store(newTable(1))
	}
	return s
}

// place is where the search for a device begins.
type place struct {
	hash    uint32 // picks the line
	segment uint32
}

func (s *segments) place(id sigfox.DeviceID) place {
	h := hash(id)
	return place{hash: uint32(h >> 32), segment: uint32(h) & s.mask}
}

func hash(id sigfox.DeviceID) uint64 {
	hi, lo := bits.Mul64(uint64(id)*0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	return hi ^ lo
}

// part returns which part of the segments a device is in, in the order of memory.
func (s *segments) part(id sigfox.DeviceID) uint8 {
	p := s.place(id)
	return uint8((uint64(p.segment)<<32 | uint64(p.hash)) >> s.partShift)
}

// home returns the slot where the search for a device begins.
func (s *segments) home(id sigfox.DeviceID) *atomic.Uint64 {
	h := hash(id)
	t := s.tables[uint32(h)&s.mask].Load()
	return &t.lines[h>>32*uint64(len(t.lines))>>32][h>>32%lineSlots]
}

func (s *segments) table(p place) *table { return s.tables[p.segment].Load() }

// first returns the line where the search for a hash begins.
func (t *table) first(hash uint32) int {
	return int(uint64(hash) * uint64(len(t.lines)) >> 32)
}

// found is the outcome of a search.
type found uint8

const (
	absent found = iota
	present
	moved // only seen without the lock
)

// cursor is a position in a table.
type cursor struct {
	t *table
	s *atomic.Uint64
	m *meta
}

func (c cursor) slot() *atomic.Uint64 { return c.s }
func (c cursor) meta() *meta          { return c.m }

func (t *table) at(line int, index uint32) cursor {
	return cursor{t, &t.lines[line][index], &t.metas[line][index]}
}

// home returns where the search for a hash begins.
func (t *table) home(hash uint32) cursor { return t.at(t.first(hash), hash%lineSlots) }

// find looks for a device. Without the lock the slot may change at any time.
func (t *table) find(hash uint32, id sigfox.DeviceID) (cursor, found) {
	n := t.first(hash)
	for range t.lines {
		ln := &t.lines[n]
		for i := range uint32(lineSlots) {
			k := (hash + i) % lineSlots
			v := slot(ln[k].Load())
			switch {
			case v.holds(id):
				return t.at(n, k), present
			case v.live() || v == slotRemoved:
				// look on
			case v == slotMoved:
				return cursor{}, moved
			default:
				return cursor{}, absent
			}
		}
		if n++; n == len(t.lines) {
			n = 0
		}
	}
	return cursor{}, absent
}

// fetch reads the lines where the search for each device will begin. The reads do
// not wait for each other, as those of searches do, so that many devices cost
// little more than one cache miss.
//
//go:noinline // or the compiler drops the reads
func (s *segments) fetch(ids []sigfox.DeviceID) (sum uint64) {
	for _, id := range ids {
		p := s.place(id)
		t := s.table(p)
		sum += t.lines[t.first(p.hash)][0].Load()
	}
	return sum
}

// fetchHomes does the same for slots and metas, and returns where they are. It
// needs the lock.
//
//go:noinline // or the compiler drops the reads
func (s *segments) fetchHomes(ids []sigfox.DeviceID, homes *[chunkIDs]cursor) (sum uint64) {
	for i, id := range ids {
		p := s.place(id)
		c := s.table(p).home(p.hash)
		homes[i] = c
		sum += c.slot().Load() + uint64(*c.meta())
	}
	return sum
}

// all returns the devices of the table. It needs the lock.
func (t *table) all() iter.Seq2[slot, meta] {
	return func(yield func(slot, meta) bool) {
		for n := range t.lines {
			for k := range t.lines[n] {
				if v := slot(t.lines[n][k].Load()); v.live() && !yield(v, t.metas[n][k]) {
					return
				}
			}
		}
	}
}
