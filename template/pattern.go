package template

import (
	"bytes"
	"fmt"
)

// pattern is a text with variables, the part of a template that is matched in
// one piece: a whole plain text, one JSON string, one form field.
type pattern struct {
	vars []patternVar
	tail string // the text after the last variable
	free int    // index, from 1, of the variable that takes what the others leave; 0: none
}

type patternVar struct {
	lit   string // the text before the variable
	name  string
	width int // of its values in bytes, 0 if unknown
	start int // offset in the template
}

// single reports whether the pattern is one variable and nothing else.
func (p *pattern) single() bool { return len(p.vars) == 1 && p.vars[0].lit == "" && p.tail == "" }

// ambiguous returns why it cannot be told where a value ends, nil if it can:
// of variables without text between them only one may have an unknown width.
func (p *pattern) ambiguous() *SyntaxError {
	unknown := ""
	for i, v := range p.vars {
		if i == 0 || v.lit != "" {
			unknown = ""
		}
		if v.width > 0 {
			continue
		}
		if unknown != "" {
			return &SyntaxError{v.start, fmt.Sprintf("no text between {%s} and {%s}, and neither has a known width", unknown, v.name)}
		}
		unknown = v.name
	}
	return nil
}

// match reads text, which starts at offset base of the whole text, into sink.
// Without a sink it only checks. Every value but the last ends at the first
// occurrence of the text that follows it; the last one takes the rest.
func (p *pattern) match(text []byte, base int, sink Sink) *MatchError {
	pos := 0
	for i := 0; i < len(p.vars); {
		lit := p.vars[i].lit
		if !bytes.HasPrefix(text[pos:], []byte(lit)) {
			return &MatchError{Offset: base + pos, Variable: p.vars[i].name, Msg: "the text before it differs"}
		}
		pos += len(lit)
		if i+1 == p.free {
			return p.matchFree(text, pos, base, sink)
		}
		n, known := p.run(i)
		end := p.runEnd(text, pos, i+n, known)
		if end < pos+known {
			return &MatchError{Offset: base + pos, Variable: p.vars[i].name, Msg: "the text after it is missing"}
		}
		if err := setRun(p.vars[i:i+n], text[pos:end], end-pos-known, base+pos, sink); err != nil {
			return err
		}
		i += n
		pos = end
	}
	if string(text[pos:]) != p.tail {
		return &MatchError{Offset: base + pos, Msg: "the text at the end differs"}
	}
	return nil
}

// run returns how many variables from i on stand without text between them,
// and the sum of their known widths.
func (p *pattern) run(i int) (n, known int) {
	for n == 0 || i+n < len(p.vars) && p.vars[i+n].lit == "" {
		known += p.vars[i+n].width
		n++
	}
	if n == 1 {
		known = 0 // where text follows, it decides
	}
	return n, known
}

// runEnd returns where the variables before the one at next end, a position
// before pos if they do not.
func (p *pattern) runEnd(text []byte, pos, next, known int) int {
	if next == len(p.vars) {
		return len(text) - len(p.tail)
	}
	from := min(pos+known, len(text))
	i := bytes.Index(text[from:], []byte(p.vars[next].lit))
	if i < 0 {
		return pos - 1
	}
	return from + i
}

// setRun cuts text into the values of vars; rest bytes are left for the one
// that has no known width.
func setRun(vars []patternVar, text []byte, rest, base int, sink Sink) *MatchError {
	pos := 0
	for i := range vars {
		v := &vars[i]
		n := v.width
		if n == 0 || len(vars) == 1 {
			n, rest = rest, 0
		}
		if err := set(sink, v.name, text[pos:pos+n], base+pos); err != nil {
			return err
		}
		pos += n
	}
	if rest > 0 {
		return &MatchError{Offset: base + pos, Variable: vars[len(vars)-1].name, Msg: "the value is longer than its width"}
	}
	return nil
}

// set gives a value to sink, if there is one.
func set(sink Sink, name string, text []byte, offset int) *MatchError {
	if sink == nil {
		return nil
	}
	if err := sink.SetVar(name, text, offset); err != nil {
		return refused(name, offset, err)
	}
	return nil
}

// setAll gives the same text to all variables of the pattern.
func (p *pattern) setAll(text []byte, offset int, sink Sink) *MatchError {
	for i := range p.vars {
		if err := set(sink, p.vars[i].name, text, offset); err != nil {
			return err
		}
	}
	return nil
}

// variable returns the name of the first variable, "" if there is none.
func (p *pattern) variable() string {
	if len(p.vars) == 0 {
		return ""
	}
	return p.vars[0].name
}
