package template

// literal is text of a template. Few literals are longer than 32 bytes, so these are
// kept in an array, and the first 16 as words, too: they are copied and compared without
// a call.
type literal struct {
	text  string
	bytes [arrayBytes]byte
	words [2]uint64
	mask  [2]uint64 // the bits of words that are part of text
}

// wordBytes and arrayBytes are how many bytes words and bytes hold.
const (
	wordBytes  = 16
	arrayBytes = 32
)

func newLiteral(text string) literal {
	var b, m [arrayBytes]byte
	for i := range copy(b[:], text) {
		m[i] = 0xff
	}
	return literal{
		text:  text,
		bytes: b,
		words: [2]uint64{load8(b[:]), load8(b[8:])},
		mask:  [2]uint64{load8(m[:]), load8(m[8:])},
	}
}

// appendTo appends the text to dst. It may write up to 32 bytes into the room
// behind it.
func (l *literal) appendTo(dst []byte) []byte {
	n := len(dst)
	if len(l.text) > arrayBytes || cap(dst)-n < arrayBytes {
		return append(dst, l.text...)
	}
	*(*[arrayBytes]byte)(dst[n : n+arrayBytes]) = l.bytes
	return dst[:n+len(l.text)]
}

// at reports whether text continues at p with the literal.
func (l *literal) at(text []byte, p int) bool {
	if len(l.text) > wordBytes || p+wordBytes > len(text) {
		return l.atSlow(text, p)
	}
	return (load8(text[p:])^l.words[0])&l.mask[0]|(load8(text[p+8:])^l.words[1])&l.mask[1] == 0
}

func (l *literal) atSlow(text []byte, p int) bool {
	return len(text)-p >= len(l.text) && string(text[p:p+len(l.text)]) == l.text
}
