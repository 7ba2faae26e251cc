package callback

import (
	"bytes"
	"encoding/binary"
)

// literal is a text, and its end as words: to compare these needs no call. They are those
// in front of the offset where the text ends, so that nothing is read behind it.
type literal struct {
	text   []byte
	length uint
	words  [4]uint64 // the last one first
	cover  [4]uint64 // the bits of them that the text fills
}

// The bytes that a word, two words and all words of a literal hold.
const (
	wordBytes    = 8
	pairBytes    = 2 * wordBytes
	literalBytes = 4 * wordBytes
)

// set makes text that of l, which keeps a copy.
func (l *literal) set(text []byte) {
	l.text, l.length = append(l.text[:0], text...), uint(len(text))
	var padded, ones [literalBytes]byte
	for i := range min(len(text), literalBytes) {
		padded[literalBytes-1-i] = text[len(text)-1-i]
		ones[literalBytes-1-i] = 0xff
	}
	for i := range l.words {
		from := literalBytes - wordBytes*(i+1)
		l.words[i] = binary.LittleEndian.Uint64(padded[from:])
		l.cover[i] = binary.LittleEndian.Uint64(ones[from:])
	}
}

// differs reports whether the words i and i+1 of the text, the later one first, are not
// those that b starts with.
func (l *literal) differs(b []byte, i int) bool {
	first, second := binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:16])
	return (second^l.words[i])&l.cover[i]|(first^l.words[i+1])&l.cover[i+1] != 0
}

// startsAt reports whether the text stands at offset pos of data, however long it is.
func (l *literal) startsAt(data []byte, pos int) bool { return bytes.HasPrefix(data[pos:], l.text) }
