package keepalive

import (
	"math"
	"math/bits"

	"github.com/go-sigfox/sigfox"
)

// wheel holds the ids of the armed devices by the tick at which to look at them
// next, which is never after their due tick. It is a hierarchical timing wheel:
// a bucket of level 0 is one tick, one of the next level 64 of those, and so on.
// A message does not move its device: when the bucket opens, the device is
// looked at and put where it now belongs. So the wheel sees a device a few times
// per delay, not once per message.
//
// An id is stale if its device is gone or says that it is in another bucket.
type wheel struct {
	now    uint32 // the tick up to which all buckets have been opened
	lists  [buckets]list
	open   [levels]list   // those of the buckets that opened at now
	used   [levels]uint64 // bit set of the buckets that are not empty
	sorter sorter
	chunks
}

const (
	levelBits    = 6
	levelBuckets = 1 << levelBits
	levels       = 4
	buckets      = levels * levelBuckets
	horizon      = 1<<(levels*levelBits) - 1
)

func newWheel(now uint32) wheel { return wheel{now: now, sorter: sorter{next: sortParts}} }

// bucketAt returns the bucket of a level that opens at a tick.
func bucketAt(level int, tick uint32) uint8 {
	return uint8(level*levelBuckets) + uint8(tick>>(level*levelBits)%levelBuckets)
}

// bucketFor returns the bucket for a device that is due at a tick.
func (w *wheel) bucketFor(due uint32) uint8 {
	if due <= w.now {
		return w.current()
	}
	wait := min(due-w.now, horizon)
	level := uint(bits.Len32(wait)-1) / levelBits // unsigned: the compiler divides faster
	return bucketAt(int(level), w.now+wait)
}

// current returns the bucket of the current tick. It is open: no device that is
// due later belongs there.
func (w *wheel) current() uint8 { return bucketAt(0, w.now) }

// push puts a device into a bucket.
func (w *wheel) push(id sigfox.DeviceID, bucket uint8) {
	if bucket == w.current() {
		w.add(&w.open[0], id)
		return
	}
	w.used[bucket/levelBuckets] |= 1 << (bucket % levelBuckets)
	w.add(&w.lists[bucket], id)
}

// next takes one chunk out of the earliest bucket that opens by the given tick.
// The chunk is the caller's until it is released. If there is none left, the
// wheel has arrived at the tick.
func (w *wheel) next(until uint32) (index uint32, bucket uint8, ok bool) {
	for {
		if l := w.nextSorted(); l != nil {
			return w.pop(l), bucketAt(w.sorter.level, w.now), true
		}
		for level := range levels {
			if l := &w.open[level]; l.n > 0 {
				return w.pop(l), bucketAt(level, w.now), true
			}
		}
		tick := w.nextTick()
		if tick > until {
			w.now = max(w.now, until)
			return 0, 0, false
		}
		w.advance(tick)
	}
}

// advance moves on to a tick and opens its buckets. No bucket in between may
// hold a device.
func (w *wheel) advance(tick uint32) {
	w.now = tick
	for level := range levels {
		if tick%(1<<(level*levelBits)) != 0 {
			return
		}
		b := bucketAt(level, tick)
		w.open[level], w.lists[b] = w.lists[b], list{}
		w.used[level] &^= 1 << (b % levelBuckets)
	}
}

// nextTick returns when the next bucket opens that is not empty, MaxUint32 if all are.
func (w *wheel) nextTick() uint32 {
	earliest := uint32(math.MaxUint32)
	for level, used := range w.used {
		if used == 0 {
			continue
		}
		shift := level * levelBits
		at := w.now >> shift
		// Bit 0 is the bucket after the current one; the current one comes last.
		ahead := bits.RotateLeft64(used, -int((at+1)%levelBuckets))
		at += uint32(bits.TrailingZeros64(ahead)) + 1
		earliest = min(earliest, at<<shift)
	}
	return earliest
}
