package dedup

import (
	"math"
	"sync/atomic"
	"unsafe"
)

// never is an instant that does not come.
const never = math.MaxInt64

// messageTable holds messages, numbered in the order of their first copies. As
// every window is equally long, that is also the order in which messages are
// closed and forgotten: no timer and no heap is needed.
//
//	oldest       closed                       next
//	| remembered | window over | window open | room
type messageTable struct {
	messageTableFields
	_ [cacheLine - unsafe.Sizeof(messageTableFields{})%cacheLine]byte // tables share no line
}

const cacheLine = 64

type messageTableFields struct {
	// What copies change is in one line: another core that had the table before
	// has to hand over that line alone.
	mu       spinLock
	emitting bool  // some of the messages from closed on are being yielded
	now      int64 // the latest instant the table was told
	merged   uint64
	late     uint64
	oldest   uint64
	closed   uint64
	next     uint64
	skipped  uint64 // numbers that no message had

	// What leads to a message is in the next line, which seldom changes: all cores
	// have it, and can look for the message while they still wait for the other.
	index  messageIndex
	chunks []tableChunk // those of the messages held: a ring of a power of two
	limits *limits

	alarms *alarms
	spills spillPool
	stats  AggregatorStats // without First, Merged and Late
}

// It does not compile if the first line is not full, or more than that.
const _ = -(unsafe.Offsetof(messageTableFields{}.index) - cacheLine)

// tableChunk is a chunk in use.
type tableChunk struct {
	*chunk
	since int64 // receipt of the first message in it
}

// limits are the options in the units of a table, and what all tables share.
type limits struct {
	window, retain int64 // in microseconds
	stations       int
	messages       uint64
	hash           hasher
	room           *room
}

// alarms tell when a table needs attention, for those who do not hold its lock.
type alarms struct {
	due        atomic.Int64 // when a message is to be closed or forgotten
	remembered atomic.Int64 // when the oldest remembered message was received
}

func (t *messageTable) init(l *limits, a *alarms) {
	t.limits = l
	t.alarms = a
	t.setAlarms()
	t.index.lines = make([]indexLine, minLines)
}

// chunk returns the chunk of a message, by the lower bits of its number.
func (t *messageTable) chunk(number uint32) *tableChunk {
	return &t.chunks[int(number/chunkSize)&(len(t.chunks)-1)]
}

func (t *messageTable) extra(number uint64) *extra {
	return &t.chunk(uint32(number)).extras[number%chunkSize]
}

// setAlarms is called when the oldest or the first open message is another one.
func (t *messageTable) setAlarms() {
	due, remembered := int64(never), int64(never)
	if t.closed < t.next {
		due = t.extra(t.closed).first + t.limits.window
	}
	if t.oldest < t.closed {
		remembered = t.extra(t.oldest).first
		due = min(due, remembered+t.limits.retain)
	}
	t.alarms.due.Store(due)
	t.alarms.remembered.Store(remembered)
}

func (t *messageTable) add(f *arrival) Verdict {
	t.now = max(t.now, f.at) // the clock never goes back
	r, e, v := t.find(f)
	switch v {
	case First:
		return t.first(f)
	case Late:
		t.late++
		return Late
	case Merged, Full:
	}
	n := int(r.stations)
	for i := range r.heard[:min(n, inRecord)] {
		if r.heard[i].station == f.station {
			r.heard[i].improve(f)
			return t.merge(r, i, f)
		}
	}
	if n < min(inRecord, t.limits.stations) {
		r.heard[n] = f.heard
		r.stations++
		return t.merge(r, n, f)
	}
	return t.addSpilled(r, e, f)
}

// merge takes note of a copy that was merged into one of the stations in the record.
func (t *messageTable) merge(r *record, station int, f *arrival) Verdict {
	r.reps |= uint16(f.rep) << (station * repBits)
	return t.count(r)
}

func (t *messageTable) count(r *record) Verdict {
	r.last = uint32(t.now)
	increment(&r.frames)
	t.merged++
	return Merged
}

// find returns the message of which f is a copy, and whether f is First, because
// there is none, Late or to be Merged.
func (t *messageTable) find(f *arrival) (*record, *extra, Verdict) {
	oldest, held := uint32(t.oldest), uint32(t.next-t.oldest)
	for i := t.index.line(f.hash); ; i = t.index.after(i) {
		l := &t.index.lines[i]
		for set := tagged(&l.tags, f.tag); set != 0; set &= set - 1 {
			number := l.numbers[set.first()]
			if number-oldest >= held {
				continue // it was forgotten
			}
			c := t.chunk(number)
			r, e := c.message(number)
			if !r.of(f) {
				continue
			}
			if t.now-c.since < t.limits.window {
				return r, e, Merged // without a look at the extra, which is another line
			}
			switch age := t.now - e.first; {
			case age < t.limits.window:
				return r, e, Merged
			case age < t.limits.retain:
				return r, e, Late
			}
		}
		if !l.full() {
			return nil, nil, First
		}
	}
}

// age returns how long ago the first copy of a message was received.
func (t *messageTable) age(number uint64) int64 { return t.now - t.extra(number).first }

// first takes the first copy of a message.
func (t *messageTable) first(f *arrival) Verdict {
	if !t.makeRoom() {
		t.stats.FullMessages++
		return Full
	}
	c, i := t.chunk(uint32(t.next)), t.next%chunkSize
	if i == 0 {
		c.since = t.now
	}
	r := &c.records[i]
	*r = record{}
	r.device, r.time, r.seq = f.Device, f.time, f.Seq
	r.payload = f.Payload
	r.last, r.frames, r.stations = uint32(t.now), 1, 1
	r.reps = uint16(f.rep)
	r.heard[0] = f.heard
	c.extras[i] = extra{first: t.now, frequency: f.Frequency}
	if t.index.full(t.next) {
		t.reindex()
	}
	t.index.insert(f.hash, t.next)
	t.next++
	if t.next-t.closed == 1 {
		t.setAlarms()
	}
	return First
}

// reindex makes the index anew, of those that are held.
func (t *messageTable) reindex() {
	t.index.reset(t.oldest, t.next)
	for n := t.oldest; n < t.next; n++ {
		r := &t.chunk(uint32(n)).records[n%chunkSize]
		t.index.insert(t.limits.hash.sum(r.device, r.seq), n)
	}
}

// addSpilled merges a copy from a station that the record does not hold, and has no
// room for.
func (t *messageTable) addSpilled(r *record, e *extra, f *arrival) Verdict {
	n := int(r.stations) - inRecord
	if t.spills.merge(e.spill, n, f) {
		return t.count(r)
	}
	if int(r.stations) == t.limits.stations || !t.spills.add(&e.spill, n, f) {
		increment(&e.dropped)
		t.stats.FullStations++
		return Full
	}
	r.stations++
	return t.count(r)
}
