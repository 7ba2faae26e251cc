package event

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// definedParser reads what a definition sends.
type definedParser struct{ matcher *callback.Matcher }

// parse reads the events of a request. One that does not look like what the definition
// sends is read as if there were none.
func (p definedParser) parse(in callback.Input) ([]Event, error) {
	var b batch
	matched := false
	for read := range p.matcher.Match(in) {
		var s sink
		if err := read(&s); err != nil {
			b.add(Event{}, err)
			continue
		}
		matched = true
		b.add(build(s.members(), nil))
	}
	if !matched {
		return parse(in)
	}
	return b.events, b.err()
}

// sink takes what a definition sends of an event.
type sink struct{ variables, extra []wire.Member }

// SetVar implements template.Sink.
func (s *sink) SetVar(name string, text []byte, offset int) error {
	s.variables = append(s.variables, wire.Member{
		Name: []byte(documentedName(name)), Text: bytes.Clone(text), Kind: wire.String, Offset: offset,
	})
	return nil
}

// SetExtra implements template.ExtraSink. A matcher gives it JSON.
func (s *sink) SetExtra(name string, raw []byte, offset int) error {
	m := wire.Member{Name: []byte(name), Text: bytes.Clone(raw), Kind: wire.Bare, Offset: offset}
	switch raw[0] {
	case '{', '[':
		m.Kind = wire.Composite
	case '"':
		var text string
		_ = json.Unmarshal(raw, &text) // it was scanned before
		m.Kind, m.Text = wire.String, []byte(text)
	}
	s.extra = append(s.extra, m)
	return nil
}

// members returns what was taken. A variable counts before an extra member of its
// name. Of two spellings of one variable the cloud may know only one: a value counts
// before none.
func (s *sink) members() *members {
	ms := &members{exact: make(map[string]int)}
	for _, m := range s.extra {
		ms.add(m)
	}
	for _, m := range s.variables {
		if _, ok := ms.exact[string(m.Name)]; !ok || !m.Absent() {
			ms.add(m)
		}
	}
	ms.fold()
	return ms
}

// documentedName returns the name that events have for a variable of a template: one
// for all its documented spellings, the name itself if it is not documented.
func documentedName(name string) string {
	folded := fold(name)
	for documented, spellings := range misspelt {
		if slices.Contains(spellings, folded) {
			return documented
		}
	}
	for v := range callback.EventCallback.Variables() {
		if fold(v.Name) == folded {
			return v.Name
		}
	}
	return name
}
