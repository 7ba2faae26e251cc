package callback

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"

	"github.com/go-sigfox/sigfox/internal/wire"
	"github.com/go-sigfox/sigfox/template"
)

// NewParser returns a parser that reads what the definition sends: renamed and
// nested members, text, batches, variables in path and headers, custom data with
// its types. Several JSON bodies in an array, or one after the other, are as many
// messages. What does not look like the definition is read as if there were none.
// A nil definition reads documented names. The error is a *DefinitionError.
func NewParser[M Message](d *Definition) (*Parser[M], error) {
	if d == nil {
		return &Parser[M]{}, nil
	}
	own, templates, err := d.forReading(serviceOf[M]())
	if err != nil {
		return nil, err
	}
	templates.bind(own.bodyFormat())
	return &Parser[M]{definition: own, templates: templates, anonymous: !templates.has(catalogue[varDevice].Name)}, nil
}

// forReading returns the definition, with the service if it names none, and compiles it.
func (d *Definition) forReading(service Service) (*Definition, *compiled, error) {
	own := *d
	if own.Service == 0 {
		own.Service = service
	}
	if own.bodyFormat() == FormatForm && looksLikeJSON(own.BodyTemplate) {
		own.ContentType = typeJSON // see Input.unwrapJSON
	}
	var problems DefinitionError
	if own.Service != service {
		problems.addf("callbackType", "the definition is for %s, not %s", own.Service, service)
		return nil, nil, problems.finish()
	}
	templates := own.compile(reading, problems.add)
	return &own, templates, problems.finish()
}

// has reports whether a template that is sent has the variable.
func (c *compiled) has(name string) bool {
	_, ok := c.bindings[name]
	return ok
}

// appendDefined reads a request as the definition says. ok is false if it does not
// look like that.
func (p *Parser[M]) appendDefined(dst []M, w *boundReader[M], in *Input) (out []M, ok bool, err error) {
	if w.matched {
		return w.appendRead(dst, p.anonymous)
	}
	t := p.templates
	w.data = in.Body[in.start():]
	if p.definition.isBatch() {
		return p.appendBatch(dst, w, *in)
	}
	if err := w.spendShared(); err != nil {
		return dst, false, err
	}
	s := &w.sink
	s.r, s.templates = &w.reader, t
	w.begin()
	err = t.matchRest(s, *in, w.data)
	onlyBody := t.onlyBody && in.Query == ""
	if err == nil && !onlyBody && t.program != nil { // otherwise it was tried
		if t.program.run(s.r) {
			return w.appendRead(dst, p.anonymous)
		}
		w.begin()
		err = t.matchRest(s, *in, w.data)
	}
	if err == nil {
		err = t.matchBody(s, *in, w.data, p.definition.bodyFormat())
	}
	if err != nil {
		return dst, false, err
	}
	return w.appendRead(dst, p.anonymous)
}

// appendRead appends the message that was read as the definition says. Without device it
// is one if the definition sends none, but not if no variable at all was found: one that
// has no value, as those of a payload that is too short, was.
func (w *boundReader[M]) appendRead(dst []M, anonymous bool) (out []M, ok bool, err error) {
	if anonymous && (w.seen != 0 || w.blank || w.custom != nil && len(*w.custom) > 0) {
		w.seen |= 1 << varDevice
	}
	if err := w.finish(); err != nil {
		return dst, w.seen&(1<<varDevice) != 0, err
	}
	return w.appendTo(dst), true, nil
}

// requestSink takes what is read from a request.
type requestSink interface {
	template.ExtraSink
	// inJSON says whether extra members are JSON from now on.
	inJSON(yes bool)
	// readQuery takes the parameters of a query that no template describes.
	readQuery() error
}

// matchBody reads the body, which the definition has in that format, or the query where
// the form may have stayed.
func (c *compiled) matchBody(s requestSink, in Input, body []byte, format Format) error {
	switch {
	case len(body) == 0:
		if c.form != nil {
			return c.form.Match([]byte(in.Query), s)
		}
		return nil
	case c.form != nil:
		switch got, err := in.Format(); {
		case err == nil && got == FormatForm:
			return c.form.Match(body, s)
		case err == nil && got == FormatJSON && c.unknown != nil:
			return matchJSON(c.unknown, body, s)
		default:
			return errOtherFormat
		}
	case c.body == nil:
		return nil
	case format == FormatText:
		return matchText(c.body, body, s)
	default:
		err := matchJSON(c.body, body, s)
		if err != nil && c.loose != nil && matchText(c.loose, body, s) == nil {
			return nil
		}
		return err
	}
}

func matchJSON(t *template.Template, body []byte, s requestSink) error {
	s.inJSON(true)
	defer s.inJSON(false)
	return t.Match(body, s)
}

// matchText reads a body that is text, whatever white space it lost or got on the way.
func matchText(t *template.Template, body []byte, s template.Sink) error {
	err := t.Match(trimText(body), s)
	if err != nil { // the white space at an end may belong to the text, beside an empty value
		err = t.Match(unixLines(body), s)
	}
	return err
}

var errOtherFormat = errors.New("body in another format")

// matchRest reads headers, path and query. Proxies and gateways change them: what
// does not match sets nothing. What the body has, too, it has the last word on.
func (c *compiled) matchRest(s requestSink, in Input, body []byte) error {
	for _, h := range c.headers {
		if values := in.Header.Values(h.name); len(values) > 0 {
			_ = h.value.Match([]byte(values[0]), s)
		}
	}
	switch {
	case c.form != nil && len(body) == 0: // matchBody reads the query
		if c.url != nil {
			_ = c.url.Match([]byte(in.Path), s)
		}
		return nil
	case in.Query == "" && (c.url == nil || !hasVariables(c.url)):
		return nil
	case c.url == nil || c.url.Match(in.target(), s) != nil:
		return s.readQuery()
	default:
		return nil
	}
}

// outside returns how many bytes are read outside of the body, for each message in it.
func (c *compiled) outside(in *Input) int {
	n := len(in.Query)
	if c == nil || c.onlyBody {
		return n
	}
	for _, h := range c.headers {
		if values := in.Header.Values(h.name); len(values) > 0 {
			n += len(values[0])
		}
	}
	return n + len(in.Path)
}

// target returns path and query of the URL.
func (in Input) target() []byte {
	if in.Query == "" {
		return []byte(in.Path)
	}
	return []byte(in.Path + "?" + in.Query)
}

func hasVariables(t *template.Template) bool {
	for range t.Variables() {
		return true
	}
	return false
}

// appendBatch reads the lines of a batch, from the variable {batch} in the URL or
// form, or else from the body itself.
func (p *Parser[M]) appendBatch(dst []M, w *boundReader[M], in Input) (out []M, ok bool, err error) {
	if p.templates.line == nil {
		return dst, false, nil
	}
	var failed batchErrors
	lines, named := p.templates.batch(in)
	for line := range batchLines(lines) {
		w.begin()
		s := &w.sink
		s.r, s.templates = &w.reader, p.templates
		err := p.templates.line.Match(line, s)
		if err == nil {
			dst, _, err = w.appendRead(dst, p.anonymous)
		} else {
			err = w.syntaxError(0, &wire.SyntaxError{Msg: "line does not match the line pattern"})
		}
		failed.add(err)
	}
	// A body that is not a batch of these lines may be something else; the variable is not.
	ok = failed.lines > 0 && (named || failed.failed < failed.lines)
	return dst, ok, failed.join()
}

// batchLines yields the lines of a batch.
func batchLines(lines []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for line := range bytes.Lines(lines) {
			line = bytes.TrimRight(line, "\r\n")
			if len(line) > 0 && !yield(line) {
				return
			}
		}
	}
}

// batch returns the value of {batch}, or the body if there is none.
func (c *compiled) batch(in Input) (lines []byte, named bool) {
	values := make(template.Map)
	if c.url != nil {
		_ = c.url.Match(in.target(), values) // the lines may stand elsewhere
	}
	if _, ok := values[batchVariable]; !ok && c.form != nil {
		_ = c.form.Match(in.Body, values)
	}
	if text, ok := values[batchVariable]; ok {
		return []byte(text), true
	}
	return in.Body[in.start():], false
}

// sink takes what a template reads into a message.
type sink struct {
	r         *reader
	templates *compiled
	member    wire.Member
	json      bool // values and extra members are JSON
}

func (s *sink) inJSON(yes bool) { s.json = yes }

func (s *sink) readQuery() error { return s.r.readQuery() }

// SetVar implements template.Sink. What cannot be read is told by finish.
func (s *sink) SetVar(name string, text []byte, offset int) error {
	m := &s.member
	m.Text, m.Offset, m.Kind = text, offset, wire.String
	b := s.templates.bindings[name]
	if s.json && b.bare && b.custom != nil {
		m.Kind = wire.Bare
	}
	s.r.setBound(b, m)
	return nil
}

// SetExtra implements template.ExtraSink. A documented variable that the definition
// lacks is one still: the definition may be older than the callback.
func (s *sink) SetExtra(name string, raw []byte, offset int) error {
	r, m := s.r, &s.member
	m.Name, m.Text, m.Offset, m.Kind = []byte(name), raw, offset, wire.String
	if r.secret(m.Name) {
		return nil
	}
	if s.json {
		s.memberOfJSON(raw)
	}
	if m.Absent() {
		return nil
	}
	if id := lookup(m.Name); r.slot[id] != nil && !s.templates.has(name) && r.seen&(1<<id) == 0 {
		r.take(id, m)
		return nil
	}
	r.setExtra(m)
	return nil
}

// memberOfJSON makes the JSON value raw that of s.member.
func (s *sink) memberOfJSON(raw []byte) {
	m := &s.member
	switch raw[0] {
	case '{', '[':
		m.Kind = wire.Composite
	case '"':
		var text string
		_ = json.Unmarshal(raw, &text) // it was scanned before
		m.Text = []byte(text)
	default:
		m.Kind = wire.Bare
	}
}
