package template

import (
	"encoding/binary"
	"math/bits"
)

// Eight bytes are looked at in one step: each function returns a word in which
// the top bit of a byte is set where the byte has the property. Bytes above the
// lowest set one may be wrong, so only the lowest is used.
const (
	lowBits = 0x0101010101010101
	topBits = 0x8080808080808080
)

func load4(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// loadText is load8 for strings; the compiler makes one load of it.
func loadText(s string) uint64 { return uint64(load4(s)) | uint64(load4(s[4:]))<<32 }

func load8(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// firstByte turns a mask of the functions below into an index, 8 if it is empty.
func firstByte(mask uint64) int { return bits.TrailingZeros64(mask) >> 3 }

// special marks the bytes that JSON strings treat specially: quote, backslash,
// control characters and all that is not ASCII.
func special(w uint64) uint64 {
	quote := w ^ '"'*lowBits
	slash := w ^ '\\'*lowBits
	return ((quote - lowBits) | (slash - lowBits) | (w - ' '*lowBits) | w) & topBits
}

// notDigit marks the bytes that are not '0' to '9'.
func notDigit(w uint64) uint64 {
	d := w ^ '0'*lowBits
	return ((d + (0x80-10)*lowBits) | d) & topBits
}
