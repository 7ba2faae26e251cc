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

// ParseFloat reads a finite decimal number.
func ParseFloat(text []byte) (float64, error) {
	i := 0
	neg := len(text) > 0 && text[0] == '-'
	if neg || len(text) > 0 && text[0] == '+' {
		i++
	}
	var mantissa uint64
	digits, point := 0, -1
	for ; i < len(text); i++ {
		c := text[i]
		if c == '.' && point < 0 {
			point = i
			continue
		}
		if c-'0' > 9 {
			return parseFloatSlow(text)
		}
		mantissa = mantissa*10 + uint64(c-'0')
		digits++
	}
	if digits == 0 || digits > 18 || mantissa > 1<<53 {
		return parseFloatSlow(text)
	}
	f := float64(mantissa)
	if point >= 0 {
		f /= pow10[len(text)-1-point]
	}
	if neg {
		f = -f
	}
	return f, nil
}

// parseFloatSlow reads what the exact path above does not: exponents and long
// mantissas.
func parseFloatSlow(text []byte) (float64, error) {
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
	if neg || len(text) > 0 && text[0] == '+' {
		i++
	}
	if n := len(text) - i; n == 0 || n > 18 {
		return parseIntSlow(text)
	}
	var v int64
	for ; i < len(text); i++ {
		c := text[i]
		if c-'0' > 9 {
			return parseIntSlow(text)
		}
		v = v*10 + int64(c-'0')
	}
	if neg {
		v = -v
	}
	return v, nil
}

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

const (
	// Seconds of this size would be in the year 5138, milliseconds are in 1973.
	firstMillis = 100_000_000_000
	// The last second of the year 9999, the last that RFC 3339 can write.
	lastSecond = 253_402_300_799
)

// ParseTime reads a time in Unix seconds, or in milliseconds where a template
// appends three zeros to it.
func ParseTime(text []byte) (time.Time, error) {
	v, err := ParseInt(text)
	if err != nil {
		return time.Time{}, err
	}
	ms := int64(0)
	if v >= firstMillis {
		v, ms = v/1000, v%1000
	}
	if v < 0 || v > lastSecond {
		return time.Time{}, ErrRange
	}
	return time.Unix(v, ms*1e6).UTC(), nil
}
