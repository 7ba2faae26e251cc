package dedup

import (
	"encoding/binary"
	"math/bits"
)

// slots is how many messages a bucket or an index line has room for.
const slots = 12

const (
	lowBits  = 0x0101_0101_0101_0101
	highBits = 0x8080_8080_8080_8080
)

// A slotSet is a set of slots, with bit 8*i for slot i below 8 and bit 8*i+1 for
// slot 8+i: what comes out of working on 8 and 4 bytes at once.
type slotSet uint64

const allSlots slotSet = lowBits | lowBits&0xffff_ffff<<1

// setOf returns the slots of bytes that have their high bit set.
func setOf(first uint64, rest uint32) slotSet {
	return slotSet(first&highBits>>7 | uint64(rest)&highBits&0xffff_ffff>>6)
}

// first returns the first slot of a set that is not empty.
func (s slotSet) first() int {
	i := bits.TrailingZeros64(uint64(s))
	return i>>3 | i&1<<3
}

// tagged returns the slots that have a tag, given in all 8 bytes.
func tagged(tags *[slots]uint8, tag uint64) slotSet {
	// The usual test for a zero byte: it misses none, but may take the byte above
	// one, if that is 1, for another.
	first := binary.LittleEndian.Uint64(tags[:8]) ^ tag
	rest := binary.LittleEndian.Uint32(tags[8:]) ^ uint32(tag)
	return setOf((first-lowBits)&^first, (rest-lowBits&0xffff_ffff)&^rest)
}
