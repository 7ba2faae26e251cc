package wire

// MaxDepth is how deep JSON may be nested. The deepest documented callback has
// three levels.
const MaxDepth = 32

// Object reads the members of a JSON object in the order of the text. It is
// lenient in two points: a value may be a bare word or an unreplaced {name}, and the
// last one may have a comma behind it. UTF-8 is not checked: whoever keeps a text
// must do so.
//
// The zero value is ready for Reset; its memory is kept from one text to the next.
type Object struct {
	// Lazy leaves objects and arrays unread: after Next, m.Text is nil and Text or
	// SetPos must be called; otherwise the following Next skips them.
	Lazy bool

	data    []byte
	pos     int
	members int  // read so far
	more    bool // the end was not reached
	nested  bool // the last value is an object or array not yet read
	buf     []byte
	err     *SyntaxError
}

// Reset starts to read the object at offset in data, white space before it
// allowed. Offsets in members and errors count from the start of data.
func (o *Object) Reset(data []byte, offset int) {
	o.data, o.pos, o.buf = data, SkipSpace(data, offset), o.buf[:0]
	o.members, o.nested, o.err = 0, false, nil
	o.more = true
	if o.peek() != '{' {
		o.fail("object expected")
	}
}

// Pos returns the offset of the next byte to be read: after the object once
// Next has returned false without error.
func (o *Object) Pos() int { return o.pos }

// Accept goes on at offset pos, behind n members that the caller has read.
func (o *Object) Accept(n, pos int) { o.members, o.pos = n, pos }

// Between returns how many members were read and the offset after the last one; ok is
// false if its value was left unread, or is wrong.
func (o *Object) Between() (n, pos int, ok bool) {
	return o.members, o.pos, o.more && !o.nested
}

// Err returns the first syntax error.
func (o *Object) Err() *SyntaxError { return o.err }

// Next reads the next member into m. It returns false after the last one and
// at a syntax error.
func (o *Object) Next(m *Member) bool {
	if o.nested && !o.Text(m) {
		return false
	}
	if !o.more || o.members > 0 && o.end() {
		return false
	}
	if !o.name(m) {
		return false
	}
	o.members++
	return o.value(m) && (o.Lazy || o.Text(m))
}

// end moves past the brace at the end of the object, if it is next.
func (o *Object) end() bool {
	if o.pos < len(o.data) && o.data[o.pos] == '}' {
		o.pos++
		o.more = false
	}
	return !o.more
}

// Text reads the object or array that Next left unread, so that m.Text is its JSON.
func (o *Object) Text(m *Member) bool {
	if !o.nested {
		return true
	}
	o.nested = false
	var ok bool
	m.Text, ok = o.composite()
	return ok
}

// SetPos goes on after the object or array that Next left unread and that the
// caller has read up to pos.
func (o *Object) SetPos(pos int) { o.pos, o.nested = pos, false }

// name reads what stands before a value: a brace or comma, the name, a colon. It
// returns false at the end of the object.
func (o *Object) name(m *Member) bool {
	if !o.separator() {
		return false
	}
	if o.peek() != '"' {
		return o.fail("member name expected")
	}
	var ok bool
	if m.Name, ok = o.str(); !ok {
		return false
	}
	o.space()
	if o.peek() != ':' {
		return o.fail("colon expected")
	}
	o.pos++
	o.space()
	return true
}

// separator reads the brace before the first member or the comma before another.
// It returns false after the brace at the end.
func (o *Object) separator() bool {
	o.space()
	first := o.members == 0
	switch c := o.peek(); {
	case first, c == ',': // Reset has seen the brace
		o.pos++
		o.space()
		if o.peek() != '}' {
			return true
		}
	case c != '}':
		return o.fail("comma or end expected")
	}
	o.pos++
	o.more = false
	return false
}

// value reads one value into m, an object or array only up to its start.
func (o *Object) value(m *Member) bool {
	m.Offset = o.pos
	switch c := o.peek(); c {
	case '"':
		m.Kind = String
		var ok bool
		m.Text, ok = o.str()
		return ok
	case '{', '[':
		if end := placeholderEnd(o.data[o.pos:]); end > 0 {
			m.Kind, m.Text = Bare, o.data[o.pos:o.pos+end]
			o.pos += end
			return true
		}
		m.Kind, m.Text, o.nested = Composite, nil, true
		return true
	default:
		i := o.pos
		for i < len(o.data) && bareByte[o.data[i]] {
			i++
		}
		if i == o.pos {
			return o.fail("value expected")
		}
		m.Kind, m.Text = Bare, o.data[o.pos:i]
		o.pos = i
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
	for i < len(data) && isSpace(data[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// BareByte reports whether c is one of the bytes of numbers, literals and unquoted ids.
func BareByte(c byte) bool { return bareByte[c] }

// bareByte marks the bytes of numbers, literals and unquoted ids.
var bareByte = func() (t [256]bool) {
	for c := range 256 {
		b := byte(c)
		t[c] = b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b == '+' || b == '-' || b == '.' || b == '/' || b == '_'
	}
	return t
}()
