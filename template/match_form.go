package template

import (
	"bytes"
	"strings"
)

// findForm reads the fields of a form.
func (m *matcher) findForm() *MatchError { return m.findParams(0, len(m.text)) }

// findURL reads the path of a URL from its end, then its query.
func (m *matcher) findURL() *MatchError {
	start := pathStart(m.text)
	end := len(m.text)
	if i := bytes.IndexByte(m.text[start:], '#'); i >= 0 {
		end = start + i
	}
	query := end
	if i := bytes.IndexByte(m.text[start:end], '?'); i >= 0 {
		query = start + i
	}
	if m.extra == nil {
		if err := m.findPath(start, query); err != nil {
			return err
		}
	}
	return m.findParams(min(query+1, end), end)
}

// pathStart returns the position behind scheme, userinfo and host, 0 if the
// text starts with a path.
func pathStart(text []byte) int {
	i := bytes.Index(text, []byte("://"))
	if i < 0 || bytes.ContainsAny(text[:i], "/?#") {
		return 0
	}
	i += len("://")
	if n := bytes.IndexAny(text[i:], "/?#"); n >= 0 {
		return i + n
	}
	return len(text)
}

// findPath compares the segments of a path from the last one on.
func (m *matcher) findPath(start, end int) *MatchError {
	if m.slashBehind(m.text[start:end]) {
		end--
	}
	for i := len(m.t.path) - 1; i >= 0; i-- {
		r := &m.t.path[i]
		if end < start {
			return &MatchError{Offset: start, Msg: "the path is too short"}
		}
		segment := start + bytes.LastIndexByte(m.text[start:end], '/') + 1
		if r.hole >= 0 {
			if err := m.record(r.hole, segment, end, m.percentState(segment, end)); err != nil {
				return err
			}
		} else if raw := m.text[segment:end]; string(raw) != r.lit {
			m.scratch = appendUnescapedPath(m.scratch[:0], raw)
			if string(m.scratch) != r.lit {
				return &MatchError{Offset: segment, Msg: "the path differs"}
			}
		}
		end = segment - 1
	}
	return nil
}

// slashBehind reports whether the path is that of the template with a slash behind it, as
// some servers have it. Without that, one segment too many tells that the last value is
// empty and the path longer in front.
func (m *matcher) slashBehind(path []byte) bool {
	root, ok := strings.CutSuffix(m.t.root, "/")
	if !ok || !bytes.HasSuffix(path, []byte{'/'}) {
		return false
	}
	front := path[:len(path)-1]
	for range m.t.path {
		slash := bytes.LastIndexByte(front, '/')
		if slash < 0 {
			return false
		}
		front = front[:slash]
	}
	return string(front) == root || root != "" && bytes.HasSuffix(front, []byte(root))
}

// percentState tells whether a part of the text has to be unescaped.
func (m *matcher) percentState(start, end int) spanState {
	if bytes.IndexByte(m.text[start:end], '%') >= 0 || bytes.IndexByte(m.text[start:end], '+') >= 0 {
		return spanEscaped
	}
	return spanPlain
}

// findParams reads the fields of a form or query. With m.extra it reports those
// that the template lacks, without it counts them.
func (m *matcher) findParams(start, end int) *MatchError {
	guess := 0
	for start < end {
		next := end
		if i := bytes.IndexByte(m.text[start:end], '&'); i >= 0 {
			next = start + i
		}
		if from, to := trimSpace(m.text, start, next); from < to {
			found, err := m.param(from, to, guess)
			if err != nil {
				return err
			}
			if found >= 0 {
				guess = found + 1
			}
		}
		start = next + 1
	}
	return nil
}

// param reads one field, which is most likely the template's field guess. It
// returns the index at which the template has it, -1 if it does not.
func (m *matcher) param(start, end, guess int) (found int, err *MatchError) {
	equals := end
	if i := bytes.IndexByte(m.text[start:end], '='); i >= 0 {
		equals = start + i
	}
	value, _ := trimSpace(m.text, min(equals+1, end), end)
	_, equals = trimSpace(m.text, start, equals)
	key := m.text[start:equals]
	if m.percentState(start, equals) == spanEscaped {
		m.scratch = appendUnescapedForm(m.scratch[:0], key)
		key = m.scratch
	}
	p := &m.t.params
	found, ok := guess, true
	if guess >= len(p.list) || p.list[guess].key != string(key) {
		found, ok = p.byKey[string(key)]
	}
	switch {
	case !ok:
		return -1, m.reportParam(key, value, end)
	case m.extra == nil && p.list[found].hole >= 0:
		err = m.record(p.list[found].hole, value, end, m.percentState(value, end))
	}
	return found, err
}

// reportParam counts a field that the template lacks, or gives it to m.extra.
func (m *matcher) reportParam(key []byte, start, end int) *MatchError {
	if m.extra == nil {
		m.extras++
		return nil
	}
	name := string(key)
	m.scratch = appendUnescapedForm(m.scratch[:0], m.text[start:end])
	if err := m.extra.SetExtra(name, m.scratch, start); err != nil {
		return refused("", start, err)
	}
	return nil
}
