package wire

import "strings"

// IsToken reports whether s can be the name of a header (RFC 9110, 5.6.2).
func IsToken(s string) bool {
	for _, c := range []byte(s) {
		alnum := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !alnum && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

// IsFieldValue reports whether a request can bring s as the value of a header just as it
// is: control characters cannot be sent, and space around it is dropped (RFC 9110, 5.5).
func IsFieldValue(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return strings.Trim(s, " \t") == s
}
