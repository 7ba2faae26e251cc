package template

import (
	"bytes"
	"slices"
)

// segment is a variable and the text before it. Segments are linked: to follow
// a pointer costs less than to index and check, which shows at this scale.
type segment struct {
	lit   literal
	name  string // of modeGroup: that of the first variable
	mode  mode
	kind  Kind     // of modeBare
	group *pattern // of modeGroup
	value int      // index in the layout
	put   putting  // of the value there
	next  *segment
}

// mode is how a value is escaped.
type mode uint8

const (
	modeText    mode = iota // not at all
	modeString              // inside a JSON string
	modeBare                // as a JSON value
	modeGroup               // as a part of a JSON value, such as {time}000
	modePercent             // in a form, query or fragment
	modePath                // in a path
	modeHeader              // in a header
	modeLine                // in a line of a batch
)

// Append renders the template with the values of src and appends the text to
// dst. It does not allocate if dst has room; a value that must be escaped needs
// room for both forms while it is written. Bytes of dst's array after the text
// may be overwritten. A value is never expanded again.
//
// A variable without a value becomes null, as in the cloud: bare in JSON, and
// as the text null everywhere else. Without Options.Known there is no telling
// whether it is a variable at all, so that Options.Unknown decides outside of
// bare JSON values.
//
// The error is a *RenderError: a value that is missing under Fail, a control character in
// a header, a line break in a line, or "." or ".." in a path. Then dst is returned as it
// was.
func (t *Template) Append(dst []byte, src Source) ([]byte, error) {
	start := len(dst)
	if cap(dst)-start < t.size {
		dst = slices.Grow(dst, t.size)
	}
	s := t.first
	if t.layout != nil {
		dst, s = t.putValues(dst, s, src)
	}
	if s != nil {
		var err error
		if dst, err = t.appendFrom(dst, s, src); err != nil {
			return dst[:start], err
		}
	}
	dst = t.tail.appendTo(dst)
	if t.relative && len(dst)-start >= 2 && dst[start] == '/' && dst[start+1] == '/' {
		return dst[:start], &RenderError{t.names[0], "an empty value would make the path a host"}
	}
	return dst, nil
}

// appendFrom appends the segments from s on, the first of which putValues has refused.
func (t *Template) appendFrom(dst []byte, s *segment, src Source) (_ []byte, err error) {
	_, hasValues := src.(ValueSource)
	for s != nil {
		dst = s.lit.appendTo(dst)
		n := len(dst)
		var ok bool
		dst, ok = src.AppendVar(dst, s.name)
		if dst, err = t.escape(dst, n, s, ok, src); err != nil {
			return dst, err
		}
		if s = s.next; hasValues && t.layout != nil {
			dst, s = t.putValues(dst, s, src)
		}
	}
	return dst, nil
}

// escape makes dst[n:], the value of s, fit for its place.
func (t *Template) escape(dst []byte, n int, s *segment, ok bool, src Source) ([]byte, error) {
	switch {
	case s.mode == modeGroup:
		return t.appendGroup(dst[:n], s.group, src)
	case !ok:
		return t.appendMissing(dst[:n], s.name, s.mode)
	}
	switch s.mode {
	case modeString:
		return escapeString(dst, n), nil
	case modeBare:
		return bareValue(dst, n, s.kind), nil
	case modePercent:
		return escapePercent(dst, n), nil
	case modePath:
		if v := string(dst[n:]); v == "." || v == ".." {
			return dst, &RenderError{s.name, "a value of dots would change the path"}
		}
		return escapePercent(dst, n), nil
	case modeHeader:
		if hasControl(dst[n:]) {
			return dst, &RenderError{s.name, "control character in a header"}
		}
	case modeLine:
		if bytes.ContainsAny(dst[n:], "\r\n") {
			return dst, &RenderError{s.name, "line break in a line of a batch"}
		}
	case modeText, modeGroup: // nothing to escape
	}
	return dst, nil
}

// appendMissing appends what stands for a variable that has no value.
func (t *Template) appendMissing(dst []byte, name string, m mode) ([]byte, error) {
	switch {
	case t.unknown == Fail:
		return dst, &RenderError{name, "no value"}
	case m == modeBare || t.unknown == Null:
		return append(dst, "null"...), nil
	case t.unknown == Empty:
		return dst, nil
	case t.place == URL:
		return append(dst, keptInURL(name)...), nil
	}
	dst = append(dst, '{')
	dst = append(dst, name...)
	return append(dst, '}'), nil
}

// appendGroup appends a JSON value that has text besides its variables. It is
// null if one of them is missing, and a string if it is not a number.
func (t *Template) appendGroup(dst []byte, g *pattern, src Source) ([]byte, error) {
	n := len(dst)
	for i := range g.vars {
		v := &g.vars[i]
		dst = append(dst, v.lit...)
		var ok bool
		if dst, ok = src.AppendVar(dst, v.name); !ok {
			return t.appendMissing(dst[:n], v.name, modeBare)
		}
	}
	return bareValue(append(dst, g.tail...), n, KindNumber), nil
}
