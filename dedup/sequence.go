package dedup

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Defaults of SequenceOptions.
const (
	// DefaultUplinks is the largest number of uplinks a day that is sold.
	DefaultUplinks = 140
	// DefaultDevices is how many devices a SequenceWatch follows.
	DefaultDevices = 1 << 20
)

// ErrSequenceOptions is wrapped by the errors of NewSequenceWatch.
var ErrSequenceOptions = errors.New("dedup: invalid sequence options")

// SequenceOptions configures a SequenceWatch. The zero value is usable.
type SequenceOptions struct {
	// Uplinks is how many uplinks a day the contract allows, where a Numbered
	// does not say. 0: DefaultUplinks.
	Uplinks int
	// Rollover is how many messages a device sends before its counter starts
	// again at 0, where a Numbered does not say. 0: 4096.
	Rollover int
	// MaxDevices is how many devices are followed, 15 to 30 bytes each.
	// 0: DefaultDevices.
	MaxDevices int
	// ResumeInRange makes the watch accept a rejected device again as soon as a number is
	// in range, as an older edition of the documentation has it. By default only Disengage
	// does that.
	ResumeInRange bool
}

// Numbered is a message as far as its place in the sequence goes.
type Numbered struct {
	Device sigfox.DeviceID
	// Seq may be sigfox.NoSeqNumber.
	Seq sigfox.SeqNumber
	// Uplinks and Rollover are those of this device. 0: those of the options.
	Uplinks, Rollover int
}

// SequenceState is how a message follows the one before.
type SequenceState uint8

const (
	// InSequence is nothing to report. The number is the next one, or one more
	// after a downlink, or the same again, or the first of this device; or the
	// gap is one that the cloud passes over in silence.
	InSequence SequenceState = iota
	// BreakInSequence is a message that is accepted, although messages before it
	// are missing. The cloud raises the event "break in message sequence".
	BreakInSequence
	// OutOfSequence is a message after too large a gap to come from this device.
	// The cloud rejects it, raises the event "out of message sequence", and
	// delivers nothing more of the device until Disengage.
	OutOfSequence
	// Unwatched is a message without sequence number, or of a device that is not
	// followed because MaxDevices others are.
	Unwatched
)

// String returns the name of the state.
func (s SequenceState) String() string {
	switch s {
	case InSequence:
		return "InSequence"
	case BreakInSequence:
		return "BreakInSequence"
	case OutOfSequence:
		return "OutOfSequence"
	case Unwatched:
		return "Unwatched"
	default:
		return fmt.Sprintf("SequenceState(%d)", uint8(s))
	}
}

// Sequence is what a SequenceWatch says of a message: all that the two events
// report.
type Sequence struct {
	State SequenceState
	// Last is the number of the last message accepted, and Expected the one
	// after it. Both are sigfox.NoSeqNumber if there is none.
	Last, Expected sigfox.SeqNumber
	Received       sigfox.SeqNumber
	// Gap is how many steps lead from Last to Received: 1 when nothing is missing.
	Gap int
	// Warn and Reject are the bounds of the gap: up to Warn a break is reported,
	// above Reject the message is rejected, and in between nothing is done.
	Warn, Reject int
}

// SequenceWatch follows the sequence numbers of devices by the rule of the cloud.
// With the number of days since the last message (at least 1), two bounds are
// 300 times the days, and the uplinks a day of the contract times (days + 2): up
// to the smaller one a gap is a break in sequence, above the larger one the
// message is out of sequence. It is safe for concurrent use.
//
// Give it each message once, in the order of their receipt.
// Source: https://support.sigfox.com/docs/sequence-number:-general-knowledge
type SequenceWatch struct {
	options SequenceOptions
	devices atomic.Int64
	shards  [sequenceShards]sequenceShard
}

const sequenceShards = 64

type sequenceShard struct {
	mu   sync.Mutex
	last map[sigfox.DeviceID]lastNumber
	_    [48]byte // to a cache line
}

// lastNumber is all that is kept of a device.
type lastNumber struct {
	time uint32 // of the last message accepted, in Unix seconds
	seq  sigfox.SeqNumber
	// rejected: the last message was out of sequence.
	rejected bool
	// downlink: the device may use up a number to confirm one.
	downlink bool
}

// NewSequenceWatch returns a SequenceWatch that follows no device yet. The error
// wraps ErrSequenceOptions.
func NewSequenceWatch(o SequenceOptions) (*SequenceWatch, error) {
	for _, f := range []struct {
		name  string
		value int
	}{{"Uplinks", o.Uplinks}, {"Rollover", o.Rollover}, {"MaxDevices", o.MaxDevices}} {
		if f.value < 0 {
			return nil, fmt.Errorf("%w: %s is %d", ErrSequenceOptions, f.name, f.value)
		}
	}
	o.Uplinks = orDefault(o.Uplinks, DefaultUplinks)
	o.Rollover = orDefault(o.Rollover, int(sigfox.MaxSeqNumber)+1)
	o.MaxDevices = orDefault(o.MaxDevices, DefaultDevices)
	w := &SequenceWatch{options: o}
	for i := range w.shards {
		w.shards[i].last = make(map[sigfox.DeviceID]lastNumber)
	}
	return w, nil
}

// Observe says how a message that was received at now follows the last one.
func (w *SequenceWatch) Observe(now time.Time, m Numbered) Sequence {
	s := Sequence{Last: sigfox.NoSeqNumber, Expected: sigfox.NoSeqNumber, Received: m.Seq}
	if m.Seq == sigfox.NoSeqNumber {
		s.State = Unwatched
		return s
	}
	at := seconds(now.Unix())
	shard := w.shard(m.Device)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	last, ok := shard.last[m.Device]
	if !ok {
		if w.devices.Add(1) > int64(w.options.MaxDevices) {
			w.devices.Add(-1)
			s.State = Unwatched
			return s
		}
		shard.last[m.Device] = lastNumber{time: at, seq: m.Seq}
		return s
	}
	last.judge(&s, max(at, last.time), w.withDefaults(m), w.options.ResumeInRange)
	shard.last[m.Device] = last
	return s
}

func (w *SequenceWatch) withDefaults(m Numbered) Numbered {
	if m.Uplinks <= 0 {
		m.Uplinks = w.options.Uplinks
	}
	if m.Rollover <= 0 {
		m.Rollover = w.options.Rollover
	}
	return m
}

const secondsPerDay = 24 * 60 * 60

// judge fills in the sequence of a message that was received at now, and makes
// it the last one if it is accepted.
func (l *lastNumber) judge(s *Sequence, now uint32, m Numbered, resume bool) {
	days := max(1, int((now-l.time)/secondsPerDay))
	a, b := 300*days, m.Uplinks*(days+2)
	s.Warn, s.Reject = min(a, b), max(a, b)
	s.Last, s.Expected = l.seq, after(l.seq, m.Rollover)
	s.Gap = m.Seq.Gap(l.seq, m.Rollover)
	next := 1
	if l.downlink {
		next = 2
	}
	switch {
	case s.Gap > s.Reject, l.rejected && !resume:
		s.State = OutOfSequence
		l.rejected = true
		return
	case s.Gap > next && s.Gap <= s.Warn:
		s.State = BreakInSequence
	}
	*l = lastNumber{time: now, seq: m.Seq, downlink: l.downlink && s.Gap == 0}
}

// after returns the number that follows n.
func after(n sigfox.SeqNumber, rollover int) sigfox.SeqNumber {
	if n >= sigfox.MaxSeqNumber || int(n) == rollover-1 {
		return 0
	}
	return n + 1
}

// Downlink says that a downlink was sent to the device after its last message.
// The device uses up one sequence number to confirm it, if it received it, so
// that the next number or the one after is in sequence.
func (w *SequenceWatch) Downlink(id sigfox.DeviceID) {
	s := w.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if l, ok := s.last[id]; ok {
		l.downlink = true
		s.last[id] = l
	}
}

// Disengage makes the next number received the reference, whatever it is, and lets
// rejected messages be accepted again, like the cloud's function of that name. It is also
// how a device is forgotten. It reports whether the device was known.
func (w *SequenceWatch) Disengage(id sigfox.DeviceID) bool {
	s := w.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.last[id]; !ok {
		return false
	}
	delete(s.last, id)
	w.devices.Add(-1)
	return true
}

// Devices returns how many devices are followed.
func (w *SequenceWatch) Devices() int { return int(w.devices.Load()) }

func (w *SequenceWatch) shard(id sigfox.DeviceID) *sequenceShard {
	return &w.shards[uint32(id)*0x9E3779B1>>26]
}
