package wire

import "bytes"

// Form reads the parameters of a query or of an application/x-www-form-urlencoded
// body, in the order of the text. A name without "=" has an empty value.
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
		start := f.pos
		pair := f.data[start:]
		if i := bytes.IndexByte(pair, '&'); i >= 0 {
			pair = pair[:i]
		}
		f.pos += len(pair) + 1
		if len(pair) == 0 {
			continue
		}
		name, value, found := bytes.Cut(pair, []byte{'='})
		m.Kind = String
		m.Offset = start + len(name)
		if found {
			m.Offset++
		}
		m.Name = f.decode(name, start)
		m.Text = f.decode(value, m.Offset)
		return f.err == nil
	}
	return false
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
