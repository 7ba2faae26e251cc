package template

import "github.com/go-sigfox/sigfox/internal/wire"

// compileJSON finds the strings and bare tokens that hold variables, makes the
// segments from them, and the tree for Match if the whole is JSON.
func (c *compiler) compileJSON() {
	c.findHoles()
	last := 0
	for i := range c.t.holes {
		h := &c.t.holes[i]
		h.lit = newLiteral(c.text[last:h.start])
		last = h.end
	}
	c.t.last = c.text[last:]
	c.renderJSON()
	b := treeBuilder{c: c, text: []byte(c.text)}
	c.t.tree, c.t.jsonErr = b.build()
}

// findHoles walks through the text once and collects the pieces that hold
// variables. It works for text that is not JSON, too.
func (c *compiler) findHoles() {
	var q quoteState
	open := -1  // the string hole that is not closed yet
	token := -1 // start of a bare token, or of the string
	next := 0   // index of the next variable
	for p := 0; p < len(c.text); {
		isVar := next < len(c.vars) && c.vars[next].start == p
		switch {
		case isVar && q.in:
			open = token
			q.escaped = false
			p = c.vars[next].end
			next++
			continue
		case isVar:
			if token < 0 {
				token = p
			}
			p = c.bareEnd(&next, p)
			c.addJSONHole(token, p, true)
			token = -1
			continue
		}
		wasIn := q.in
		q.step(c.text[p])
		switch {
		case q.in && !wasIn:
			token = p + 1
		case wasIn && !q.in:
			if open >= 0 {
				c.addJSONHole(open, p, false)
			}
			open, token = -1, -1
		case !q.in && !isGlue(c.text[p]):
			token = -1
		case !q.in && token < 0:
			token = p
		}
		p++
	}
	if open >= 0 {
		c.addJSONHole(open, len(c.text), false)
	}
}

// bareEnd returns the end of the bare token at p, and moves next behind its variables.
func (c *compiler) bareEnd(next *int, p int) int {
	for p < len(c.text) {
		switch {
		case *next < len(c.vars) && c.vars[*next].start == p:
			p = c.vars[*next].end
			*next++
		case isGlue(c.text[p]):
			p++
		default:
			return p
		}
	}
	return p
}

// isGlue reports whether c can be part of a bare token.
func isGlue(c byte) bool {
	switch c {
	case ',', ':', '[', ']', '{', '}', '"':
		return false
	}
	return !isSpace(c)
}

func (c *compiler) addJSONHole(start, end int, bare bool) {
	unescape := unescapeLiteral
	if bare {
		unescape = nil
	}
	h := &c.t.holes[c.addHole(c.pattern(start, end, unescape))]
	h.start, h.end, h.bare = start, end, bare
	h.unescape = wire.AppendUnescaped
}

// unescapeLiteral is wire.AppendUnescaped for text that may be no valid string.
func unescapeLiteral(dst, s []byte) []byte {
	if end, _, _ := scanStringSlow(s, 0); end < len(s) {
		return append(dst, s...)
	}
	return wire.AppendUnescaped(dst, s)
}

func (c *compiler) renderJSON() {
	last := 0
	for i := range c.t.holes {
		h := &c.t.holes[i]
		if !h.bare {
			for _, v := range c.varsIn(h.start, h.end) {
				c.addSegment(&segment{lit: newLiteral(c.text[last:v.start]), name: v.name, mode: modeString})
				last = v.end
			}
			continue
		}
		s := &segment{lit: newLiteral(c.text[last:h.start]), name: h.name, mode: modeBare, kind: c.o.kind(h.name)}
		if !h.single {
			s.mode, s.group = modeGroup, &h.pattern
		}
		c.addSegment(s)
		last = h.end
	}
	c.t.tail = newLiteral(c.text[last:])
}
