package callback

import (
	"bytes"
	"slices"

	"github.com/go-sigfox/sigfox/internal/wire"
	"github.com/go-sigfox/sigfox/template"
)

// program reads a JSON body in one pass, for as long as it equals its template but
// for plain values, as what the cloud sends mostly does. What is different is left
// to template.Match, which reads the same but takes longer.
type program struct {
	steps    []step // for each variable
	bindings []*binding
	tail     string // the text behind the last value
	seen     uint64 // the tags of all steps
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
		s := step{quoted: h.quoted, tag: uint8(b.id)}
		s.set([]byte(h.before))
		p.steps = append(p.steps, s)
		p.bindings = append(p.bindings, b)
		p.seen |= 1 << b.id
		p.tail = h.after
	}
	return p
}

// bind makes the program that of r, with its fields as targets.
func (p *program) bind(r *reader) {
	bound := &r.program
	bound.steps = slices.Clone(p.steps)
	bound.close.set([]byte(p.tail))
	for i := range bound.steps {
		s := &bound.steps[i]
		s.bind(r.slot[s.tag], &r.loc.plan)
	}
	bound.link()
}

// run reads the values in r.data into the message of r. It returns false, and leaves
// the message half read, if the text is not what the program expects.
func (p *program) run(r *reader) bool {
	if r.program.steps == nil {
		p.bind(r)
	}
	data, plan := r.data, &r.program
	s, pos := r.follow(plan.from(0), data, 0)
	if s == nil {
		r.seen |= p.seen
		return pos == len(data)
	}
	r.seen |= tags(plan.steps[:s.index])
	r.dirty = true
	for s != nil {
		if s == &plan.close {
			return false
		}
		clearField(s.target)
		if pos = r.readBound(s, p.bindings[s.index], data, pos); pos == 0 {
			return false
		}
		from := s.index + 1
		s, pos = r.follow(s.next, data, pos)
		r.seen |= tags(plan.steps[from:plan.count(s)])
	}
	return pos == len(data)
}

// readBound reads the values that follow leaves: those that are absent, custom data, and
// variables of other services.
func (r *reader) readBound(s *step, b *binding, data []byte, pos int) (end int) {
	if !bytes.HasPrefix(data[pos:], s.text) {
		return 0
	}
	m := &r.plainMember
	if end = s.scan(m, data, pos+len(s.text)); end == 0 || s.target != nil && !m.Absent() {
		return 0
	}
	r.setBound(b, m)
	return end
}

// scanWord returns the end of the number, true, false or null at offset at, 0 if
// there is something else.
func scanWord(data []byte, at int) int {
	if _, end := wire.ScanNumber(data, at); end > 0 {
		return end
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if end := at + len(word); end <= len(data) && string(data[at:end]) == word {
			return end
		}
	}
	return 0
}
