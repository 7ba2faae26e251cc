package callback

import (
	"iter"
	"unicode/utf8"

	"github.com/go-sigfox/sigfox/internal/wire"
	"github.com/go-sigfox/sigfox/template"
)

// Matcher reads what a definition sends as the texts of its variables: for callbacks
// that have no struct in this package, as those of package event. It is immutable and
// safe for concurrent use. For messages use a Parser, which does the same and makes
// structs of them.
type Matcher struct {
	definition Definition
	templates  *compiled
}

// NewMatcher returns a matcher for a definition of service s, or of none. The error is
// a *DefinitionError.
func NewMatcher(s Service, d *Definition) (*Matcher, error) {
	own, templates, err := d.forReading(s)
	if err != nil {
		return nil, err
	}
	return &Matcher{*own, templates}, nil
}

// Match yields a function for each message in a request: one, or one for each line of
// a batch or each JSON body of a list. It gives the variables of the message to a sink, and as extra what the
// template lacks: always as JSON, the text of a form as a JSON string. The secrets of
// the URL are left out.
//
// The error is a *SyntaxError if the message does not look like what the definition
// sends, or if it is not UTF-8. The sink may have been given some of it then. It is
// ErrTooLarge, for all of a list, if what is outside of the body is too long to stand for
// each: see Parser.Append.
func (m *Matcher) Match(in Input) iter.Seq[func(template.ExtraSink) error] {
	in.unwrapJSON()
	return func(yield func(func(template.ExtraSink) error) bool) {
		if !m.definition.isBatch() {
			list := m.bodies(in)
			outside := m.templates.outside(&in)
			if len(list) > 1 && len(list) > wire.SharedBudget(outside, in.Body)/max(outside, 1) { // a product may overflow
				yield(func(template.ExtraSink) error { return tooMuchShared(outside) })
				return
			}
			for _, at := range list {
				one := in
				one.Body = in.Body[at.start:at.end]
				if !yield(func(s template.ExtraSink) error { return m.match(&matchSink{sink: s, in: one, start: at.start}) }) {
					return
				}
			}
			return
		}
		if m.templates.line == nil {
			return
		}
		lines, _ := m.templates.batch(in)
		for line := range batchLines(lines) {
			read := func(s template.ExtraSink) error {
				if m.templates.line.Match(line, &matchSink{sink: s}) != nil {
					return m.mismatch("line does not match the line pattern")
				}
				return nil
			}
			if !yield(read) {
				return
			}
		}
	}
}

// bodies returns the JSON bodies of a list, or else the whole body: also where the template
// itself is a list.
func (m *Matcher) bodies(in Input) []extent {
	whole := []extent{{0, len(in.Body)}}
	if m.templates.body == nil {
		return whole
	}
	list, ok := objects(in.Body, in.start())
	if !ok || m.match(&matchSink{sink: noSink{}, in: in}) == nil {
		return whole
	}
	return list
}

// noSink takes what is read and forgets it.
type noSink struct{}

// SetVar implements template.Sink.
func (noSink) SetVar(string, []byte, int) error { return nil }

// SetExtra implements template.ExtraSink.
func (noSink) SetExtra(string, []byte, int) error { return nil }

// match reads the message of a request that is not a batch.
func (m *Matcher) match(s *matchSink) error {
	body := s.in.Body[s.in.start():]
	err := m.templates.matchRest(s, s.in, body)
	if err == nil {
		err = m.templates.matchBody(s, s.in, body, m.definition.bodyFormat())
	}
	if err != nil {
		return m.mismatch("request does not match the definition")
	}
	return nil
}

func (m *Matcher) mismatch(msg string) error {
	return &SyntaxError{Service: m.definition.Service, Msg: msg}
}

// matchSink passes on what is read of a request.
type matchSink struct {
	sink  template.ExtraSink
	in    Input
	start int  // where the body stands in a list
	json  bool // extra members are JSON
}

func (s *matchSink) inJSON(yes bool) { s.json = yes }

// SetVar implements template.Sink.
func (s *matchSink) SetVar(name string, text []byte, offset int) error {
	if !utf8.Valid(text) {
		return wire.ErrUTF8
	}
	return s.sink.SetVar(name, text, s.start+offset)
}

// SetExtra implements template.ExtraSink.
func (s *matchSink) SetExtra(name string, raw []byte, offset int) error {
	switch {
	case s.in.Secret(name):
		return nil
	case !utf8.ValidString(name) || !utf8.Valid(raw):
		return wire.ErrUTF8
	case !s.json:
		raw = wire.AppendString(nil, raw)
	}
	return s.sink.SetExtra(name, raw, s.start+offset)
}

func (s *matchSink) readQuery() error {
	var query wire.Form
	var m wire.Member
	query.Reset([]byte(s.in.Query))
	for query.Next(&m) {
		if err := s.SetExtra(string(m.Name), m.Text, m.Offset); err != nil {
			return err
		}
	}
	if err := query.Err(); err != nil {
		return err
	}
	return nil
}
