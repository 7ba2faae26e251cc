package sigfox

import (
	"fmt"
	"math"
)

// ParseError reports why a text is not the value it should be.
type ParseError struct {
	// Type names what was expected: "device id", "station id" or "payload".
	Type string
	// Text is the offending text, cut to 64 bytes.
	Text string
	// Offset is the position of the first byte that cannot be read, in bytes.
	Offset int
	// Msg is the reason.
	Msg string
}

// Error implements error.
func (e *ParseError) Error() string {
	return fmt.Sprintf("sigfox: %s %q: %s at offset %d", e.Type, e.Text, e.Msg, e.Offset)
}

const maxErrorText = 64

func parseError[T string | []byte](typ string, text T, offset int, msg string) *ParseError {
	return &ParseError{Type: typ, Text: string(text[:min(len(text), maxErrorText)]), Offset: offset, Msg: msg}
}

// parseHex32 reads a number of at most 8 significant hex digits in any case.
func parseHex32[T string | []byte](typ string, s T) (uint32, error) {
	if len(s) == 0 {
		return 0, parseError(typ, s, 0, "empty")
	}
	var v uint64
	for i := range len(s) {
		d := hexValue[s[i]]
		v = v<<4 | uint64(d)
		if d > 0xf {
			return 0, parseError(typ, s, i, "not a hex digit")
		}
		if v > math.MaxUint32 {
			return 0, parseError(typ, s, i, "more than 32 bits")
		}
	}
	return uint32(v), nil
}

// hexValue maps a byte to the value of its hex digit, 0xff for every other byte.
var hexValue = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, c := range []byte("0123456789") {
		t[c] = byte(i)
	}
	for i, c := range []byte("abcdef") {
		t[c], t[c-'a'+'A'] = byte(10+i), byte(10+i)
	}
	return t
}()

const (
	hexUpper = "0123456789ABCDEF"
	hexLower = "0123456789abcdef"
)

// appendHex32 appends v in upper-case hex, padded with zeros to width digits.
func appendHex32(dst []byte, v uint32, width int) []byte {
	started := false
	for shift := 28; shift >= 0; shift -= 4 {
		d := v >> shift & 0xf
		if d != 0 || started || shift < 4*width || shift == 0 {
			dst = append(dst, hexUpper[d])
			started = true
		}
	}
	return dst
}

// notHex returns the offset of the first byte that is not a hex digit.
func notHex(s []byte) int {
	i := 0
	for i < len(s) && hexValue[s[i]] <= 0xf {
		i++
	}
	return i
}

// hexValues returns the values of eight hex digits in any case, the first in the lowest
// byte; wrong is not 0 if one of them is none. All digits are worked on at once: each is a
// byte of the word, and no step carries from one into the next.
func hexValues(digits uint64) (values, wrong uint64) {
	const each = 0x0101010101010101 // times a byte: that byte everywhere
	letter := digits >> 6 & each
	digits |= letter << 5 // lower case
	values = digits&(each*0x0f) + letter*9
	// A digit is valid if its value gives the digit again, decimal digits are below
	// 10 and letters are from 10 to 15.
	again := values + each*'0' + letter*('a'-10-'0')
	return values, again ^ digits | (values+each*6^letter<<4)&(each*0x10) | values&(each*0xf0)
}

// pairs returns the four bytes of which hexValues gave the values, in the same order.
func pairs(values uint64) (four uint32) {
	values = (values<<4 | values>>8) & 0x00ff00ff00ff00ff
	values = (values | values>>8) & 0x0000ffff0000ffff
	return uint32(values | values>>16)
}
