package wire

import "bytes"

// Pairs reads free text in which each value has a label, as templates of type
// text/plain are written: "device:{device}; data:{data}" or "device => {device}"
// on a line of its own. Pairs end at a line end, ";", "," or "&"; labels at ":",
// "=" or "=>". A value that starts with a quote or bracket goes on to the one that
// closes it; the quotes are none of it.
//
// The zero value is ready for Reset.
type Pairs struct {
	data []byte
	pos  int
}

// Reset starts to read data.
func (p *Pairs) Reset(data []byte) { *p = Pairs{data: data} }

// Err returns nil: text without labels has no pairs, which is not an error.
func (p *Pairs) Err() *SyntaxError { return nil }

// Next reads the next pair into m. It returns false after the last one.
func (p *Pairs) Next(m *Member) bool {
	for p.pos < len(p.data) {
		start := p.pos
		pair := p.data[start:]
		if i := bytes.IndexAny(pair, pairEnds); i >= 0 {
			pair = pair[:i]
		}
		p.pos += len(pair) + 1
		i := bytes.IndexAny(pair, ":=")
		if i <= 0 {
			continue
		}
		name := bytes.Trim(pair[:i], " \t\"")
		i++
		if i < len(pair) && pair[i] == '>' {
			i++
		}
		for i < len(pair) && (pair[i] == ' ' || pair[i] == '\t') {
			i++
		}
		if len(name) == 0 {
			continue
		}
		m.Name, m.Text, m.Kind, m.Offset = name, bytes.TrimRight(pair[i:], " \t"), String, start+i
		p.enclosed(m)
		return true
	}
	return false
}

// pairEnds are the bytes at which a pair ends.
const pairEnds = "\n\r;,&"

// enclosed takes all of a value in quotes or brackets, if nothing but the end of the pair
// follows it.
func (p *Pairs) enclosed(m *Member) {
	value := p.data[m.Offset:]
	if len(value) == 0 {
		return
	}
	end := 0
	switch value[0] {
	case '"':
		end = bytes.IndexByte(value[1:], '"') + 2
	case '[', '{':
		o := Object{data: value}
		if text, ok := o.composite(); ok {
			end = len(text)
		}
	}
	rest := bytes.TrimLeft(value[end:], " \t")
	if end < 2 || len(rest) > 0 && bytes.IndexByte([]byte(pairEnds), rest[0]) < 0 {
		return
	}
	if m.Text = value[:end]; value[0] == '"' {
		m.Text = value[1 : end-1]
		m.Offset++
	}
	p.pos = len(p.data) - len(rest) + 1
}
