package template

import (
	"bytes"
	"strconv"

	"github.com/go-sigfox/sigfox/internal/wire"
)

// matchLinear is the fast way to read JSON: it expects the text of the template
// and a complete JSON value in each hole. It fills spans, one for each hole.
func (t *Template) matchLinear(text []byte, spans []span) (at linearFault, ok bool) {
	p := 0
	spans = spans[:len(t.holes)]
	for i := range spans {
		h := &t.holes[i]
		if !h.lit.at(text, p) {
			return linearFault{p, i}, false
		}
		p += len(h.lit.text)
		var end int
		if h.bare {
			end = shortNumber(text, p)
		} else {
			end = shortString(text, p)
		}
		if end > 0 {
			spans[i] = newSpan(p, end, spanPlain)
			p = end
		} else if spans[i], p, ok = scanLinear(text, p, h.bare); !ok {
			return linearFault{p, i}, false
		}
		if !h.single && t.check(text, i, spans[i]) != nil {
			return linearFault{p, i}, false
		}
	}
	return linearFault{p, len(t.holes)}, string(text[p:]) == t.last
}

// scanLinear reads a bare value, or the inside of a string.
func scanLinear(text []byte, p int, bare bool) (s span, end int, ok bool) {
	if !bare {
		return scanQuoted(text, p)
	}
	if p < len(text) && (isDigit(text[p]) || text[p] == '-') {
		if end, ok = scanNumber(text, p); ok && !wire.BareByte(byteAt(text, end)) {
			return newSpan(p, end, spanPlain), end, ok
		}
	}
	return scanHole(text, p)
}

// byteAt returns the byte at p, 0 behind the end.
func byteAt(text []byte, p int) byte {
	if p < len(text) {
		return text[p]
	}
	return 0
}

// linearFault is where a text differs from its template, and before which hole.
type linearFault struct{ offset, hole int }

// scanQuoted reads the inside of a string, up to its closing quote.
func scanQuoted(text []byte, p int) (s span, end int, ok bool) {
	end, escaped, ok := scanString(text, p)
	if escaped {
		return newSpan(p, end, spanEscaped), end, ok
	}
	return newSpan(p, end, spanPlain), end, ok
}

// scanHole reads a JSON value and returns the span of its text: the inside of a
// string, the JSON of everything else. A word without quotes is a value too: the cloud
// puts the text of a variable where a template has it bare, such as N/A or the id of a
// device.
func scanHole(text []byte, p int) (s span, end int, ok bool) {
	switch {
	case p == len(text):
		return s, p, false
	case text[p] == '"':
		if s, end, ok = scanQuoted(text, p+1); ok {
			end++
		}
		return s, end, ok
	case isContainer(text[p:]):
		if end, ok = scanValue(text, p); !ok {
			if kept := keptEnd(text, p); kept > 0 {
				end, ok = kept, true
			}
		}
	default:
		if end, ok = scanScalar(text, p); !ok || wire.BareByte(byteAt(text, end)) {
			end, ok = scanWord(text, p)
		}
	}
	return newSpan(p, end, spanPlain), end, ok
}

// scanWord reads a word without quotes.
func scanWord(text []byte, p int) (end int, ok bool) {
	for end = p; wire.BareByte(byteAt(text, end)); end++ {
	}
	return end, end > p
}

// keptEnd returns the end of the {name} at p, 0 if there is none. The cloud leaves
// names that it does not know as they are, which no JSON value looks like.
func keptEnd(text []byte, p int) int {
	n := bytes.IndexByte(text[p:], '}')
	if n < 2 || nameEnd(string(text[p:p+n]), 1) != n {
		return 0
	}
	return p + n + 1
}

// findJSON reads JSON by its structure. With m.extra it reports the members
// that the template lacks, without it counts them.
func (m *matcher) findJSON() *MatchError {
	if m.t.tree == nil {
		return m.linearError()
	}
	m.path = m.path[:0]
	p, ok := m.value(m.t.tree, skipSpace(m.text, skipMark(m.text)))
	if ok {
		p = skipSpace(m.text, p)
		ok = p == len(m.text)
	}
	if ok || m.failed != nil {
		return m.failed
	}
	return &MatchError{Offset: p, Msg: "invalid JSON"}
}

// linearError reports where the text differs from a template that is not JSON and
// so can only be read literally.
func (m *matcher) linearError() *MatchError {
	at, _ := m.t.matchLinear(m.text, m.spans)
	err := &MatchError{Offset: at.offset, Msg: "the text differs"}
	if at.hole < len(m.t.holes) {
		err.Variable = m.t.holes[at.hole].name
	}
	return err
}

// fail notes why the match ends and returns what value returns.
func (m *matcher) fail(err *MatchError) (end int, ok bool) {
	m.failed = err
	return err.Offset, false
}

// value reads the value at p, which the template has as n. If it fails, it
// returns the position of the fault.
func (m *matcher) value(n *node, p int) (end int, ok bool) {
	switch n.sort {
	case holeNode:
		s, end, ok := scanHole(m.text, p)
		if ok && m.extra == nil {
			if err := m.record(n.hole, s.start(), s.end(), s.state()); err != nil {
				return m.fail(err)
			}
		}
		return end, ok
	case objectNode:
		return m.container(n, p, '{')
	case arrayNode:
		return m.container(n, p, '[')
	default:
		return scanValue(m.text, p)
	}
}

// container reads the object or array at p. Null in its place has no values.
func (m *matcher) container(n *node, p int, opener byte) (end int, ok bool) {
	if p == len(m.text) || m.text[p] != opener {
		end, ok = scanValue(m.text, p)
		if !ok || string(m.text[p:end]) == "null" {
			return end, ok
		}
		err := &MatchError{Offset: p, Msg: "the template has an object or array here"}
		if n.first < n.last {
			err.Variable = m.t.holes[n.first].name
		}
		return m.fail(err)
	}
	closer := opener + 2
	p = skipSpace(m.text, p+1)
	if p < len(m.text) && m.text[p] == closer {
		return p + 1, true
	}
	for i := 0; ; i++ {
		if opener == '[' {
			p, ok = m.element(n, skipSpace(m.text, p), i)
		} else {
			p, i, ok = m.member(n, skipSpace(m.text, p), i)
		}
		if !ok {
			return p, false
		}
		p = skipSpace(m.text, p)
		if p == len(m.text) || m.text[p] != ',' && m.text[p] != closer {
			return p, false
		}
		if p++; m.text[p-1] == closer {
			return p, true
		}
	}
}

// element reads element i of an array; those beyond the template's are skipped.
func (m *matcher) element(n *node, p, i int) (end int, ok bool) {
	if i >= len(n.elements) {
		return scanValue(m.text, p)
	}
	outer := len(m.path)
	if m.extra != nil {
		m.path = append(strconv.AppendInt(m.path, int64(i), 10), '.')
	}
	end, ok = m.value(&n.elements[i], p)
	m.path = m.path[:outer]
	return end, ok
}

// member reads the member at p, which is most likely the template's member i.
// It returns the index at which the template has it, i-1 if it does not.
func (m *matcher) member(n *node, p, i int) (end, found int, ok bool) {
	if p == len(m.text) || m.text[p] != '"' {
		return p, i, false
	}
	key, end, ok := scanQuoted(m.text, p+1)
	if !ok {
		return end, i, false
	}
	if p = skipSpace(m.text, end+1); p == len(m.text) || m.text[p] != ':' {
		return p, i, false
	}
	p = skipSpace(m.text, p+1)
	found = m.lookUp(n, key, i)
	if found < 0 {
		if end, ok = scanValue(m.text, p); !ok {
			return end, i, false
		}
		return end, i - 1, m.report(key, p, end)
	}
	value := &n.members[found].value
	outer := len(m.path)
	if m.extra == nil {
		clear(m.spans[value.first:value.last]) // of repeated members the last one counts
	} else {
		m.path = append(m.keyText(m.path, key), '.')
	}
	end, ok = m.value(value, p)
	m.path = m.path[:outer]
	return end, found, ok
}

// keyText appends the text of a key.
func (m *matcher) keyText(dst []byte, key span) []byte {
	raw := m.text[key.start():key.end()]
	if key.state() == spanEscaped {
		return wire.AppendUnescaped(dst, raw)
	}
	return append(dst, raw...)
}

// lookUp finds the member of n that has this key, -1 if there is none. The
// first guess is member i.
func (m *matcher) lookUp(n *node, key span, i int) int {
	text := m.text[key.start():key.end()]
	if key.state() == spanEscaped {
		m.scratch = wire.AppendUnescaped(m.scratch[:0], text)
		text = m.scratch
	}
	if i < len(n.members) && n.members[i].keyHole < 0 && n.members[i].key == string(text) {
		return i
	}
	if k, ok := n.byKey[string(text)]; ok {
		return k
	}
	return m.lookUpPattern(n, key)
}

// lookUpPattern finds a member whose name has variables: the first one that
// fits and is not yet taken, else the last one that fits.
func (m *matcher) lookUpPattern(n *node, key span) int {
	found := -1
	for _, k := range n.patterns {
		hole := n.members[k].keyHole
		if m.extra != nil {
			if m.spans[hole] == key {
				return k
			}
			continue
		}
		if h := &m.t.holes[hole]; !h.single && m.t.check(m.text, hole, key) != nil {
			continue
		}
		found = k
		if m.spans[hole].state() == spanAbsent {
			break
		}
	}
	if found >= 0 {
		m.spans[n.members[found].keyHole] = key
	}
	return found
}

// report counts a member that the template lacks, or gives it to m.extra.
func (m *matcher) report(key span, start, end int) (ok bool) {
	if m.extra == nil {
		m.extras++
		return true
	}
	name := string(m.keyText(m.path, key))
	if err := m.extra.SetExtra(name, m.text[start:end], start); err != nil {
		m.failed = refused("", start, err)
		return false
	}
	return true
}
