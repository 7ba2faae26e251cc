package wire

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"strconv"
)

// Number is a decimal number without exponent: Mantissa / 10^Decimals.
type Number struct {
	Mantissa int64
	Decimals int
	Digits   int // those behind the point included
}

// MaxDigits is how many digits always fit a Mantissa.
const MaxDigits = 18

// ScanNumber reads the value at offset at if it is a plain number without quotes, and
// returns the offset after it; 0 for anything else, such as one with an exponent or more
// than 18 digits, which is left to ParseFloat and ParseInt.
func ScanNumber(data []byte, at int) (n Number, end int) {
	negative := byteAt(data, at) == '-'
	if negative {
		at++
	}
	mantissa, end := ScanDigits(data, at, 0)
	n.Digits = end - at
	c := byteAt(data, end)
	if c == '.' {
		at = end + 1
		mantissa, end = appendEight(data, at, mantissa) // positions have more
		mantissa, end = ScanDigits(data, end, mantissa)
		n.Decimals = end - at
		n.Digits += n.Decimals
		c = byteAt(data, end)
	}
	if n.Digits == 0 || n.Digits > MaxDigits || bareByte[c] {
		return n, 0
	}
	n.Mantissa = int64(mantissa)
	if negative {
		if mantissa == 0 { // a float has -0
			return n, 0
		}
		n.Mantissa = -n.Mantissa
	}
	return n, end
}

// appendEight appends eight digits at offset i to those of m, and returns the offset after
// them; i if there are less.
func appendEight(data []byte, i int, m uint64) (mantissa uint64, end int) {
	if i+8 > len(data) {
		return m, i
	}
	digits := binary.LittleEndian.Uint64(data[i:]) ^ lowBits*'0'
	if (digits+lowBits*(0x80-10)|digits)&highBits != 0 {
		return m, i
	}
	return m*1e8 + EightDigits(digits), i + 8
}

// byteAt returns the byte at offset i, 0 behind the end.
func byteAt(data []byte, i int) byte {
	if uint(i) < uint(len(data)) {
		return data[i]
	}
	return 0
}

// parseNumber reads a text that is a plain number from start to end.
func parseNumber(text []byte) (n Number, ok bool) {
	n, end := ScanNumber(text, 0)
	return n, end > 0 && end == len(text)
}

// ScanDigits appends the decimal digits at offset i to those of m, and returns the offset
// behind them. Beyond MaxDigits m overflows. The compiler inlines it.
func ScanDigits(data []byte, i int, m uint64) (mantissa uint64, end int) {
	for uint(i) < uint(len(data)) {
		digit := uint64(data[i]) ^ '0'
		if digit > 9 {
			break
		}
		fives := m + m<<2 // twice this and a digit take one instruction
		m = digit + fives<<1
		i++
	}
	return m, i
}

// EightDigits returns the number that eight digits are, of which each byte is one, the
// first in the lowest. The compiler inlines it.
func EightDigits(digits uint64) uint64 {
	digits = digits*10 + digits>>8 // pairs of digits
	return ((digits&digitWords.fourths)*digitWords.hundreds + (digits>>16&digitWords.fourths)*digitWords.units) >> 32
}

// digitWords are not constants, as hexWords are not.
var digitWords = struct{ fourths, hundreds, units uint64 }{ //nolint:gochecknoglobals // never changes
	fourths: 0x000000ff000000ff, hundreds: 100 + 1000000<<32, units: 1 + 10000<<32,
}

// Pow10 returns the power of ten that divides a number with n decimals, 0 to MaxDigits.
func Pow10(n int) float64 { return pow10[n] }

// ScanHex reads the hex digits at offset at, up to 64 bits, and returns the offset after
// them; 0 if there are none, or more.
func ScanHex(data []byte, at int) (v uint64, end int) {
	end = at
	for uint(end) < uint(len(data)) {
		digit := hexValue[data[end]]
		if digit > 0xf {
			break
		}
		v = v<<4 | uint64(digit)
		end++
	}
	if end == at || end-at > 16 {
		return 0, 0
	}
	return v, end
}

// hexValue maps a byte to the value of its hex digit, 0xff for every other byte.
var hexValue = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, c := range []byte("0123456789abcdef") {
		t[c] = byte(i)
	}
	for i, c := range []byte("ABCDEF") {
		t[c] = byte(10 + i)
	}
	return t
}()

// pow10 holds the powers of ten that a float64 holds exactly.
var pow10 = [...]float64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

// Float returns the nearest float64.
func (n Number) Float() float64 {
	if n.Mantissa > 1<<53 || n.Mantissa < -1<<53 {
		return n.divide()
	}
	return float64(n.Mantissa) / pow10[n.Decimals] // both are exact, so this rounds once
}

// divide returns the float64 nearest to the quotient. It divides integers, to more
// than 60 bits: of what is left over, rounding needs to know only that it is not
// zero, so that becomes the last bit.
func (n Number) divide() float64 {
	m, d := uint64(max(n.Mantissa, -n.Mantissa)), uint64(pow10[n.Decimals])
	shift, shiftD := bits.LeadingZeros64(m)-1, bits.LeadingZeros64(d)
	quotient, rest := bits.Div64(m<<shift, 0, d<<shiftD)
	if rest != 0 {
		quotient |= 1
	}
	f := math.Ldexp(float64(quotient), shiftD-shift-64)
	return math.Copysign(f, float64(n.Mantissa))
}

// ParseFloat reads a finite decimal number.
func ParseFloat(text []byte) (float64, error) {
	if n, ok := parseNumber(text); ok {
		return n.Float(), nil
	}
	for _, c := range text {
		// strconv also reads hex, underscores, Inf and NaN.
		if c-'0' > 9 && c != '.' && c != '-' && c != '+' && c|0x20 != 'e' {
			return 0, ErrNumber
		}
	}
	f, err := strconv.ParseFloat(string(text), 64)
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, strconv.ErrRange):
		return 0, ErrRange
	default:
		return 0, ErrNumber
	}
}

// AppendFloat appends the shortest decimal form of a number without exponent, as the cloud
// writes them. NaN and the infinities have none: JSON and templates know no such number, so
// nothing is appended, as if there were no value.
func AppendFloat(dst []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return dst
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

// ParseInt reads an integer. A fraction of zeros ("42.0") is accepted.
func ParseInt(text []byte) (int64, error) {
	if n, ok := parseNumber(text); ok && n.Decimals == 0 {
		return n.Mantissa, nil
	}
	return parseIntSlow(text)
}

// parseIntSlow reads what has a plus, a fraction or an exponent.
func parseIntSlow(text []byte) (int64, error) {
	f, err := ParseFloat(text)
	switch {
	case errors.Is(err, ErrRange):
		return 0, err
	case err != nil || f != math.Trunc(f):
		return 0, ErrInteger
	case math.Abs(f) > 1<<53:
		return 0, ErrRange
	default:
		return int64(f), nil
	}
}
