package template

import (
	"unicode/utf8"

	"github.com/go-sigfox/sigfox/internal/wire"
)

// maxDepth bounds the nesting of JSON in templates and in values.
const maxDepth = 64

// The scan functions read one token of text from p and return the position
// behind it. If the text is not what they read, ok is false and the position is
// that of the fault.

// skipSpace returns the position of the first byte from p that is no JSON white space.
func skipSpace(text []byte, p int) int {
	if p == len(text) || text[p] > ' ' {
		return p
	}
	return skipSpaces(text, p)
}

func skipSpaces(text []byte, p int) int {
	for p < len(text) && isSpace(text[p]) {
		p++
	}
	return p
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// scanString reads the inside of a JSON string, up to the closing quote, whose
// position it returns. escaped tells whether there is a backslash in it.
func scanString(text []byte, p int) (end int, escaped, ok bool) {
	for p+8 <= len(text) {
		mask := special(load8(text[p:]))
		if mask == 0 {
			p += 8
			continue
		}
		p += firstByte(mask)
		if text[p] == '"' {
			return p, escaped, true
		}
		break
	}
	return scanStringSlow(text, p)
}

func scanStringSlow(text []byte, p int) (end int, escaped, ok bool) {
	for p < len(text) {
		switch c := text[p]; {
		case c == '"':
			return p, escaped, true
		case c == '\\':
			n := wire.EscapeLen(text[p:])
			if n == 0 {
				return p, escaped, false
			}
			escaped = true
			p += n
		case c < ' ':
			return p, escaped, false
		case c < utf8.RuneSelf:
			p++
		default:
			r, n := utf8.DecodeRune(text[p:])
			if r == utf8.RuneError && n == 1 {
				return p, escaped, false
			}
			p += n
		}
	}
	return p, escaped, false
}

// scanDigits returns the position of the first byte from p that is no digit.
func scanDigits(text []byte, p int) int {
	for p+8 <= len(text) {
		mask := notDigit(load8(text[p:]))
		if mask != 0 {
			return p + firstByte(mask)
		}
		p += 8
	}
	for p < len(text) && isDigit(text[p]) {
		p++
	}
	return p
}

// shortNumber returns the end of the integer of at most 7 digits at p that a
// comma follows, 0 if it is something else or has to be looked at more closely.
func shortNumber(text []byte, p int) int {
	if p+8 > len(text) {
		return 0
	}
	n := p + firstByte(notDigit(load8(text[p:])))
	if n == p || n > p+1 && text[p] == '0' || n == len(text) || text[n] != ',' {
		return 0
	}
	return n
}

// shortString returns the end of the string of at most 8 plain bytes whose
// inside is at p, 0 if it has to be looked at more closely.
func shortString(text []byte, p int) int {
	if p+8 > len(text) {
		return 0
	}
	n := p + firstByte(special(load8(text[p:])))
	if n == len(text) || text[n] != '"' {
		return 0
	}
	return n
}

// scanNumber reads a JSON number.
func scanNumber(text []byte, p int) (end int, ok bool) {
	if p < len(text) && text[p] == '-' {
		p++
	}
	end = scanDigits(text, p)
	if end == p || text[p] == '0' && end > p+1 {
		return p, false
	}
	p = end
	if p < len(text) && text[p] == '.' {
		if end = scanDigits(text, p+1); end == p+1 {
			return p, false
		}
		p = end
	}
	if p < len(text) && text[p]|0x20 == 'e' {
		p++
		if p < len(text) && (text[p] == '+' || text[p] == '-') {
			p++
		}
		if end = scanDigits(text, p); end == p {
			return p, false
		}
		p = end
	}
	return p, true
}

// scanScalar reads a JSON number, true, false or null.
func scanScalar(text []byte, p int) (end int, ok bool) {
	if p == len(text) {
		return p, false
	}
	word := "null"
	switch text[p] {
	case 't':
		word = "true"
	case 'f':
		word = "false"
	case 'n':
	default:
		return scanNumber(text, p)
	}
	if len(text)-p < len(word) || string(text[p:p+len(word)]) != word {
		return p, false
	}
	return p + len(word), true
}

// nesting is the stack of scanValue: one bit for each open container, set for an object.
type nesting struct {
	objects uint64
	depth   int
}

func (n *nesting) inObject() bool { return n.depth > 0 && n.objects&1 == 1 }

// open enters the container that starts with c.
func (n *nesting) open(c byte) {
	n.depth++
	n.objects <<= 1
	if c == '{' {
		n.objects |= 1
	}
}

// closeAll leaves the containers that end at p and returns the position of what
// follows them: a comma's successor, or the end of the whole value.
func (n *nesting) closeAll(text []byte, p int) (end int, ok bool) {
	for n.depth > 0 {
		p = skipSpace(text, p)
		if p == len(text) {
			return p, false
		}
		closer := byte(']')
		if n.inObject() {
			closer = '}'
		}
		switch text[p] {
		case ',':
			return p + 1, true
		case closer:
			p++
			n.depth--
			n.objects >>= 1
		default:
			return p, false
		}
	}
	return p, true
}

// scanValue reads any JSON value.
func scanValue(text []byte, p int) (end int, ok bool) {
	var n nesting
	for {
		p = skipSpace(text, p)
		if n.inObject() {
			if p, ok = scanKey(text, p); !ok {
				return p, false
			}
			p = skipSpace(text, p)
		}
		if p == len(text) {
			return p, false
		}
		switch c := text[p]; c {
		case '{', '[':
			if n.depth == maxDepth {
				return p, false
			}
			n.open(c)
			p = skipSpace(text, p+1)
			if p == len(text) || text[p] != c+2 { // not closed at once by '}' or ']'
				continue
			}
		case '"':
			if p, _, ok = scanString(text, p+1); !ok {
				return p, false
			}
			p++
		default:
			if end = shortNumber(text, p); end > 0 {
				p = end
			} else if p, ok = scanScalar(text, p); !ok {
				return p, false
			}
		}
		if n.depth > 0 && p < len(text) && text[p] == ',' {
			p++
			continue
		}
		if p, ok = n.closeAll(text, p); !ok || n.depth == 0 {
			return p, ok
		}
	}
}

// scanKey reads a JSON member's key and the colon.
func scanKey(text []byte, p int) (end int, ok bool) {
	if p == len(text) || text[p] != '"' {
		return p, false
	}
	p++
	if end = shortString(text, p); end > 0 {
		p = end
	} else if p, _, ok = scanString(text, p); !ok {
		return p, false
	}
	p = skipSpace(text, p+1)
	if p == len(text) || text[p] != ':' {
		return p, false
	}
	return p + 1, true
}
