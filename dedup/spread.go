package dedup

import (
	"hash/maphash"
	"math/bits"
	"runtime"
	"time"

	"github.com/go-sigfox/sigfox"
)

// spread gives each message a table: one of a few by its hash, so that many
// cores can work at once, and of these by its time. All messages whose copies
// are coming in now are thus in few tables, which stay in the cache, and each
// table is used again when its messages are forgotten.
type spread struct {
	hash   hasher
	width  uint32 // how many tables a hash chooses from, by its upper half: a power of two
	slices uint32 // of time
	step   uint32 // the part of all slices that a second is, times 2^32
}

const (
	// messagesPerTable is for how many messages there is a table.
	messagesPerTable = 1 << 10
	// Four tables at a time for each core make it rare that two want the same. One
	// core by itself has two: what it needs next lies closer together, and making
	// the index of a table anew does not take a millisecond yet.
	tablesPerCore, tablesOfOneCore = 4, 2
	// A table should have messages of a short time only, so that it becomes empty
	// as a whole: with many cores but little room there are fewer tables at a time.
	slicesPerWidth     = 12
	minWidth, maxWidth = 4, 64
)

func newSpread(o AggregatorOptions) spread {
	tables := (o.MaxMessages + messagesPerTable - 1) / messagesPerTable
	atOnce := tablesOfOneCore
	if cores := runtime.GOMAXPROCS(0); cores > 1 {
		atOnce = min(tablesPerCore*cores, max(minWidth, tables/slicesPerWidth), maxWidth)
	}
	width := 1 << bits.Len(uint(min(tables, atOnce)-1))
	// Two more seconds than needed, as times are in whole seconds and stations
	// take a while to report.
	cycle := int(o.Retain/time.Second) + 2
	return spread{
		hash:   hasher(maphash.Comparable(maphash.MakeSeed(), 0)),
		width:  uint32(width),
		slices: uint32(max(1, min(tables/width, cycle))),
		step:   uint32(1 << 32 / uint64(cycle)),
	}
}

func (s *spread) tables() int { return int(s.width * s.slices) }

// table returns the table of a message, by its hash alone if its time is unknown.
func (s *spread) table(hash uint64, seconds uint32) uint32 {
	phase := seconds * s.step
	if seconds == 0 {
		phase = uint32(hash)
	}
	return uint32(uint64(phase)*uint64(s.slices)>>32)*s.width + uint32(hash>>32*uint64(s.width)>>32)
}

// hasher is the seed of a hash over device and sequence number.
type hasher uint64

func (h hasher) sum(device sigfox.DeviceID, seq sigfox.SeqNumber) uint64 {
	x := (uint64(device)<<16 | uint64(seq)) ^ uint64(h)
	x *= 0xFF51AFD7ED558CCD
	x ^= x >> 32
	x *= 0xC4CEB9FE1A85EC53
	return x ^ x>>32
}
