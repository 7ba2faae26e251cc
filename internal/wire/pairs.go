package wire

import "bytes"

// Pairs reads free text in which each value has a label, as templates of type
// text/plain are written: "device:{device}; data:{data}" or "device => {device}"
// on a line of its own. Pairs end at a line end, ";", "," or "&"; labels at ":",
// "=" or "=>".
//
// The zero value is ready for Reset.
type Pairs struct {
	data []byte
	pos  int
}

// Reset starts to read data.
func (p *Pairs) Reset(data []byte) { *p = Pairs{data: data} }

// Err returns nil: text without labels has no pairs, which is no error.
func (p *Pairs) Err() *SyntaxError { return nil }

// Next reads the next pair into m. It returns false after the last one.
func (p *Pairs) Next(m *Member) bool {
	for p.pos < len(p.data) {
		start := p.pos
		pair := p.data[start:]
		if i := bytes.IndexAny(pair, "\n\r;,&"); i >= 0 {
			pair = pair[:i]
		}
		p.pos += len(pair) + 1
		i := bytes.IndexAny(pair, ":=")
		if i <= 0 {
			continue
		}
		name := bytes.TrimSpace(pair[:i])
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
		return true
	}
	return false
}
