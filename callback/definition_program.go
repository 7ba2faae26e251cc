package callback

import (
	"strings"

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

// programStep is a variable and the text before it, which has no quote of the value.
type programStep struct {
	wire.Step
	binding *binding
	quoted  bool
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
		if h.quoted {
			h.before, h.after = strings.TrimSuffix(h.before, `"`), strings.TrimPrefix(h.after, `"`)
		}
		if len(p.steps) > 0 && p.steps[len(p.steps)-1].quoted {
			h.before = strings.TrimPrefix(h.before, `"`)
		}
		b := bindings[h.name]
		p.steps = append(p.steps, programStep{wire.NewStep([]byte(h.before), uint8(b.id)), b, h.quoted})
		p.tail = h.after
	}
	return p
}

// run reads the values in r.data into the message of r. It returns false, and leaves
// the message half read, if the text is not what the program expects.
func (p *program) run(r *reader) bool {
	data, pos, seen := r.data, 0, uint64(0)
	for i := range p.steps {
		s := &p.steps[i]
		if !s.Starts(data[pos:]) {
			return false
		}
		at := pos + s.Len()
		if pos = r.scan(r.slot[s.Tag], s.Tag, data, at); pos > 0 {
			seen |= 1 << (s.Tag % 64)
			continue
		}
		r.seen, seen = r.seen|seen, 0
		if pos = r.scanBound(s, data, at); pos == 0 {
			return false
		}
	}
	r.seen |= seen
	return string(data[pos:]) == p.tail
}

// scanBound reads the values that scan leaves: those that are absent, custom data, and
// variables of other services.
func (r *reader) scanBound(s *programStep, data []byte, at int) (end int) {
	m := &r.outerMember
	m.Offset = at
	if s.quoted {
		text, ok := wire.ScanText(data, at)
		if !ok {
			return 0
		}
		m.Kind, m.Text, end = wire.String, text, at+len(text)+2
	} else {
		end = scanWord(data, at)
		m.Kind, m.Text = wire.Bare, data[at:max(at, end)]
	}
	if end == 0 || r.slot[s.Tag] != nil && !m.Absent() {
		return 0
	}
	r.setBound(s.binding, m)
	return end
}

// scanWord returns the end of the number, true, false or null at offset at, 0 if
// there is something else.
func scanWord(data []byte, at int) int {
	if at < len(data) && data[at] != '"' {
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
