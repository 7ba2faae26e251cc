package wire

import (
	"encoding/binary"
	"math/bits"
)

// MaxDepth is how deep JSON may be nested. The deepest documented callback has
// three levels.
const MaxDepth = 32

// Object reads the members of a JSON object in the order of the text. It is
// lenient in one point: a value may be a bare word or an unreplaced {name}.
// The text must be valid UTF-8.
//
// The zero value is ready for Reset; its buffer is kept from one text to the next.
type Object struct {
	data []byte
	pos  int
	more bool
	buf  []byte
	err  *SyntaxError
}

// Reset starts to read the object that begins at or after offset in data.
// Offsets in members and errors count from the start of data.
func (o *Object) Reset(data []byte, offset int) {
	*o = Object{data: data, pos: offset, buf: o.buf[:0]}
	o.space()
	if o.peek() != '{' {
		o.fail("object expected")
		return
	}
	o.pos++
	o.space()
	if o.peek() == '}' {
		o.pos++
		return
	}
	o.more = true
}

// Pos returns the offset of the next byte to be read: after the object once
// Next has returned false without error.
func (o *Object) Pos() int { return o.pos }

// Err returns the first syntax error.
func (o *Object) Err() *SyntaxError { return o.err }

// Next reads the next member into m. It returns false after the last one and
// at a syntax error.
func (o *Object) Next(m *Member) bool {
	if !o.more {
		return false
	}
	if o.peek() != '"' {
		return o.fail("member name expected")
	}
	var ok bool
	if m.Name, ok = o.str(); !ok {
		return false
	}
	if o.peek() != ':' {
		if o.space(); o.peek() != ':' {
			return o.fail("colon expected")
		}
	}
	o.pos++
	if o.peek() <= ' ' {
		o.space()
	}
	if !o.value(m) {
		return false
	}
	return o.separator('}')
}

// Array calls yield with each element of a JSON array, in the order of the text.
func Array(data []byte, offset int, yield func(m *Member) bool) *SyntaxError {
	o := Object{data: data, pos: offset}
	if o.peek() != '[' {
		o.fail("array expected")
		return o.err
	}
	o.pos++
	o.space()
	if o.peek() == ']' {
		return nil
	}
	o.more = true
	var m Member
	for o.more {
		if !o.value(&m) || !o.separator(']') || !yield(&m) {
			break
		}
	}
	return o.err
}

// separator reads the comma after a value, or the end of the object or array.
func (o *Object) separator(end byte) bool {
	c := o.peek()
	if c <= ' ' {
		o.space()
		c = o.peek()
	}
	switch c {
	case ',':
		o.pos++
		if o.peek() <= ' ' {
			o.space()
		}
		return true
	case end:
		o.pos++
		o.more = false
		return true
	default:
		return o.fail("comma or end expected")
	}
}

// value reads one value into m.
func (o *Object) value(m *Member) bool {
	m.Offset = o.pos
	var ok bool
	switch c := o.peek(); {
	case c == '"':
		m.Kind = String
		m.Text, ok = o.str()
		return ok
	case c == '{' || c == '[':
		if end := placeholderEnd(o.data[o.pos:]); end > 0 {
			m.Kind, m.Text = Bare, o.data[o.pos:o.pos+end]
			o.pos += end
			return true
		}
		m.Kind = Composite
		m.Text, ok = o.composite()
		return ok
	default:
		m.Kind = Bare
		start := o.pos
		for o.pos < len(o.data) && bareByte[o.data[o.pos]] {
			o.pos++
		}
		if o.pos == start {
			return o.fail("value expected")
		}
		m.Text = o.data[start:o.pos]
		return true
	}
}

// composite skips a nested object or array and returns its text. It checks its
// strings and its brackets, which is all that is needed to find its end.
func (o *Object) composite() ([]byte, bool) {
	start := o.pos
	var closers [MaxDepth]byte
	depth := 0
	for o.pos < len(o.data) {
		switch c := o.data[o.pos]; c {
		case '{', '[':
			if depth == MaxDepth {
				return nil, o.fail("nested too deep")
			}
			closers[depth] = c + 2 // '{' and '}', '[' and ']' are two apart
			depth++
		case '}', ']':
			depth--
			if closers[depth] != c {
				return nil, o.fail("brackets do not match")
			}
			if depth == 0 {
				o.pos++
				return o.data[start:o.pos], true
			}
		case '"':
			if _, ok := o.rawString(); !ok {
				return nil, false
			}
			continue
		}
		o.pos++
	}
	return nil, o.fail("unexpected end")
}

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
	o.buf = appendUnescaped(o.buf, raw)
	return o.buf[from:len(o.buf):len(o.buf)], true
}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// rawString moves past a string and reports whether it holds an escape.
func (o *Object) rawString() (escaped, ok bool) {
	data := o.data
	i := o.pos + 1
	for {
		// Eight bytes at a time, until one of them is a quote, a backslash or a
		// control character.
		for i+8 <= len(data) {
			w := binary.LittleEndian.Uint64(data[i:])
			quote, slash := w^lowBits*'"', w^lowBits*'\\'
			stop := ((quote-lowBits)&^quote | (slash-lowBits)&^slash | (w-lowBits*' ')&^w) & highBits
			if stop != 0 {
				i += bits.TrailingZeros64(stop) >> 3
				break
			}
			i += 8
		}
		if i >= len(data) {
			o.pos = len(data)
			return false, o.fail("unexpected end of string")
		}
		switch c := data[i]; {
		case c == '"':
			o.pos = i + 1
			return escaped, true
		case c == '\\':
			escaped = true
			n := escapeLen(data[i:])
			if n == 0 {
				o.pos = i
				return false, o.fail("unknown escape")
			}
			i += n
		case c < ' ':
			o.pos = i
			return false, o.fail("control character in string")
		default:
			i++
		}
	}
}

func (o *Object) peek() byte {
	if o.pos < len(o.data) {
		return o.data[o.pos]
	}
	return 0
}

func (o *Object) space() { o.pos = SkipSpace(o.data, o.pos) }

func (o *Object) fail(msg string) bool {
	o.more = false
	if o.err == nil {
		if o.pos >= len(o.data) {
			msg = "unexpected end"
		}
		o.err = &SyntaxError{Offset: min(o.pos, len(o.data)), Msg: msg}
	}
	return false
}

// SkipSpace returns the offset of the first byte at or after i that is no JSON
// white space.
func SkipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t') {
		i++
	}
	return i
}

// bareByte marks the bytes of numbers, literals and unquoted ids.
var bareByte = func() (t [256]bool) {
	for c := range 256 {
		b := byte(c)
		t[c] = b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b == '+' || b == '-' || b == '.' || b == '/' || b == '_'
	}
	return t
}()
