package template

import "unicode/utf8"

const (
	hexDigits   = "0123456789abcdef"
	upperDigits = "0123456789ABCDEF"
)

// The escape functions work on the value that was appended last: dst[n:].
// They return dst as it is if there is nothing to escape. If there is, they
// append the escaped form and then move it over the raw one, so the buffer
// needs room for both.

// escapeString escapes dst[n:] for the inside of a JSON string. Invalid UTF-8
// becomes U+FFFD.
func escapeString(dst []byte, n int) []byte {
	m := len(dst)
	clean := plainLen(dst, n, &isPlain)
	if clean == m {
		return dst
	}
	return overwrite(appendEscapedJSON(dst, dst[clean:m]), clean, m)
}

// plainLen returns the position of the first byte of dst from n that is not in
// plain, len(dst) if there is none. It goes byte by byte: words cannot be read
// back fast while the bytes are still being written.
func plainLen(dst []byte, n int, plain *[256]bool) int {
	for n < len(dst) && plain[dst[n]] {
		n++
	}
	return n
}

// overwrite moves dst[m:] down to n.
func overwrite(dst []byte, n, m int) []byte { return dst[:n+copy(dst[n:], dst[m:])] }

func appendEscapedJSON(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if isPlain[c] {
			dst = append(dst, c)
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
			continue
		}
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		}
		i++
	}
	return dst
}

// quote makes dst[n:] a JSON string.
func quote(dst []byte, n int) []byte {
	m := len(dst)
	dst = append(dst, '"')
	dst = appendEscapedJSON(dst, dst[n:m])
	return overwrite(append(dst, '"'), n, m)
}

// bareValue makes dst[n:] a JSON value of the given kind.
func bareValue(dst []byte, n int, kind Kind) []byte {
	v := dst[n:]
	ok := false
	if kind != KindString {
		if end, good := scanScalar(v, 0); good {
			ok = end == len(v)
		} else if isContainer(v) && kind != KindNumber {
			end, good = scanValue(v, 0)
			ok = good && end == len(v)
		}
	}
	if ok {
		return dst
	}
	return quote(dst, n)
}

func isContainer(v []byte) bool { return len(v) > 0 && (v[0] == '{' || v[0] == '[') }

// escapePercent percent-encodes all of dst[n:] but the unreserved characters of RFC 3986.
func escapePercent(dst []byte, n int) []byte {
	m := len(dst)
	n = plainLen(dst, n, &isUnreserved)
	if n == m {
		return dst
	}
	for _, c := range dst[n:m] {
		if isUnreserved[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', upperDigits[c>>4], upperDigits[c&0xf])
		}
	}
	return overwrite(dst, n, m)
}

// hasControl reports whether s has a control character of ASCII.
func hasControl[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return true
		}
	}
	return false
}

// isPlain holds the bytes that stand for themselves in a JSON string.
var isPlain = func() (set [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		set[c] = c != '"' && c != '\\'
	}
	return set
}()

// isUnreserved holds the bytes that percent-encoding leaves alone.
var isUnreserved = func() (set [256]bool) {
	for i := range set {
		c := byte(i)
		set[i] = isLetter(c) || isDigit(c) || c == '-' || c == '.' || c == '_' || c == '~'
	}
	return set
}()
