package wire

import (
	"bytes"
	"errors"
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

// ScanBool reads true or false at offset at and returns the offset after it; 0 for
// anything else.
func ScanBool(data []byte, at int) (v bool, end int) {
	switch rest := data[at:]; {
	case bytes.HasPrefix(rest, []byte("true")):
		return true, at + len("true")
	case bytes.HasPrefix(rest, []byte("false")):
		return false, at + len("false")
	default:
		return false, 0
	}
}

// FirstMillis is where times are taken for milliseconds: as seconds it is in the
// year 5138, as milliseconds in 1973. It also bounds what is accepted, so that a time
// written in seconds is never read back as milliseconds.
const FirstMillis = 100_000_000_000

// ParseTime reads a time in Unix seconds, or in milliseconds where a template
// appends three zeros to it. A fraction, as clocks of programming languages write it, is
// cut off.
func ParseTime(text []byte) (time.Time, error) {
	v, err := ParseInt(text)
	if errors.Is(err, ErrInteger) {
		if f, floatErr := ParseFloat(text); floatErr == nil && f >= 0 && f < 1<<53 {
			v, err = int64(f), nil
		}
	}
	if err != nil {
		return time.Time{}, err
	}
	return Time(v)
}

// Time returns the time that an integer stands for, with the rules of ParseTime, in
// whole seconds.
func Time(v int64) (time.Time, error) {
	if v >= FirstMillis {
		v /= 1000
	}
	if v < 0 || v >= FirstMillis {
		return time.Time{}, ErrRange
	}
	return time.Unix(v, 0).UTC(), nil
}
