package callback

import (
	"encoding/binary"
	"math/bits"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/internal/wire"
	"github.com/go-sigfox/sigfox/template"
)

// program reads a JSON body in one pass, for as long as it equals its template but
// for plain values, as what the cloud sends mostly does. What is different is left
// to template.Match, which reads the same but takes longer.
type program struct {
	steps []programStep
	tail  string // the text behind the last value
}

// programStep is a variable and the text before it.
type programStep struct {
	before  programText
	id      variable
	quoted  bool
	numeric bool
	binding *binding
}

// newProgram makes the program of a template for JSON, nil if a value in it does not
// stand alone, as in {time}000.
func newProgram(t *template.Template, bindings map[string]*binding) *program {
	if t.ValidJSON() != nil || t.Matchable() != nil {
		return nil
	}
	p := &program{tail: t.String()}
	for h := range placeholders(t) {
		if !h.alone {
			return nil
		}
		b := bindings[h.name]
		typ := catalogue[b.id].Type
		p.steps = append(p.steps, programStep{
			before: newProgramText(h.before), id: b.id, quoted: h.quoted, binding: b,
			numeric: typ == TypeInteger || typ == TypeFloat,
		})
		p.tail = h.after
	}
	return p
}

// run reads the values in r.data into the message of r. It returns false, and leaves
// the message half read, if the text is not what the program expects.
func (p *program) run(r *reader) bool {
	data, pos := r.data, 0
	for i := range p.steps {
		s := &p.steps[i]
		at := pos + len(s.before.text)
		if at >= len(data) || !s.before.at(data, pos) {
			return false
		}
		if pos = r.readStep(s, data, at); pos == 0 {
			return false
		}
	}
	return string(data[pos:]) == p.tail
}

// readStep reads the value at offset at and returns where it ends, or 0.
func (r *reader) readStep(s *programStep, data []byte, at int) (end int) {
	slot := r.slot[s.id]
	if s.numeric && data[at] != '"' {
		if end := r.scan(slot, uint8(s.id), data, at); end > 0 {
			r.seen |= 1 << s.id
			return end
		}
	}
	m := &r.outerMember
	m.Kind, m.Offset = wire.String, at
	if s.quoted {
		end = plainText(data, at)
	} else {
		if p, ok := slot.(*sigfox.Opt[Location]); ok && data[at] == '{' {
			if r.locationAt(p, data, at, 0) != nil {
				return 0
			}
			r.seen |= 1 << s.id
			return r.loc.object.Pos()
		}
		m.Kind = wire.Bare
		end = plainWord(data, at)
	}
	if end == 0 {
		return 0
	}
	m.Text = data[at:end]
	if slot == nil || m.Absent() {
		r.setBound(s.binding, m)
		return end
	}
	if r.assign(slot, m) != nil {
		return 0
	}
	r.seen |= 1 << s.id
	return end
}

// plainText returns the offset of the quote that ends the string whose content
// starts at offset at, 0 if there are escapes, control characters or bytes above ASCII
// before it.
func plainText(data []byte, at int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; at+8 <= len(data); at += 8 {
		// The high bit of each byte that ends plain text (the lowest is exact).
		w := binary.LittleEndian.Uint64(data[at:])
		quote, escape := w^ones*'"', w^ones*'\\'
		stops := (w | (w - ones*' ') | (quote - ones) | (escape - ones)) & highs
		if stops != 0 {
			at += bits.TrailingZeros64(stops) / 8
			break
		}
	}
	for ; at < len(data); at++ {
		switch c := data[at]; {
		case c == '"':
			return at
		case c == '\\' || c-' ' >= 0x7f-' ':
			return 0
		}
	}
	return 0
}

// plainWord returns the end of the number, true, false or null at offset at, 0 if
// there is something else.
func plainWord(data []byte, at int) int {
	if data[at] != '"' {
		if _, end := wire.ScanNumber(data, at); end > 0 {
			return end
		}
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if end := at + len(word); end <= len(data) && string(data[at:end]) == word {
			return end
		}
	}
	return 0
}

// programText is text of a template. Its first 16 bytes are kept as two words, too:
// compared as words they need no call.
type programText struct {
	text        string
	words, mask [2]uint64
}

const wordsLen = 16

func newProgramText(text string) programText {
	var b, m [wordsLen]byte
	for i := range copy(b[:], text) {
		m[i] = 0xff
	}
	w := programText{text: text}
	for i := range w.words {
		w.words[i] = binary.LittleEndian.Uint64(b[8*i:])
		w.mask[i] = binary.LittleEndian.Uint64(m[8*i:])
	}
	return w
}

// at reports whether data continues at pos with the text.
func (w *programText) at(data []byte, pos int) bool {
	if pos+wordsLen <= len(data) {
		d := data[pos : pos+wordsLen]
		if (binary.LittleEndian.Uint64(d)^w.words[0])&w.mask[0]|(binary.LittleEndian.Uint64(d[8:])^w.words[1])&w.mask[1] != 0 {
			return false
		}
		if len(w.text) <= wordsLen {
			return true
		}
	}
	return w.atSlow(data, pos)
}

func (w *programText) atSlow(data []byte, pos int) bool {
	return len(data)-pos >= len(w.text) && string(data[pos:pos+len(w.text)]) == w.text
}
