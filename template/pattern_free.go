package template

import "bytes"

// findFree returns the number, from 1, of the first free variable, 0 if there is none or
// if it is of no use: as the last one it takes the rest anyway, and where variables stand
// without text between them there is no telling where they end.
func (p *pattern) findFree(free func(name string) bool) int {
	number := 0
	for i, v := range p.vars {
		switch {
		case i > 0 && number > 0 && v.lit == "", i > 0 && number == 0 && v.lit == "" && free(v.name):
			return 0
		case number == 0 && free(v.name):
			number = i + 1
		}
	}
	if number == len(p.vars) {
		return 0
	}
	return number
}

// matchFree reads what stands from pos on, where the value of the free variable begins:
// the variables behind it from the last one on, each of which begins behind the last
// occurrence of the text before it. The free one takes what is left.
func (p *pattern) matchFree(text []byte, pos, base int, sink Sink) *MatchError {
	end := len(text) - len(p.tail)
	if end < pos || string(text[end:]) != p.tail {
		return &MatchError{Offset: base + max(pos, end), Msg: "the text at the end differs"}
	}
	return p.matchBack(text[:end], pos, base, len(p.vars)-1, sink)
}

// matchBack reads the values from that of the free variable, which begins at pos, to that
// of the last one, which ends with the text. The sink is given them in their order.
func (p *pattern) matchBack(text []byte, pos, base, last int, sink Sink) *MatchError {
	v := &p.vars[last]
	if last+1 == p.free {
		return set(sink, v.name, text[pos:], base+pos)
	}
	found := bytes.LastIndex(text[pos:], []byte(v.lit))
	if found < 0 {
		return &MatchError{Offset: base + pos, Variable: v.name, Msg: "the text before it is missing"}
	}
	start := pos + found
	if err := p.matchBack(text[:start], pos, base, last-1, sink); err != nil {
		return err
	}
	start += len(v.lit)
	return set(sink, v.name, text[start:], base+start)
}
