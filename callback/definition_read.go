package callback

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-sigfox/sigfox/internal/wire"
	"github.com/go-sigfox/sigfox/template"
)

// NewParser returns a parser that reads what the definition sends: renamed and
// nested members, text, batches, variables in path and headers, custom data with
// its types. What does not look like it is read as if there were no definition.
// A nil definition reads documented names. The error is a *DefinitionError.
func NewParser[M Message](d *Definition) (*Parser[M], error) {
	if d == nil {
		return &Parser[M]{}, nil
	}
	own := *d
	service := serviceOf[M]()
	if own.Service == 0 {
		own.Service = service
	}
	var problems DefinitionError
	if own.Service != service {
		problems.addf("callbackType", "the definition is for %s, not %s", own.Service, service)
		return nil, problems.finish()
	}
	templates := own.compile(reading, problems.add)
	if err := problems.finish(); err != nil {
		return nil, err
	}
	return &Parser[M]{definition: &own, templates: templates, anonymous: !templates.has(catalogue[varDevice].Name)}, nil
}

// has reports whether a template that is sent has the variable.
func (c *compiled) has(name string) bool {
	sent := []*template.Template{c.url, c.body, c.line}
	for _, h := range c.headers {
		sent = append(sent, h.value)
	}
	for _, t := range sent {
		if t != nil && slices.Contains(slices.Collect(t.Variables()), name) {
			return true
		}
	}
	return false
}

// appendDefined reads a request as the definition says. ok is false if it does not
// look like that.
func (p *Parser[M]) appendDefined(dst []M, r *reader, in Input) (out []M, ok bool, err error) {
	if p.definition.Channel == ChannelBatchURL {
		return p.appendBatch(dst, r, in)
	}
	n := len(dst)
	dst = p.begin(dst, r)
	s := &r.sink
	s.r, s.found = r, false
	if err := p.match(s, in); err != nil {
		return dst[:n], false, err
	}
	if err := s.finish(p.anonymous); err != nil {
		return dst[:n], r.seen&(1<<varDevice) != 0, err
	}
	return dst, true, nil
}

// match reads body, URL and headers.
func (p *Parser[M]) match(s *sink, in Input) error {
	t := p.templates
	body := in.Body[in.start():]
	switch {
	case len(body) == 0:
	case t.form != nil:
		s.raw = false
		if err := t.form.Match(body, s); err != nil {
			return err
		}
	case t.body != nil:
		s.raw = p.definition.bodyFormat() == FormatJSON
		if err := t.body.Match(body, s); err != nil {
			return err
		}
	}
	s.raw = false
	for _, h := range t.headers {
		if values := in.Header.Values(h.name); len(values) > 0 && hasVariables(h.value) {
			if err := h.value.Match([]byte(values[0]), s); err != nil {
				return err
			}
		}
	}
	return p.matchURL(s, in)
}

// matchURL reads path and query.
func (p *Parser[M]) matchURL(s *sink, in Input) error {
	if p.templates.url == nil {
		return s.r.readQuery()
	}
	target := in.Path
	if in.Query != "" {
		target += "?" + in.Query
	}
	return p.templates.url.Match([]byte(target), s)
}

func hasVariables(t *template.Template) bool {
	for range t.Variables() {
		return true
	}
	return false
}

// appendBatch reads the lines of a batch, from the variable {batch} in the URL or
// form, or else from the body itself.
func (p *Parser[M]) appendBatch(dst []M, r *reader, in Input) (out []M, ok bool, err error) {
	if p.templates.line == nil {
		return dst, false, nil
	}
	lines := p.batchLines(in)
	var failed batchErrors
	for line := range bytes.Lines(lines) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			continue
		}
		n := len(dst)
		dst = p.begin(dst, r)
		s := &r.sink
		s.r, s.found = r, false
		err := p.templates.line.Match(line, s)
		if err == nil {
			err = s.finish(p.anonymous)
		} else {
			err = r.syntaxError(0, &wire.SyntaxError{Msg: "line does not match the line pattern"})
		}
		if err != nil {
			dst = dst[:n]
		}
		failed.add(err)
	}
	return dst, failed.lines > 0 && len(failed.errs) < failed.lines, failed.join()
}

// batchLines returns the value of {batch}.
func (p *Parser[M]) batchLines(in Input) []byte {
	values := make(template.Map)
	target := in.Path
	if in.Query != "" {
		target += "?" + in.Query
	}
	if p.templates.url != nil {
		_ = p.templates.url.Match([]byte(target), values) // the lines may stand elsewhere
	}
	if _, ok := values[batchVariable]; !ok && p.templates.form != nil {
		_ = p.templates.form.Match(in.Body, values)
	}
	if lines, ok := values[batchVariable]; ok {
		return []byte(lines)
	}
	return in.Body[in.start():]
}

// sink takes what a template reads into a message.
type sink struct {
	r      *reader
	member wire.Member
	raw    bool // extra members are JSON
	found  bool // a variable with a value
}

// SetVar implements template.Sink. What cannot be read is told by finish.
func (s *sink) SetVar(name string, text []byte, offset int) error {
	m := &s.member
	m.Text, m.Offset, m.Kind = text, offset, wire.String
	s.found = s.found || !m.Absent()
	if custom, ok := strings.CutPrefix(name, customPrefix); ok {
		if !m.Absent() && s.r.custom != nil {
			m.Name = []byte(custom)
			s.r.setCustom(m)
		}
		return nil
	}
	if id := variableNamed(name); s.r.slot[id] != nil {
		s.r.take(id, m)
	} else if !m.Absent() { // of another service
		m.Name = []byte(name)
		s.r.setExtra(m)
	}
	return nil
}

// SetExtra implements template.ExtraSink.
func (s *sink) SetExtra(name string, raw []byte, offset int) error {
	if s.r.secret([]byte(name)) {
		return nil
	}
	m := &s.member
	m.Name, m.Text, m.Offset, m.Kind = []byte(name), raw, offset, wire.String
	if s.raw {
		m.Kind = wire.Composite
		if wire.Absent(raw) || string(raw) == `""` {
			return nil
		}
	}
	if !m.Absent() {
		s.r.setExtra(m)
	}
	return nil
}

// finish ends the message. Without device it is one if the definition sends none, but
// not if no variable at all was found.
func (s *sink) finish(anonymous bool) error {
	if anonymous && s.found {
		s.r.seen |= 1 << varDevice
	}
	return s.r.finish()
}
