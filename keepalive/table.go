package keepalive

import (
	"cmp"
	"iter"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/go-sigfox/sigfox"
)

// The devices live in a hash table that is cut into segments. A segment grows
// alone, by a sixteenth, so that memory follows the number of devices and no call
// has to move more than one segment.
//
// A slot is one 64-bit word: device id, silent bit and tick of the last message; 0 if
// it is empty. It can be read and, where it holds a device, updated
// without a lock. Everything else needs Monitor.mu. A device that moves leaves its
// slot empty before it is in the next one: who does not find it waits for the lock.
type slot uint64

const (
	slotEmpty slot = 0
	silentBit slot = 1 << 31
)

func newSlot(id sigfox.DeviceID, last uint32) slot { return slot(id)<<32 | slot(last) }

func (s slot) id() sigfox.DeviceID { return sigfox.DeviceID(s >> 32) }
func (s slot) last() uint32        { return uint32(s &^ silentBit) }
func (s slot) silent() bool        { return s&silentBit != 0 }

// holds reports whether the slot holds that device: ticks are never 0.
func (s slot) holds(id sigfox.DeviceID) bool { return s.id() == id && s != slotEmpty }

// line is the slots of one cache line.
type line [lineSlots]atomic.Uint64

const (
	lineBits  = 3
	lineSlots = 1 << lineBits
)

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
	lines  []line
	pilots []pilots // of the devices whose home the line is
	metas  [][lineSlots]meta
	strays []*stray // by id
	live   int      // devices, strays included
}

// stray is a device that is in no slot, because there was no pilot for it. A few
// devices in a thousand are.
type stray struct {
	slot atomic.Uint64
	meta meta
}

// newTable returns a table of so many lines, or as many as fit into what the heap
// takes for them.
func newTable(lines int) *table {
	l := slices.Grow([]line(nil), lines)
	l = l[:cap(l)]
	clear(l)
	return &table{lines: l, pilots: make([]pilots, len(l)), metas: make([][lineSlots]meta, len(l))}
}

// segmentDevices is how many devices are in a segment of a full monitor at most:
// few enough to be moved in a fraction of a millisecond. It has at least half as
// many, enough that a segment's own size is of no weight.
const segmentDevices = 5000

// segments is the array of tables, indexed by the lower bits of the hash.
type segments struct {
	tables []atomic.Pointer[table]
	mask   uint32
	movers *sync.Pool

	partShift uint8
}

func newSegments(maxDevices int) segments {
	n := bits.Len(uint(maxDevices-1) / segmentDevices)
	s := segments{
		tables: make([]atomic.Pointer[table], 1<<n), mask: 1<<n - 1, movers: newMovers(),
		partShift: uint8(32 + n - sortBits),
	}
	for i := range s.tables {
		s.tables[i].Store(newTable(1))
	}
	return s
}

func hash(id sigfox.DeviceID) uint64 {
	hi, lo := bits.Mul64(uint64(id)*0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	return hi ^ lo
}

// table returns the table of a device, by its hash.
func (s *segments) table(hash uint64) *table { return s.tables[uint32(hash)&s.mask].Load() }

// part returns which part of the segments a device is in, in the order of memory.
func (s *segments) part(id sigfox.DeviceID) uint8 {
	h := hash(id)
	return uint8((uint64(uint32(h)&s.mask)<<32 | h>>32) >> s.partShift)
}

// cursor is the place of a device.
type cursor struct {
	slot *atomic.Uint64
	meta *meta
}

// find returns the place of a device, by its hash and id, if it is in the table.
func (t *table) find(hash uint64, id sigfox.DeviceID) (cursor, bool) {
	if c := t.place(hash); slot(c.slot.Load()).holds(id) {
		return c, true
	}
	i, ok := t.stray(id)
	if !ok {
		return cursor{}, false
	}
	return cursor{&t.strays[i].slot, &t.strays[i].meta}, true
}

// stray returns where a device is, or would be, among the strays.
func (t *table) stray(id sigfox.DeviceID) (int, bool) {
	return slices.BinarySearchFunc(t.strays, id, func(s *stray, id sigfox.DeviceID) int {
		return cmp.Compare(slot(s.slot.Load()).id(), id)
	})
}

// fetch finds the slots of devices and reads them. The reads do not wait for each
// other, as those of one message after the other do, so that many devices cost
// little more than one cache miss.
//
//go:noinline // or the compiler drops the reads
func (s *segments) fetch(ids []sigfox.DeviceID, slots *[chunkIDs]*atomic.Uint64) (sum uint64) {
	for i, id := range ids {
		x := hash(id)
		t := s.table(x)
		h, p := t.seek(x)
		slots[i] = t.slot(x, h, p)
		sum += slots[i].Load()
	}
	return sum
}

// fetchPlaces does the same for what the expiry needs, and returns where that is. It
// needs the lock.
//
//go:noinline // or the compiler drops the reads
func (s *segments) fetchPlaces(ids []sigfox.DeviceID, places *[chunkIDs]cursor) (sum uint64) {
	for i, id := range ids {
		x := hash(id)
		t := s.table(x)
		h, p := t.seek(x)
		c := t.at(h.away(p), slotIn(x, p))
		places[i] = c
		sum += c.slot.Load() + uint64(*c.meta)
	}
	return sum
}

// all returns the devices of the table. It needs the lock.
func (t *table) all() iter.Seq2[slot, meta] {
	return func(yield func(slot, meta) bool) {
		for n := range uint64(len(t.lines)) {
			for k := range uint32(lineSlots) {
				c := t.at(n, k)
				if v := slot(c.slot.Load()); v != slotEmpty && !yield(v, *c.meta) {
					return
				}
			}
		}
		for _, s := range t.strays {
			if !yield(slot(s.slot.Load()), s.meta) {
				return
			}
		}
	}
}
