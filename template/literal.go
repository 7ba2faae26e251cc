package template

import "encoding/binary"

// literal is text of a template. Its first 16 bytes are kept as two words, too,
// because few literals are longer, and words are copied and compared without
// a call.
type literal struct {
	text  string
	words [2]uint64
	mask  [2]uint64 // the bits of words that are part of text
}

// wordBytes is how many bytes the words hold.
const wordBytes = 16

func newLiteral(text string) literal {
	var b, m [wordBytes]byte
	for i := range copy(b[:], text) {
		m[i] = 0xff
	}
	return literal{
		text:  text,
		words: [2]uint64{load8(b[:]), load8(b[8:])},
		mask:  [2]uint64{load8(m[:]), load8(m[8:])},
	}
}

// appendTo appends the text to dst. It may write up to 16 bytes into the room
// behind it.
func (l *literal) appendTo(dst []byte) []byte {
	n := len(dst)
	if len(l.text) > wordBytes || cap(dst)-n < wordBytes {
		return append(dst, l.text...)
	}
	b := (*[wordBytes]byte)(dst[n : n+wordBytes])
	binary.LittleEndian.PutUint64(b[:], l.words[0])
	binary.LittleEndian.PutUint64(b[8:], l.words[1])
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
