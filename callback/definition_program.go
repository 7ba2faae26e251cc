package callback

import (
	"slices"
	"strings"

	"github.com/go-sigfox/sigfox/internal/wire"
	"github.com/go-sigfox/sigfox/template"
)

// program reads a JSON body in one pass, for as long as it equals its template but
// for plain values, as what the cloud sends mostly does. What is different is left
// to template.Match, which reads the same but takes longer.
type program struct {
	steps  []wire.Step // for each variable the text before it, without the quote of the value
	values []programValue
	tail   string // the text behind the last value
	seen   uint64 // the tags of all steps
}

// programValue is how the value behind a step is written, and what it is bound to.
type programValue struct {
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
		if len(p.values) > 0 && p.values[len(p.values)-1].quoted {
			h.before = strings.TrimPrefix(h.before, `"`)
		}
		b := bindings[h.name]
		p.steps = append(p.steps, wire.NewStep([]byte(h.before), uint8(b.id)))
		p.values = append(p.values, programValue{b, h.quoted})
		p.seen |= 1 << b.id
		p.tail = h.after
	}
	return p
}

// bind returns the steps with the fields of r as targets.
func (p *program) bind(r *reader) []wire.Step {
	steps := slices.Clone(p.steps)
	for i := range steps {
		steps[i].Target = r.slot[steps[i].Tag]
	}
	return steps
}

// run reads the values in r.data into the message of r. It returns false, and leaves
// the message half read, if the text is not what the program expects.
func (p *program) run(r *reader) bool {
	if r.steps == nil {
		r.steps = p.bind(r)
	}
	data := r.data
	i, pos := r.follow(r.steps, data, 0)
	if i == len(r.steps) {
		r.seen |= p.seen
		return string(data[pos:]) == p.tail
	}
	r.seen |= tags(r.steps[:i])
	for i < len(r.steps) {
		s := &r.steps[i]
		if !s.Starts(data[pos:]) {
			return false
		}
		if pos = r.scanBound(p.values[i], s.Target, data, pos+s.Len()); pos == 0 {
			return false
		}
		n, end := r.follow(r.steps[i+1:], data, pos)
		r.seen |= tags(r.steps[i+1 : i+1+n])
		i, pos = i+1+n, end
	}
	return string(data[pos:]) == p.tail
}

// scanBound reads the values that follow leaves: those that are absent, custom data, and
// variables of other services.
func (r *reader) scanBound(v programValue, slot any, data []byte, at int) (end int) {
	m := &r.outerMember
	m.Offset = at
	if v.quoted {
		text, ok := wire.ScanText(data, at)
		if !ok {
			return 0
		}
		m.Kind, m.Text, end = wire.String, text, at+len(text)+2
	} else {
		end = scanWord(data, at)
		m.Kind, m.Text = wire.Bare, data[at:max(at, end)]
	}
	if end == 0 || slot != nil && !m.Absent() {
		return 0
	}
	r.setBound(v.binding, m)
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
