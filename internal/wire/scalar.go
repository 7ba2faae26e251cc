package wire

import (
	"errors"
	"math"
	"strconv"
	"time"
)

// The reasons why a text is not the scalar that it should be.
var (
	ErrNumber  = errors.New("not a number")
	ErrInteger = errors.New("not an integer")
	ErrBool    = errors.New("not a boolean")
	ErrRange   = errors.New("out of range")
	ErrUTF8    = errors.New("invalid UTF-8")
)

// Absent reports whether text stands for no value: it is empty, "null", "N/A", or
// a placeholder such as {customData#x} that the cloud did not replace.
func Absent(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	switch text[0] {
	case 'n':
		return string(text) == "null"
	case 'N':
		return string(text) == "N/A"
	case '{':
		return placeholderEnd(text) == len(text)
	default:
		return false
	}
}

// placeholderEnd returns the length of the {name} at the start of s, 0 if there
// is none.
func placeholderEnd(s []byte) int {
	if len(s) < 3 || s[0] != '{' {
		return 0
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '}' && i > 1:
			return i + 1
		case !bareByte[c] && c != '#':
			return 0
		}
	}
	return 0
}

// ParseBool reads true or false in any case, 1 or 0.
func ParseBool(text []byte) (bool, error) {
	switch len(text) {
	case 1:
		switch text[0] {
		case '1':
			return true, nil
		case '0':
			return false, nil
		}
	case 4:
		if equalFold(text, "true") {
			return true, nil
		}
	case 5:
		if equalFold(text, "false") {
			return false, nil
		}
	}
	return false, ErrBool
}

// equalFold compares ASCII text with lower-case letters.
func equalFold(text []byte, lower string) bool {
	for i := range len(lower) {
		if text[i]|0x20 != lower[i] {
			return false
		}
	}
	return true
}

// pow10 holds the powers of ten that a float64 holds exactly.
var pow10 = [...]float64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// Number is a decimal number without exponent: Mantissa / 10^Decimals.
type Number struct {
	Mantissa int64
	Decimals int
	Digits   int // those behind the point included
}

// maxDigits is how many digits always fit a Mantissa.
const maxDigits = 18

// ScanNumber reads the JSON value at the start of data if it is a plain decimal
// number that Float gives exactly, in quotes or not, and returns its length with
// the quotes; 0 for anything else, which is left to ParseFloat and ParseInt.
func ScanNumber(data []byte, quoted bool) (n Number, length int) {
	start := 0
	if quoted {
		start = 1
	}
	neg := len(data) > start && data[start] == '-'
	if neg {
		start++
	}
	if start >= len(data) {
		return n, 0
	}
	mantissa, point := int64(0), 0
	end := len(data)
	for i, c := range data[start:] {
		if d := c - '0'; d <= 9 {
			mantissa = mantissa*10 + int64(d)
		} else if c == '.' && point == 0 {
			point = i + 1
		} else {
			end = i
			break
		}
	}
	if end >= len(data)-start {
		return n, 0
	}
	n.Mantissa, n.Digits = mantissa, end
	if point > 0 {
		n.Digits--
		n.Decimals = end - point
	}
	if n.Digits == 0 || n.Digits > maxDigits || mantissa > 1<<53 {
		return n, 0
	}
	if neg {
		n.Mantissa = -mantissa
	}
	length = start + end
	c := data[length]
	if quoted && c == '"' {
		return n, length + 1
	}
	if !quoted && (c == ',' || c == '}' || c <= ' ') {
		return n, length
	}
	return n, 0
}

// Float returns the value. The sign of -0 is lost.
func (n Number) Float() float64 {
	if n.Decimals == 0 {
		return float64(n.Mantissa)
	}
	return float64(n.Mantissa) / pow10[n.Decimals]
}

// ScanBool reads the JSON value at the start of data if it is true or false, and
// returns its length; 0 for anything else.
func ScanBool(data []byte) (v bool, length int) {
	if len(data) > 4 && string(data[:4]) == "true" && !bareByte[data[4]] {
		return true, 4
	}
	if len(data) > 5 && string(data[:5]) == "false" && !bareByte[data[5]] {
		return false, 5
	}
	return false, 0
}

// ParseFloat reads a finite decimal number.
func ParseFloat(text []byte) (float64, error) {
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

// ParseInt reads an integer. A fraction of zeros ("42.0") is accepted.
func ParseInt(text []byte) (int64, error) {
	i := 0
	neg := len(text) > 0 && text[0] == '-'
	if neg {
		i++
	}
	if n := len(text) - i; n == 0 || n > maxDigits {
		return parseIntSlow(text)
	}
	var v int64
	for ; i < len(text); i++ {
		d := text[i] - '0'
		if d > 9 {
			return parseIntSlow(text)
		}
		v = v*10 + int64(d)
	}
	if neg {
		v = -v
	}
	return v, nil
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

// firstMillis is where times are taken for milliseconds: as seconds it is in the
// year 5138, as milliseconds in 1973. It also bounds what is accepted, so that a time
// written in seconds is never read back as milliseconds.
const firstMillis = 100_000_000_000

// ParseTime reads a time in Unix seconds, or in milliseconds where a template
// appends three zeros to it.
func ParseTime(text []byte) (time.Time, error) {
	v, err := ParseInt(text)
	if err != nil {
		return time.Time{}, err
	}
	return Time(v)
}

// Time returns the time that an integer stands for, with the rules of ParseTime, in
// whole seconds.
func Time(v int64) (time.Time, error) {
	if v >= firstMillis {
		v /= 1000
	}
	if v < 0 || v >= firstMillis {
		return time.Time{}, ErrRange
	}
	return time.Unix(v, 0).UTC(), nil
}
