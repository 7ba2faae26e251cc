package callback

import (
	"bytes"
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
type plan struct {
	steps    []step
	close    step  // no value: the text behind the last one
	location *plan // of the location in the message

	// The plan of a location: the step of the message that follow reads it for, and where
	// that step's value stands. outer is nil if it is read by itself.
	outer   *step
	outerAt int
}

// step is one value, and the text that stands in front of it, back to the value before.
// The quotes of a string belong to these texts. Steps are linked: to follow a pointer
// needs fewer registers than an index.
type step struct {
	literal
	next   *step  // that of the last one is plan.close
	index  int    // in the plan
	quoted bool   // the value is a string
	tag    uint8  // of the value
	seen   uint64 // a bit for tag and for the tag of each step before

	target any // where the value goes, nil if it is not read here
	kind   kind
	targets

	// The last value: the next number is mostly written so, payloads of a device type have
	// one length, the names of operators and words come again.
	shape         *shape
	payloadDigits uint      // in digits
	payloadBits   [3]uint64 // the bits that they fill of three words that start with them
	last          literal   // up to its quote
	lastString    string
}

// targets is where the value of a step goes, by its type.
type targets struct {
	str      *string
	payload  *sigfox.Payload
	location *sigfox.Opt[Location]
	inner    *plan // of the location
	device   *sigfox.DeviceID
	station  *sigfox.Opt[sigfox.StationID]
	time     *time.Time
	float    *sigfox.Opt[float64]
	integer  *sigfox.Opt[int]
	seq      *sigfox.Opt[sigfox.SeqNumber]
	quality  *sigfox.Opt[sigfox.LinkQuality]
	source   *sigfox.Opt[LocationSource]
	status   *sigfox.Opt[LocationStatus]
	info     *sigfox.Opt[downlink.InfoCode]
	bucket   *sigfox.Opt[Bucket]
	limit    uint64 // of an integer
}

// kind is the type of a target, as far as followPlain knows it.
type kind uint8

const (
	kindOther    kind = iota
	kindClose         // no value: the end of the object
	kindString        // of which the last one was short
	kindPayload       // in quotes
	kindLocation      // an object
	kindDevice        // in quotes
	kindStation       // in quotes
	kindTime          // the first of those that are numbers
	kindFloat
	kindInteger
	kindSeqNumber
	kindLinkQuality
	kindSource
	kindStatus
	kindInfoCode
	kindBucket
)

// bind gives a step its target; location is the plan of a location.
func (s *step) bind(target any, location *plan) {
	s.target, s.kind, s.shape, s.payloadDigits, s.lastString = target, kindOther, &unknownShape, noChars, ""
	switch p := target.(type) {
	case *string:
		s.str = p
	case *sigfox.Payload:
		if s.quoted {
			s.payload, s.kind = p, kindPayload
		}
	case *sigfox.Opt[Location]:
		if !s.quoted {
			s.location, s.inner, s.kind = p, location, kindLocation
		}
	case *sigfox.DeviceID:
		if s.quoted {
			s.device, s.kind = p, kindDevice
		}
	case *sigfox.Opt[sigfox.StationID]:
		if s.quoted {
			s.station, s.kind = p, kindStation
		}
	case *time.Time:
		s.time, s.limit, s.kind = p, wire.FirstMillis-1, kindTime
	case *sigfox.Opt[float64]:
		s.float, s.kind = p, kindFloat
	default:
		s.bindInteger(target)
	}
}

// bindInteger does so for the integers.
func (s *step) bindInteger(target any) {
	switch p := target.(type) {
	case *sigfox.Opt[int]:
		s.integer, s.limit, s.kind = p, math.MaxInt32, kindInteger
	case *sigfox.Opt[sigfox.SeqNumber]:
		s.seq, s.limit, s.kind = p, uint64(sigfox.MaxSeqNumber), kindSeqNumber
	case *sigfox.Opt[sigfox.LinkQuality]:
		s.quality, s.limit, s.kind = p, math.MaxUint8, kindLinkQuality
	case *sigfox.Opt[LocationSource]:
		s.source, s.limit, s.kind = p, math.MaxInt32, kindSource
	case *sigfox.Opt[LocationStatus]:
		s.status, s.limit, s.kind = p, math.MaxInt32, kindStatus
	case *sigfox.Opt[downlink.InfoCode]:
		s.info, s.limit, s.kind = p, math.MaxUint8, kindInfoCode
	case *sigfox.Opt[Bucket]:
		s.bucket, s.limit, s.kind = p, math.MaxUint8, kindBucket
	}
}

// rememberPayload notes how many digits the last payload had.
func (s *step) rememberPayload(n int) {
	s.payloadDigits = uint(n)
	for i := range s.payloadBits {
		s.payloadBits[i] = allBits
		if rest := n - i*wordBytes; rest < wordBytes {
			s.payloadBits[i] = 1<<(8*max(rest, 0)) - 1
		}
	}
}

// remember notes the last string of a step.
func (s *step) remember(v string) {
	s.lastString, s.kind = v, kindOther
	s.last.set(append([]byte(v), '"'))
	if len(s.last.text) <= literalBytes {
		s.kind = kindString
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
		p.link()
	}
	if len(text) > maxStepText {
		return
	}
	p.steps = slices.Grow(p.steps, 1)[:i+1]
	s := &p.steps[i] // the memory of its texts is used again
	s.set(text)
	s.quoted, s.tag, s.seen = quoted, tag, 1<<(tag%64)
	s.bind(target, p.location)
	if i > 0 {
		s.seen |= p.steps[i-1].seen
	}
	if quoted {
		p.close.set([]byte(`"}`))
	} else {
		p.close.set([]byte(`}`))
	}
	p.link()
}

// link links the steps, which may stand elsewhere in memory than before.
func (p *plan) link() {
	next := &p.close
	next.kind, next.index = kindClose, len(p.steps)
	for i := len(p.steps) - 1; i >= 0; i-- {
		s := &p.steps[i]
		s.next, s.index = next, i
		next = s
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

// valueEnd returns the offset after the value of the step, of which follow returned the
// end. ok is false if the value goes on there: it is another one than was read.
func (s *step) valueEnd(data []byte, pos int) (end int, ok bool) {
	if s.quoted {
		return pos + 1, startsWith(data, pos, '"')
	}
	return pos, pos == len(data) || !wire.BareByte(data[pos])
}
