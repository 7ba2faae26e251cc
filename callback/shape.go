package callback

import (
	"encoding/binary"
	"math/bits"

	"github.com/go-sigfox/sigfox/internal/wire"
)

// shape is how a number is written. The next value of a step has mostly the shape of the
// last one, so that it can be read without looking for its end, all digits at once. They
// are in two words that end with the number, the last one first.
type shape struct {
	chars   uint      // with sign and point; noChars if unknown
	scale   float64   // by which the digits are divided; negative behind a minus
	pattern [2]uint64 // the number with zeros as digits
	cover   [2]uint64 // the bits that it fills
	over    [2]uint64 // what carries into the top bit of a byte that is no digit, or not the point
	after   [2]uint64 // the bits behind the point
}

const (
	noChars   = 1 << 30
	maxNumber = 15 // characters: a float64 holds as many digits
	allBits   = 1<<64 - 1
	eachByte  = allBits / 0xff // times a byte: that byte everywhere
)

// topBits is no constant, which the compiler would keep in a register through the loop of
// followPlain, and load again for each value.
var topBits uint64 = eachByte * 0x80 //nolint:gochecknoglobals // never changes

// shapes are all that numbers have, by characters, decimals and sign.
var shapes = func() (all [maxNumber + 1][maxNumber][2]shape) {
	for chars := range all {
		for decimals := range all[chars] {
			all[chars][decimals] = [2]shape{newShape(chars, decimals, false), newShape(chars, decimals, true)}
		}
	}
	return all
}()

// unknownShape fits no number.
var unknownShape = shape{chars: noChars} //nolint:gochecknoglobals // never changes

func newShape(chars, decimals int, negative bool) shape {
	h := shape{chars: uint(chars), scale: wire.Pow10(decimals), cover: lastBytes(chars)}
	for i := range h.pattern {
		h.pattern[i], h.over[i], h.after[i] = eachByte*'0', eachByte*(0x80-10), allBits
	}
	if decimals > 0 {
		h.exact(decimals, '.')
		h.after = lastBytes(decimals)
	}
	if negative && chars > 0 {
		h.exact(chars-1, '-')
		h.scale = -h.scale
	}
	return h
}

// lastBytes returns the bits of the last n bytes of two words, the last word first.
func lastBytes(n int) [2]uint64 {
	return [2]uint64{allBits << max(64-8*n, 0), allBits << min(128-8*n, 64)}
}

// exact makes the byte in front of the last n one that has to be c, and reads as zero.
func (h *shape) exact(n int, c byte) {
	i, shift := n/wordBytes, 56-8*(n%wordBytes)
	h.pattern[i] ^= uint64(c^'0') << shift
	h.over[i] |= 0x7f << shift
}

// digits returns the digits of a number in word i. The top bit of a byte of wrong is set
// if it is none.
func (h *shape) digits(word uint64, i int) (digits, wrong uint64) {
	digits = (word ^ h.pattern[i]) & h.cover[i]
	return digits, digits + h.over[i] | digits
}

// shapeAt returns the shape of the number at offset at of data, which may have sign and
// fraction if it is a float; nil if it has none: it is too long, or not plain.
func shapeAt(data []byte, at uint, float bool) *shape {
	start, negative := at, 0
	if float && at < uint(len(data)) && data[at] == '-' {
		at, negative = at+1, 1
	}
	whole, end := numberEnds(data, at)
	decimals := uint(0)
	if whole < end {
		decimals = end - whole - 1
		if !float || decimals == 0 {
			return nil
		}
	}
	if whole == at || end-start > maxNumber {
		return nil
	}
	return &shapes[end-start][decimals][negative]
}

// numberEnds returns the offset of the first byte that is no digit and, if that is a point,
// of the next one; beyond 16 bytes these may be digits.
func numberEnds(data []byte, at uint) (whole, end uint) {
	if at+pairBytes <= uint(len(data)) {
		text := data[at : at+pairBytes]
		stops := notDigits(binary.LittleEndian.Uint64(text)) | notDigits(binary.LittleEndian.Uint64(text[8:]))<<8 | 1<<pairBytes
		whole = at + uint(bits.TrailingZeros64(stops))
		if stops &= stops - 1; stops == 0 || data[whole] != '.' {
			return whole, whole
		}
		return whole, at + uint(bits.TrailingZeros64(stops))
	}
	for whole = at; whole < uint(len(data)) && data[whole]-'0' <= 9; whole++ {
	}
	if end = whole; end < uint(len(data)) && data[end] == '.' {
		for end++; end < uint(len(data)) && data[end]-'0' <= 9; end++ {
		}
	}
	return whole, end
}

// notDigits returns a bit for each byte of the word that is no decimal digit.
func notDigits(word uint64) uint64 {
	word ^= eachByte * '0'
	top := ((word + eachByte*(0x80-10)) | word) & topBits
	return top >> 7 * 0x0102040810204080 >> 56 // bit 8i goes to bit 56+i
}
