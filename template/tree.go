package template

import (
	"bytes"

	"github.com/go-sigfox/sigfox/internal/wire"
)

// node is a JSON value of a template.
type node struct {
	sort     nodeSort
	hole     int // of a holeNode
	first    int // the holes inside are first to last-1
	last     int
	members  []member
	byKey    map[string]int // the last member of each name
	patterns []int          // the members whose name has variables
	elements []node
}

type nodeSort uint8

const (
	constNode nodeSort = iota // a value without variables
	holeNode
	objectNode
	arrayNode
)

// member is one member of an object.
type member struct {
	key     string
	keyHole int // -1 if the name has no variables
	value   node
}

// treeBuilder reads the text of a template as JSON in which a hole may stand
// for any string or bare value.
type treeBuilder struct {
	c    *compiler
	text []byte
	hole int // the next one
}

// byteOrderMark may start a template or a text; it is skipped.
const byteOrderMark = "\ufeff"

func skipMark(text []byte) int {
	if bytes.HasPrefix(text, []byte(byteOrderMark)) {
		return len(byteOrderMark)
	}
	return 0
}

func (b *treeBuilder) build() (*node, *SyntaxError) {
	var n node
	p, ok := b.value(&n, skipSpace(b.text, skipMark(b.text)), 0)
	if ok {
		if p = skipSpace(b.text, p); p == len(b.text) {
			return &n, nil
		}
	}
	return nil, &SyntaxError{p, "not valid JSON"}
}

// atHole reports whether the next hole starts at p.
func (b *treeBuilder) atHole(p int, bare bool) bool {
	if b.hole == len(b.c.t.holes) {
		return false
	}
	h := &b.c.t.holes[b.hole]
	return h.start == p && h.bare == bare
}

func (b *treeBuilder) value(n *node, p, depth int) (end int, ok bool) {
	n.first = b.hole
	switch {
	case p == len(b.text):
		return p, false
	case b.atHole(p, true):
		n.sort, n.hole = holeNode, b.hole
		end, ok = b.c.t.holes[b.hole].end, true
		b.hole++
	case b.text[p] == '"':
		var h int
		if end, h, ok = b.str(p); h >= 0 {
			n.sort, n.hole = holeNode, h
		}
	case depth == maxDepth && isContainer(b.text[p:]):
		return p, false
	case b.text[p] == '{':
		end, ok = b.object(n, p+1, depth+1)
	case b.text[p] == '[':
		end, ok = b.array(n, p+1, depth+1)
	default:
		end, ok = scanScalar(b.text, p)
	}
	n.last = b.hole
	if n.first == n.last && (depth > 0 || n.sort != objectNode) { // nothing to read in it but extras
		*n = node{first: n.first, last: n.last}
	}
	return end, ok
}

// str reads a string, which may be a hole.
func (b *treeBuilder) str(p int) (end, hole int, ok bool) {
	p++
	if !b.atHole(p, false) {
		if end, _, ok = scanString(b.text, p); !ok {
			return end, -1, false
		}
		return end + 1, -1, true
	}
	hole = b.hole
	h := &b.c.t.holes[hole]
	b.hole++
	for _, v := range b.c.varsIn(h.start, h.end) { // the text between the variables
		if end, _, _ = scanStringSlow(b.text[:v.start], p); end < v.start {
			return end, hole, false
		}
		p = v.end
	}
	if end, _, ok = scanStringSlow(b.text, p); !ok {
		return end, hole, false
	}
	return end + 1, hole, true
}

func (b *treeBuilder) object(n *node, p, depth int) (end int, ok bool) {
	n.sort = objectNode
	p = skipSpace(b.text, p)
	if p < len(b.text) && b.text[p] == '}' {
		return p + 1, true
	}
	for {
		if p = skipSpace(b.text, p); p == len(b.text) || b.text[p] != '"' {
			return p, false
		}
		m := member{}
		start := p + 1
		if p, m.keyHole, ok = b.str(p); !ok {
			return p, false
		}
		if m.keyHole < 0 {
			m.key = string(wire.AppendUnescaped(nil, b.text[start:p-1]))
		}
		if p = skipSpace(b.text, p); p == len(b.text) || b.text[p] != ':' {
			return p, false
		}
		if p, ok = b.value(&m.value, skipSpace(b.text, p+1), depth); !ok {
			return p, false
		}
		n.addMember(m)
		if p, ok = b.next(p, '}'); !ok || b.text[p-1] == '}' {
			return p, ok
		}
	}
}

func (n *node) addMember(m member) {
	if n.byKey == nil {
		n.byKey = make(map[string]int)
	}
	if m.keyHole < 0 {
		n.byKey[m.key] = len(n.members)
	} else {
		n.patterns = append(n.patterns, len(n.members))
	}
	n.members = append(n.members, m)
}

func (b *treeBuilder) array(n *node, p, depth int) (end int, ok bool) {
	n.sort = arrayNode
	p = skipSpace(b.text, p)
	if p < len(b.text) && b.text[p] == ']' {
		return p + 1, true
	}
	for {
		n.elements = append(n.elements, node{})
		if p, ok = b.value(&n.elements[len(n.elements)-1], skipSpace(b.text, p), depth); !ok {
			return p, false
		}
		if p, ok = b.next(p, ']'); !ok || b.text[p-1] == ']' {
			return p, ok
		}
	}
}

// next reads the comma or the closing bracket behind a value.
func (b *treeBuilder) next(p int, closer byte) (end int, ok bool) {
	p = skipSpace(b.text, p)
	if p == len(b.text) || b.text[p] != ',' && b.text[p] != closer {
		return p, false
	}
	return p + 1, true
}
