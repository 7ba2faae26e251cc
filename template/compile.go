package template

import (
	"fmt"
	"slices"
	"strings"
)

// compiler turns the text of a template into what Append and Match work on.
type compiler struct {
	o    Options
	t    *Template
	text string        // the source, with what Options.Unknown put into it
	vars []placeholder // the variables in text

	lastSegment *segment
}

// newCompiler finds the variables of src.
func newCompiler(src string, o Options) (*compiler, error) {
	c := &compiler{o: o, t: &Template{src: src, place: o.Place, unknown: o.Unknown, layout: o.Layout}}
	if o.Known != nil {
		c.t.unknown = Null
	}
	if err := c.resolve(src); err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	for _, v := range c.vars {
		if !seen[v.name] {
			seen[v.name] = true
			c.t.names = append(c.t.names, v.name)
		}
	}
	c.t.size = len(src) + 16*len(c.vars) + room
	return c, nil
}

// resolve splits src into variables and text, and deals with unknown names.
func (c *compiler) resolve(src string) error {
	var text strings.Builder
	var quotes quoteState
	last := 0
	for at := 0; ; {
		v, ok := nextPlaceholder(src, at)
		if !ok {
			break
		}
		at = v.end
		known := c.o.Known == nil || c.o.Known(v.name)
		if !known && c.o.Unknown == Keep && !c.cutsURL(v.name) {
			continue
		}
		quotes.feed(src[last:v.start])
		text.WriteString(src[last:v.start])
		last = v.end
		if known {
			start := text.Len()
			text.WriteString(src[v.start:v.end])
			c.vars = append(c.vars, placeholder{v.name, start, text.Len()})
			continue
		}
		switch c.o.Unknown {
		case Fail:
			return &SyntaxError{v.start, fmt.Sprintf("unknown variable {%s}", v.name)}
		case Keep:
			text.WriteString(keptInURL(v.name))
		default:
			bare := c.o.Place == JSON && !quotes.in
			if bare || c.o.Unknown == Null {
				text.WriteString("null")
			}
		}
	}
	text.WriteString(src[last:])
	c.text = text.String()
	return nil
}

// cutsURL reports whether a kept {name} would start the fragment of a URL.
func (c *compiler) cutsURL(name string) bool {
	return c.o.Place == URL && strings.Contains(name, "#")
}

func keptInURL(name string) string { return "{" + strings.ReplaceAll(name, "#", "%23") + "}" }

// quoteState tells whether a position of a JSON text is inside a string.
type quoteState struct{ in, escaped bool }

func (q *quoteState) step(c byte) {
	switch {
	case q.escaped:
		q.escaped = false
	case c == '"':
		q.in = !q.in
	case c == '\\':
		q.escaped = q.in
	}
}

func (q *quoteState) feed(s string) {
	for i := range len(s) {
		q.step(s[i])
	}
}

// compileText compiles what is matched in one piece and rendered with one mode.
func (c *compiler) compileText() { c.compileWhole(modeText) }

func (c *compiler) compileHeader() error {
	for i := range len(c.text) {
		if hasControl(c.text[i : i+1]) {
			return &SyntaxError{i, "control character in a header"}
		}
	}
	c.compileWhole(modeHeader)
	return nil
}

func (c *compiler) compileWhole(m mode) {
	c.render(func(placeholder) mode { return m })
	c.addHole(c.pattern(0, len(c.text), nil))
}

// render makes the segments: one for each variable, in the mode of its position.
func (c *compiler) render(modeOf func(placeholder) mode) {
	last := 0
	for _, v := range c.vars {
		c.addSegment(&segment{lit: newLiteral(c.text[last:v.start]), name: v.name, mode: modeOf(v)})
		last = v.end
	}
	c.t.tail = newLiteral(c.text[last:])
}

func (c *compiler) addSegment(s *segment) {
	c.o.Layout.resolve(s)
	if c.lastSegment == nil {
		c.t.first = s
	} else {
		c.lastSegment.next = s
	}
	c.lastSegment = s
}

// varsIn returns the variables between two positions of the text.
func (c *compiler) varsIn(start, end int) []placeholder {
	byStart := func(v placeholder, p int) int { return v.start - p }
	lo, _ := slices.BinarySearchFunc(c.vars, start, byStart)
	hi, _ := slices.BinarySearchFunc(c.vars, end, byStart)
	return c.vars[lo:hi]
}

// pattern compiles a part of the text; unescape (nil: none) makes its literal
// text what values are compared with.
func (c *compiler) pattern(start, end int, unescape func(dst, s []byte) []byte) pattern {
	literal := func(s string) string {
		if unescape == nil || s == "" {
			return s
		}
		return string(unescape(nil, []byte(s)))
	}
	var p pattern
	for _, v := range c.varsIn(start, end) {
		p.vars = append(p.vars, patternVar{
			lit: literal(c.text[start:v.start]), name: v.name, width: c.o.width(v.name), start: v.start,
		})
		start = v.end
	}
	p.tail = literal(c.text[start:end])
	p.free = p.findFree(c.o.free)
	return p
}

// addHole adds a piece that Match has to read and returns its number.
func (c *compiler) addHole(p pattern) int {
	h := hole{pattern: p, name: p.variable(), single: p.single()}
	c.t.holes = append(c.t.holes, h)
	return len(c.t.holes) - 1
}

func (c *compiler) checkMatchable() {
	for i := range c.t.holes {
		if c.t.matchErr != nil {
			return
		}
		c.t.matchErr = c.t.holes[i].pattern.ambiguous()
	}
}
