package callback

import (
	"bytes"
	"encoding/binary"
	"math"
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
// The quotes of a string belong to these texts. Steps are linked: to follow a pointer
// needs fewer registers than an index.
type step struct {
	literal
	next   *step
	index  int    // in the plan
	quoted bool   // the value is a string
	tag    uint8  // of the value
	seen   uint64 // a bit for tag and for the tag of each step before

	// Where the value goes: target, nil if it is not read here, and by its type.
	target   any
	kind     kind
	limit    uint64 // of an integer
	float    *sigfox.Opt[float64]
	time     *time.Time
	device   *sigfox.DeviceID
	payload  *sigfox.Payload
	location *sigfox.Opt[Location]
	str      *string

	// The last value: payloads of a device type have one length, the names of operators and
	// words come again.
	digits     int
	last       literal // up to its quote
	lastString string
}

// kind is the type of a target, as far as follow knows it.
type kind uint8

const (
	kindOther    kind = iota
	kindString        // of which the last one was short
	kindPayload       // in quotes
	kindLocation      // an object
	kindDevice
	kindTime
	kindFloat // the first of those that start with a digit
	kindInteger
)

// literal is a text, and its start as words: to compare these needs no call.
type literal struct {
	text        []byte
	words, mask [4]uint64
}

// pairBytes is how many bytes two words hold.
const pairBytes = 16

// set makes text that of l, which keeps a copy.
func (l *literal) set(text []byte) {
	l.text = append(l.text[:0], text...)
	var padded, ones [2 * pairBytes]byte
	for i := range copy(padded[:], text) {
		ones[i] = 0xff
	}
	for i := range l.words {
		l.words[i] = binary.LittleEndian.Uint64(padded[8*i:])
		l.mask[i] = binary.LittleEndian.Uint64(ones[8*i:])
	}
}

// differs reports whether the words i and i+1 of the text are not those of b.
func (l *literal) differs(b *[pairBytes]byte, i int) bool {
	first, second := binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])
	return (first^l.words[i])&l.mask[i]|(second^l.words[i+1])&l.mask[i+1] != 0
}

// bind gives a step its target.
func (s *step) bind(target any) {
	s.target, s.kind, s.lastString = target, kindOther, ""
	switch p := target.(type) {
	case *string:
		s.str = p
	case *sigfox.DeviceID:
		s.device, s.kind = p, kindDevice
	case *sigfox.Payload:
		if s.quoted {
			s.payload, s.kind, s.digits = p, kindPayload, 0
		}
	case *time.Time:
		s.time, s.kind = p, kindTime
	case *sigfox.Opt[Location]:
		if !s.quoted {
			s.location, s.kind = p, kindLocation
		}
	case *sigfox.Opt[float64]:
		s.float, s.kind = p, kindFloat
	case *sigfox.Opt[int], *sigfox.Opt[LocationSource], *sigfox.Opt[LocationStatus]:
		s.limit, s.kind = math.MaxInt32, kindInteger
	case *sigfox.Opt[sigfox.SeqNumber]:
		s.limit, s.kind = uint64(sigfox.MaxSeqNumber), kindInteger
	case *sigfox.Opt[sigfox.LinkQuality], *sigfox.Opt[downlink.InfoCode], *sigfox.Opt[Bucket]:
		s.limit, s.kind = math.MaxUint8, kindInteger
	}
}

// remember notes the last string of a step.
func (s *step) remember(v string) {
	s.lastString, s.kind = v, kindOther
	s.last.set(append([]byte(v), '"'))
	if len(s.last.text) <= 2*pairBytes {
		s.kind = kindString
	}
}

// maxIntegerDigits is how many digits those have whose limit is looked at.
const maxIntegerDigits = 10

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
	s.quoted, s.tag, s.seen = quoted, tag, 1<<(tag%64)
	s.bind(target)
	if i > 0 {
		s.seen |= p.steps[i-1].seen
	}
	p.link()
}

// link links the steps, which may stand elsewhere in memory than before.
func (p *plan) link() {
	for i := range p.steps {
		s := &p.steps[i]
		s.index, s.next = i, nil
		if i > 0 {
			p.steps[i-1].next = s
		}
	}
}

// from returns step i, nil behind the last one.
func (p *plan) from(i int) *step {
	if i >= len(p.steps) {
		return nil
	}
	return &p.steps[i]
}

// count returns how many steps there are before next, which is nil behind the last one.
func (p *plan) count(next *step) int {
	if next == nil {
		return len(p.steps)
	}
	return next.index
}

// valueEnd returns the offset behind the value of the step, of which follow returned the
// end. ok is false if the value goes on there: it is another one than was read.
func (s *step) valueEnd(data []byte, pos int) (end int, ok bool) {
	if s.quoted {
		return pos + 1, startsWith(data, pos, '"')
	}
	return pos, pos == len(data) || !wire.BareByte(data[pos])
}
