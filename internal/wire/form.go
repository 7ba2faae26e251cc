package wire

import "bytes"

// Form reads the parameters of a query or of an application/x-www-form-urlencoded
// body, in the order of the text. A name without "=" has an empty value. White space
// around a parameter is none of it: templates are written on several lines, and what is
// part of a name or value is encoded.
//
// The zero value is ready for Reset; its buffer is kept from one text to the next.
type Form struct {
	data []byte
	pos  int
	buf  []byte
	err  *SyntaxError
}

// Reset starts to read data.
func (f *Form) Reset(data []byte) { *f = Form{data: data, buf: f.buf[:0]} }

// Err returns the first syntax error: a percent sign without two hex digits.
func (f *Form) Err() *SyntaxError { return f.err }

// Next reads the next parameter into m. It returns false after the last one and
// at a syntax error.
func (f *Form) Next(m *Member) bool {
	for f.pos < len(f.data) && f.err == nil {
		start := SkipSpace(f.data, f.pos)
		end := len(f.data)
		if i := bytes.IndexByte(f.data[start:], '&'); i >= 0 {
			end = start + i
		}
		f.pos = end + 1
		name, value, found := bytes.Cut(f.data[start:end], []byte{'='})
		if found {
			m.Offset = SkipSpace(f.data, start+len(name)+1)
			name, value = trimEnd(name), trimEnd(f.data[m.Offset:end])
		} else {
			name = trimEnd(name)
			m.Offset = start + len(name)
		}
		if len(name) == 0 && !found {
			continue
		}
		m.Kind = String
		m.Name = f.decode(name, start)
		m.Text = f.decode(value, m.Offset)
		return f.err == nil
	}
	return false
}

// trimEnd cuts off the white space at the end of s.
func trimEnd(s []byte) []byte {
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// decode undoes percent-encoding. Text without it is returned as it is.
func (f *Form) decode(s []byte, offset int) []byte {
	plain := 0
	for plain < len(s) && s[plain] != '%' && s[plain] != '+' {
		plain++
	}
	if plain == len(s) {
		return s
	}
	from := len(f.buf)
	f.buf = append(f.buf, s[:plain]...)
	for i := plain; i < len(s); i++ {
		switch s[i] {
		case '+':
			f.buf = append(f.buf, ' ')
		case '%':
			if i+2 >= len(s) {
				return f.fail(offset + i)
			}
			hi, ok1 := hexDigit(s[i+1])
			lo, ok2 := hexDigit(s[i+2])
			if !ok1 || !ok2 {
				return f.fail(offset + i)
			}
			f.buf = append(f.buf, hi<<4|lo)
			i += 2
		default:
			f.buf = append(f.buf, s[i])
		}
	}
	return f.buf[from:len(f.buf):len(f.buf)]
}

func (f *Form) fail(offset int) []byte {
	f.err = &SyntaxError{Offset: offset, Msg: "percent sign without two hex digits"}
	return nil
}
