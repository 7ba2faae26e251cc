package template

import (
	"unicode/utf16"
	"unicode/utf8"
)

// appendUnescapedJSON appends the text that the inside of a JSON string stands
// for. The string is one that scanString accepted; a lone surrogate becomes U+FFFD.
func appendUnescapedJSON(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			i++
			continue
		}
		if s[i+1] != 'u' {
			dst = append(dst, unescapedByte(s[i+1]))
			i += 2
			continue
		}
		r, _ := hex4(s[i+2:])
		i += 6
		if utf16.IsSurrogate(r) {
			low := rune(-1)
			if i+1 < len(s) && s[i] == '\\' && s[i+1] == 'u' {
				low, _ = hex4(s[i+2:])
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				i += 6
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

func unescapedByte(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	default:
		return c
	}
}

// appendUnescapedForm appends the text that a form field or a part of a query
// stands for: %XX and '+' decoded. A '%' without two hex digits is itself.
func appendUnescapedForm(dst, s []byte) []byte { return appendUnescapedPercent(dst, s, ' ') }

// appendUnescapedPath is appendUnescapedForm for a path, where '+' is itself.
func appendUnescapedPath(dst, s []byte) []byte { return appendUnescapedPercent(dst, s, '+') }

func appendUnescapedPercent(dst, s []byte, plus byte) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '+':
			c = plus
		case c == '%' && i+2 < len(s):
			hi, lo := hexDigit[s[i+1]], hexDigit[s[i+2]]
			if hi|lo <= 0xf {
				c = hi<<4 | lo
				i += 2
			}
		}
		dst = append(dst, c)
	}
	return dst
}

// hexDigit maps a byte to the value of its hex digit, 0xff for every other byte.
var hexDigit = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i := range byte(10) {
		t['0'+i] = i
	}
	for i := range byte(6) {
		t['a'+i], t['A'+i] = 10+i, 10+i
	}
	return t
}()
