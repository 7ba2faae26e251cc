package template

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
