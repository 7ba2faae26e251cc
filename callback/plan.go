package callback

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// plan is what a JSON object is expected to look like between its values, and where its
// values go. All requests of one callback are made from one template, so comparing the
// text with what it was is faster than reading it. It is compiled from a definition or
// learned from the object before.
type plan struct{ steps []step }

// step is one value, and the text that stands in front of it, back to the value before.
// The quotes of a string belong to these texts.
type step struct {
	literal
	quoted bool   // the value is a string
	tag    uint8  // of the value
	seen   uint64 // a bit for tag and for the tag of each step before

	// Where the value goes: target, nil if it is not read here, and by its type.
	target any
	kind   kind
	float  *sigfox.Opt[float64]
	time   *time.Time
	device *sigfox.DeviceID
	str    *string

	// The last string, up to its quote: the names of operators and words come again.
	last       literal
	lastString string
}

// kind is the type of a target, as far as followUsual knows it.
type kind uint8

const (
	kindOther kind = iota
	kindFloat
	kindInteger
	kindTime
	kindDevice
	kindString
)

// literal is a text, and its start as words: to compare these needs no call.
type literal struct {
	text        []byte
	words, mask [3]uint64
}

// wordsText is the length of the text that the words of a literal hold.
const wordsText = 24

// set makes text that of l, which keeps a copy.
func (l *literal) set(text []byte) {
	l.text = append(l.text[:0], text...)
	var padded, ones [wordsText]byte
	for i := range copy(padded[:], text) {
		ones[i] = 0xff
	}
	for i := range l.words {
		l.words[i] = binary.LittleEndian.Uint64(padded[8*i:])
		l.mask[i] = binary.LittleEndian.Uint64(ones[8*i:])
	}
}

// startsWords reports whether data, which has wordsText bytes at least, starts as l does.
func (l *literal) startsWords(data []byte) bool {
	first, second, third := binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:]), binary.LittleEndian.Uint64(data[16:])
	return (first^l.words[0])&l.mask[0]|(second^l.words[1])&l.mask[1]|(third^l.words[2])&l.mask[2] == 0
}

// bind gives a step its target.
func (s *step) bind(target any) {
	s.target, s.kind = target, kindOther
	switch p := target.(type) {
	case *sigfox.Opt[float64]:
		s.float, s.kind = p, kindFloat
	case *time.Time:
		s.time, s.kind = p, kindTime
	case *sigfox.DeviceID:
		s.device, s.kind = p, kindDevice
	case *string:
		s.str, s.kind = p, kindString
	case *sigfox.Opt[sigfox.SeqNumber], *sigfox.Opt[int], *sigfox.Opt[sigfox.LinkQuality], *sigfox.Opt[LocationSource],
		*sigfox.Opt[LocationStatus], *sigfox.Opt[downlink.InfoCode], *sigfox.Opt[Bucket]:
		s.kind = kindInteger
	}
}

// The bounds of what is learned.
const (
	maxSteps    = 64
	maxStepText = 128
)

// learn sets the step of member m, which stands behind offset from of data and behind i
// other members. The plan becomes that of the object that is being read.
func (p *plan) learn(data []byte, from, i int, m *wire.Member, tag uint8, target any) {
	if i > len(p.steps) || i == maxSteps {
		return
	}
	to, quoted := m.Offset, m.Kind == wire.String
	if i > 0 && p.steps[i-1].quoted {
		from--
	}
	if quoted {
		to++
	}
	text := data[from:to]
	if i < len(p.steps) {
		if s := &p.steps[i]; s.quoted == quoted && bytes.Equal(s.text, text) {
			return
		}
		p.steps = p.steps[:i]
	}
	if len(text) > maxStepText {
		return
	}
	p.steps = slices.Grow(p.steps, 1)[:i+1]
	s := &p.steps[i] // the memory of its texts is used again
	s.set(text)
	s.quoted, s.tag, s.seen, s.lastString = quoted, tag, 1<<(tag%64), ""
	s.bind(target)
	if i > 0 {
		s.seen |= p.steps[i-1].seen
	}
}

// valueEnd returns the offset behind the value of the last of n steps, of which follow
// returned the end. ok is false if the value goes on there: it is another one than was read.
func (p *plan) valueEnd(data []byte, n, pos int) (end int, ok bool) {
	if p.steps[n-1].quoted {
		return pos + 1, startsWith(data, pos, '"')
	}
	return pos, pos == len(data) || !wire.BareByte(data[pos])
}
