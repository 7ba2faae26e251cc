package wire

import (
	"encoding/binary"
	"math/bits"
)

// str reads a string and returns its unescaped content.
func (o *Object) str() ([]byte, bool) {
	start := o.pos + 1
	escaped, ok := o.rawString()
	if !ok {
		return nil, false
	}
	raw := o.data[start : o.pos-1]
	if !escaped {
		return raw, true
	}
	from := len(o.buf)
	o.buf = AppendUnescaped(o.buf, raw)
	return o.buf[from:len(o.buf):len(o.buf)], true
}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// plainString returns the offset of the quote that ends the string whose content
// starts at i, or of the first byte that makes the string more than plain text: a
// backslash, a control character or the end of data.
func plainString(data []byte, i int) int {
	// Eight bytes at a time, until one of them stops it.
	for i+8 <= len(data) {
		w := binary.LittleEndian.Uint64(data[i:])
		quote, slash := w^lowBits*'"', w^lowBits*'\\'
		stop := ((quote-lowBits)&^quote | (slash-lowBits)&^slash | (w-lowBits*' ')&^w) & highBits
		if stop != 0 {
			return i + bits.TrailingZeros64(stop)>>3
		}
		i += 8
	}
	for i < len(data) && data[i] != '"' && data[i] != '\\' && data[i] >= ' ' {
		i++
	}
	return i
}

// rawString moves past a string and reports whether it holds an escape.
func (o *Object) rawString() (escaped, ok bool) {
	i := o.pos + 1
	for {
		if i = plainString(o.data, i); i == len(o.data) {
			o.pos = i
			return false, o.fail("unexpected end of string")
		}
		switch o.data[i] {
		case '"':
			o.pos = i + 1
			return escaped, true
		case '\\':
			escaped = true
			n := EscapeLen(o.data[i:])
			if n == 0 {
				o.pos = i
				return false, o.fail("unknown escape")
			}
			i += n
		default:
			o.pos = i
			return false, o.fail("control character in string")
		}
	}
}

// ScanText returns the content of the string at offset at if it has no escapes; ok is
// false for anything else.
func ScanText(data []byte, at int) (text []byte, ok bool) {
	if at >= len(data) || data[at] != '"' {
		return nil, false
	}
	end := plainString(data, at+1)
	if end == len(data) || data[end] != '"' {
		return nil, false
	}
	return data[at+1 : end], true
}
