package template

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"

	"github.com/go-sigfox/sigfox"
)

// putHex puts an id in upper-case hex.
func putHex(to *[maxPut]byte, v uint32) (n int) {
	n = (bits.Len32(v|1) + 3) / 4
	binary.LittleEndian.PutUint64(to[:], hexDigits8(v, 'A')>>(64-8*n))
	return n
}

// putBytes puts a payload in lower-case hex.
func putBytes(to *[maxPut]byte, v *sigfox.Payload) (n int) {
	first, last := v.Words()
	binary.LittleEndian.PutUint64(to[:], hexDigits8(uint32(first>>32), 'a'))
	binary.LittleEndian.PutUint64(to[8:], hexDigits8(uint32(first), 'a'))
	if n = v.Len(); n > 8 {
		binary.LittleEndian.PutUint64(to[16:], hexDigits8(last, 'a'))
	}
	return 2 * n
}

// hexDigits8 returns the eight hex digits of v, the first one in the lowest byte; ten is
// the digit after '9'.
func hexDigits8(v uint32, ten uint64) uint64 {
	x := uint64(v)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	letters := (x + 6*lowBits) >> 4 & lowBits
	return bits.ReverseBytes64(x + '0'*lowBits + letters*(ten-'0'-10))
}

// putUint puts a number of at most eight digits, or of ten, which times have until the
// year 2286.
func putUint(to *[maxPut]byte, v uint64) (n int) {
	switch {
	case v < 1e4:
		d := uint32(decimalPairs[v/100]) | uint32(decimalPairs[v%100])<<16
		zeros := bits.TrailingZeros32(d|1<<24) >> 3
		binary.LittleEndian.PutUint32(to[:], (d+'0'*(lowBits>>32))>>(8*zeros))
		return 4 - zeros
	case v < 1e8:
		d := digits8(v)
		zeros := bits.TrailingZeros64(d) >> 3
		binary.LittleEndian.PutUint64(to[:], (d+'0'*lowBits)>>(8*zeros))
		return 8 - zeros
	case v >= 1e9 && v < 1e10:
		binary.LittleEndian.PutUint16(to[:], decimalPairs[v/1e8]+'0'<<8+'0')
		binary.LittleEndian.PutUint64(to[2:], digits8(v%1e8)+'0'*lowBits)
		return 10
	default: // a negative one, too
		return 0
	}
}

// putFloat puts a number of at most two decimals, which most of those of the network
// are. That v is the float nearest to such a number makes it the shortest form of v.
func putFloat(to *[maxPut]byte, v float64) (n int) {
	hundredths := math.Round(math.Abs(v) * 100)
	if hundredths >= 1e9 || hundredths/100 != math.Abs(v) || v == 0 && math.Signbit(v) {
		return 0
	}
	whole, rest := uint64(hundredths)/100, uint64(hundredths)%100
	text := to[:0]
	if v < 0 {
		text = append(text, '-')
	}
	text = strconv.AppendUint(text, whole, 10)
	if rest > 0 {
		text = append(text, '.', '0'+byte(rest/10))
	}
	if rest%10 > 0 {
		text = append(text, '0'+byte(rest%10))
	}
	return len(text)
}

// decimalPairs holds the two digits of the numbers below 100, the first one in the low byte.
var decimalPairs = func() (t [100]uint16) {
	for i := range t {
		t[i] = uint16(i/10 | i%10<<8)
	}
	return t
}()

// digits8 returns the eight decimal digits of v, the first one in the lowest byte. It
// splits all parts of the number at once.
func digits8(v uint64) uint64 {
	x := v/1e4 | v%1e4<<32
	t := x * 10486 >> 20 & 0x7f0000007f // divided by 100
	x = t | (x-100*t)<<16
	t = x * 103 >> 10 & 0x000f000f000f000f // divided by 10
	return t | (x-10*t)<<8
}
