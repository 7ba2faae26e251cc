// Package aggregator_test measures dedup.Aggregator against what Go developers use
// today to turn frames into messages. Every candidate does the same work: the
// first copy opens a window of 25 s, further copies are merged by station, and
// at the end the record is handed out. TestSameWork compares what they emit.
package aggregator_test

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"golang.org/x/sys/cpu"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

const (
	window = 25 * time.Second
	// A message is three frames, 2 s apart, and two of its four stations hear each.
	repetitions    = 3
	repetitionGap  = 2 * time.Second
	stationsPerRep = 2
	stations       = repetitions*stationsPerRep - 2
	copies         = repetitions * stationsPerRep
	// tick is how often a candidate is told the time.
	tick = 500 * time.Millisecond
	// block is how many messages a goroutine takes at a time, and plays as a whole.
	block = 8
)

var epoch = time.Now()

// ticket deals out the messages of a stream to the goroutines that play it.
type ticket struct {
	next    atomic.Int64
	_       cpu.CacheLinePad
	step    time.Duration // between messages
	lag     int64         // messages between two repetitions
	tick    int64         // messages between two ticks
	seconds float64       // between messages
	// To copy one of these costs nothing. What has just been written byte by byte
	// the processor would have to wait for.
	payloads [payloads]sigfox.Payload
}

// payloads is how many of them there are.
const payloads = 256

// newTicket makes a stream that keeps live messages in the window.
func newTicket(live int) *ticket {
	t := &ticket{step: window / time.Duration(live)}
	t.lag = int64(repetitionGap / t.step)
	t.tick = int64(tick / t.step)
	t.seconds = t.step.Seconds()
	for i := range t.payloads {
		var data [sigfox.MaxPayload]byte
		binary.LittleEndian.PutUint64(data[:], uint64(i+1)*0x9E3779B97F4A7C15)
		t.payloads[i], _ = sigfox.NewPayload(data[:])
	}
	return t
}

// arrival is a frame and when it was received.
type arrival struct {
	now   time.Time
	frame dedup.Frame
}

// stream is one goroutine's part in the reception of all messages. Frames are
// made a block ahead, so that making them is no part of what is measured next.
type stream struct {
	_        cpu.CacheLinePad // else two goroutines might write to one line for each reception
	ticket   *ticket
	arrivals []arrival
	next     int
	end      int64 // the message behind the block
	ticks    bool  // the block begins with a tick
	_        cpu.CacheLinePad
}

func newStream(t *ticket) *stream {
	return &stream{ticket: t, arrivals: make([]arrival, 0, block*copies)}
}

// fill makes the next block. The second repetition of an earlier message and the
// third of a still earlier one are received between the first repetitions of two
// messages.
func (s *stream) fill() {
	s.next, s.arrivals = 0, s.arrivals[:0]
	s.end = s.ticket.next.Add(block)
	s.ticks = (s.end-block)/s.ticket.tick != s.end/s.ticket.tick
	for message := s.end - block; message < s.end; message++ {
		now := epoch.Add(time.Duration(message) * s.ticket.step)
		for rep := range repetitions {
			if m := message - int64(rep)*s.ticket.lag; m >= 0 {
				s.receive(now, m, rep)
			}
		}
	}
}

// receive appends the frames of a repetition, as two stations hear it.
func (s *stream) receive(now time.Time, message int64, rep int) {
	h := uint64(message) * 0x9E3779B97F4A7C15
	payload := &s.ticket.payloads[h>>40%payloads]
	n := len(s.arrivals)
	s.arrivals = s.arrivals[:n+stationsPerRep]
	for i := range s.arrivals[n:] {
		a := &s.arrivals[n+i]
		a.now = now
		f := &a.frame
		f.Time = 1_790_000_000 + int64(float64(message)*s.ticket.seconds)
		f.Device = sigfox.DeviceID(h >> 32)
		f.Station = sigfox.StationID(h>>20&0xFFF) + sigfox.StationID(rep+i)
		f.Payload = *payload
		f.Repetition = uint8(rep)
		f.Seq = sigfox.SeqNumber(message) & sigfox.MaxSeqNumber
		f.RSSI = -100 - float32(h>>58) - float32(i)
		f.SNR = float32(h>>54&31) / 2
	}
}
