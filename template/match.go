package template

// hole is a piece of the text that holds variables and that Match finds before
// it splits it: a JSON string or bare value, a form field, a segment of a path,
// or the whole of a plain text.
type hole struct {
	lit     literal // JSON: the text of the template between the last hole and this one
	name    string  // of its first variable
	single  bool    // it holds one variable and nothing else
	bare    bool    // JSON: it stands outside of quotes
	pattern pattern
	// unescape appends the text that an escaped form of this hole stands for.
	unescape func(dst, s []byte) []byte

	start, end int // JSON: offsets in the template
}

// span is where a hole was found in the text: start, end and state in one
// word, which is written and read in one step. The zero span is absent.
type span uint64

type spanState uint8

const (
	spanAbsent  spanState = iota
	spanPlain             // the text stands for itself
	spanEscaped           // the text has to be unescaped
)

// maxText is the length of the longest text that spans can point into.
const maxText = 1<<30 - 1

func newSpan(start, end int, state spanState) span {
	return span(start)<<32 | span(end)<<2 | span(state)
}

func (s span) start() int       { return int(s >> 32) }
func (s span) end() int         { return int(uint32(s) >> 2) }
func (s span) state() spanState { return spanState(s & 3) }

// inlineSpans is how many spans Match keeps on its stack.
const inlineSpans = 24

// Match reads text, which Append or the cloud has rendered from this template,
// and gives the values to sink. If it fails, the sink has seen nothing, unless
// it was the sink that failed. It allocates nothing for text that equals the
// template's but for its values.
//
// JSON that differs is read by structure: members in any order, in any white
// space, unknown ones left out (see ExtraSink), a number for a string or a
// string for a number, constants of any value. Of repeated members the last one
// counts, and a member that is missing sets nothing. Where the template has a variable
// bare, a {name} that the cloud left as it is counts as a value, and so does a word such
// as N/A or 2C30EA. Invalid UTF-8 and nesting beyond 64 levels are
// refused.
//
// Form and URL: parameters in any order and unknown ones before, between and
// behind them; of repeated ones the last counts. The path of a URL is compared
// from its end up to the first segment that has a variable; scheme, userinfo,
// host and all segments before are not compared, nor is a path without
// variables. The text may be a whole URL or a path with query.
//
// Text, Header and Line: a value ends where the text that follows it in the template
// first occurs, the last one takes the rest; but see Options.Free.
//
// The error is a *MatchError, or the *SyntaxError of Matchable.
func (t *Template) Match(text []byte, sink Sink) error {
	if t.matchErr != nil {
		return t.matchErr
	}
	if len(text) > maxText {
		return &MatchError{Msg: "text longer than 1 GiB"}
	}
	if t.place == JSON {
		var inline [inlineSpans]span
		spans := inline[:]
		if len(t.holes) > inlineSpans {
			spans = make([]span, len(t.holes))
		}
		spans = spans[:len(t.holes)]
		if _, ok := t.matchLinear(text, spans); ok {
			return wrap(t.deliver(text, spans, sink))
		}
	}
	return wrap(t.matchSlow(text, sink))
}

// wrap makes an error interface of err that is nil if err is.
func wrap(err *MatchError) error {
	if err == nil {
		return nil
	}
	return err
}

// matcher is the state of a match that is not linear.
type matcher struct {
	t       *Template
	text    []byte
	spans   []span
	scratch []byte
	path    []byte // of extras
	extra   ExtraSink
	extras  int
	failed  *MatchError
}

// matchSlow matches everything but JSON that equals the template.
func (t *Template) matchSlow(text []byte, sink Sink) *MatchError {
	m, _ := t.matchers.Get().(*matcher)
	if m == nil {
		m = &matcher{t: t, spans: make([]span, len(t.holes))}
	}
	m.text, m.extras, m.failed, m.extra = text, 0, nil, nil
	clear(m.spans)
	err := m.match(sink)
	m.text, m.extra = nil, nil
	t.matchers.Put(m)
	return err
}

func (m *matcher) match(sink Sink) *MatchError {
	var find func() *MatchError
	switch m.t.place {
	case JSON:
		find = m.findJSON
	case Form:
		find = m.findForm
	case URL:
		find = m.findURL
	default:
		find = m.findText
	}
	if err := find(); err != nil {
		return err
	}
	if err := m.t.deliver(m.text, m.spans, sink); err != nil {
		return err
	}
	extra, ok := sink.(ExtraSink)
	if !ok || m.extras == 0 {
		return nil
	}
	// What is not in the template was only counted; find it again.
	m.extra = extra
	return find()
}

func (m *matcher) findText() *MatchError {
	return m.record(0, 0, len(m.text), spanPlain)
}

// record notes where a hole was found, if the text there fits its pattern.
func (m *matcher) record(hole, start, end int, state spanState) *MatchError {
	m.spans[hole] = newSpan(start, end, state)
	if m.t.holes[hole].single {
		return nil
	}
	return m.t.check(m.text, hole, m.spans[hole])
}

// deliver gives the values that were found to sink.
func (t *Template) deliver(text []byte, spans []span, sink Sink) *MatchError {
	for i, s := range spans {
		h := &t.holes[i]
		if s.state() == spanPlain && h.single {
			start := s.start()
			if err := sink.SetVar(h.name, text[start:s.end()], start); err != nil {
				return refused(h.name, start, err)
			}
			continue
		}
		if s.state() != spanAbsent {
			if err := t.split(text, i, s, sink); err != nil {
				return err
			}
		}
	}
	return nil
}

// refused is the error of a sink.
func refused(name string, offset int, err error) *MatchError {
	return &MatchError{Offset: offset, Variable: name, Msg: "refused", Err: err}
}

// check tells whether the text of a hole fits its pattern.
func (t *Template) check(text []byte, hole int, s span) *MatchError {
	return t.split(text, hole, s, nil)
}

// split unescapes the text of a hole, if need be, and matches its pattern.
func (t *Template) split(text []byte, hole int, s span, sink Sink) *MatchError {
	h := &t.holes[hole]
	value := text[s.start():s.end()]
	if s.state() == spanEscaped {
		buf, _ := t.buffers.Get().(*[]byte)
		if buf == nil {
			buf = new([]byte)
		}
		defer t.buffers.Put(buf)
		*buf = h.unescape((*buf)[:0], value)
		value = *buf
	} else if t.place == JSON && !h.single && string(value) == "null" {
		return h.pattern.setAll(value, s.start(), sink)
	}
	return h.pattern.match(value, s.start(), sink)
}
