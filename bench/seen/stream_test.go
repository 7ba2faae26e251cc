package seen_test

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/go-sigfox/sigfox"
)

var start = time.Unix(1_790_000_000, 0)

const retain = 15 * time.Minute

// stream makes up messages: of five, four are new and one is a re-send of one
// of the last n/10. Time runs so that n new messages fill retain. Everything
// follows from the number of a message, so the stream itself needs no memory.
type stream struct {
	now    time.Time
	n      int
	next   int // number of the next new message
	device uint32
	gap    time.Duration
	rng    uint64
}

// newStream returns stream id of several that share a window of n messages.
func newStream(n, streams, id int) *stream {
	n /= streams
	return &stream{
		now: start, n: n, gap: retain / time.Duration(n),
		device: uint32(id) << 28, rng: uint64(id)*2 + 0x9e3779b97f4a7c15,
	}
}

// key returns message number i: another device each time, with no order that a
// cache could use.
func (s *stream) key(i int) sigfox.MessageKey {
	x := uint32(i) * 0x9e3779b1
	x ^= x >> 15
	return sigfox.MessageKey{
		Device: sigfox.DeviceID(x*0x85ebca77 ^ s.device),
		Time:   start.Unix() + int64(time.Duration(i)*s.gap/time.Second),
		Seq:    sigfox.SeqNumber(i & 4095),
	}
}

// first returns the next new message.
func (s *stream) first() sigfox.MessageKey {
	k := s.key(s.next)
	s.next++
	if s.next%16 == 0 {
		s.now = s.now.Add(16 * s.gap)
	}
	return k
}

// leaving returns the message that the newest one pushes out of the window, for
// candidates that forget nothing by themselves.
func (s *stream) leaving() (sigfox.MessageKey, bool) {
	i := s.next - 1 - s.n
	return s.key(max(i, 0)), i >= 0
}

// message returns the next message, new or not.
func (s *stream) message() (k sigfox.MessageKey, isNew bool) {
	x := s.rng
	x ^= x << 13
	x ^= x >> 7
	x ^= x << 17
	s.rng = x
	if uint32(x) > math.MaxUint32/5 {
		return s.first(), true
	}
	return s.key(s.next - 1 - int(x>>32*uint64(s.n/10)>>32)), false
}

// skewed makes up messages of few devices that send most: the rank of a device
// follows Zipf's law, and each message is re-sent twice in a row. It counts
// messages like stream.
type skewed struct {
	*stream
	zipf   *rand.Zipf
	copies int
	last   sigfox.MessageKey
}

func newSkewed(n int) *skewed {
	return &skewed{
		stream: newStream(n, 1, 0),
		zipf:   rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 1, uint64(n)),
	}
}

func (s *skewed) message() sigfox.MessageKey {
	if s.copies > 0 {
		s.copies--
		return s.last
	}
	k := s.first()
	k.Device = sigfox.DeviceID(s.zipf.Uint64())
	s.last, s.copies = k, 2
	return k
}
