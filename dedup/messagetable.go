package dedup

import (
	"math"
	"sync"
	"sync/atomic"
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
	mu     sync.Mutex
	limits *limits
	now    int64 // the latest instant the table was told
	oldest uint64
	closed uint64
	next   uint64
	index  messageIndex
	chunks []tableChunk // those of the messages held: a ring of a power of two

	emitting bool // some of the messages from closed on are being yielded
	spills   spillPool
	alarms   *alarms
	stats    AggregatorStats
}

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
	t.index.resize(minCells, 0)
}

// chunk returns the chunk of a message.
func (t *messageTable) chunk(number uint64) *tableChunk {
	return &t.chunks[number/chunkSize&uint64(len(t.chunks)-1)]
}

func (t *messageTable) extra(number uint64) *extra {
	return &t.chunk(number).extras[number%chunkSize]
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
	number, v := t.find(f)
	if v == First {
		return t.first(f)
	}
	if v == Late {
		t.stats.Late++
		return Late
	}
	c, i := t.chunk(number), number%chunkSize
	r := &c.records[i]
	if !t.hear(r, &c.extras[i], f) {
		increment(&c.extras[i].dropped)
		t.stats.FullStations++
		return Full
	}
	r.last = uint32(t.now)
	increment(&r.frames)
	t.stats.Merged++
	return Merged
}

// find returns the number of the message of which f is a copy, and whether it is
// First, because there is none, Late or to be Merged.
func (t *messageTable) find(f *arrival) (uint64, Verdict) {
	x := &t.index
	for i := x.begin(f.place); ; i = x.after(i) {
		cell := x.cells[i]
		if cell == 0 {
			return 0, First
		}
		if !x.matches(cell, f.place) {
			continue
		}
		number := x.number(cell, t.oldest)
		c := t.chunk(number)
		if !c.records[number%chunkSize].of(f) {
			continue
		}
		if t.now-c.since < t.limits.window {
			return number, Merged // without a look at the extra, which is another line
		}
		switch age := t.age(number); {
		case age < t.limits.window:
			return number, Merged
		case age < t.limits.retain:
			return number, Late
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
	c, i := t.chunk(t.next), t.next%chunkSize
	if i == 0 {
		c.since = t.now
	}
	c.records[i] = record{
		device: f.Device, time: f.time, last: uint32(t.now), seq: f.Seq, frames: 1, payload: f.Payload,
		stations: 1, reps: uint16(f.rep), heard: [inRecord]heard{f.heard},
	}
	c.extras[i] = extra{first: t.now, frequency: f.Frequency}
	t.index.insert(f.place, t.next, t.oldest)
	t.next++
	if t.next-t.closed == 1 {
		t.setAlarms()
	}
	t.stats.First++
	return First
}

// hear merges a copy, unless it comes from one station too many.
func (t *messageTable) hear(r *record, e *extra, f *arrival) bool {
	n := int(r.stations)
	if reps, ok := merge(r.heard[:min(n, inRecord)], uint32(r.reps), f); ok {
		r.reps = uint16(reps)
		return true
	}
	if n > inRecord && t.spills.merge(e.spill, n-inRecord, f) {
		return true
	}
	if n == t.limits.stations {
		return false
	}
	if n < inRecord {
		r.heard[n] = f.heard
		r.reps |= uint16(f.rep << (n * repBits))
	} else if !t.spills.add(&e.spill, n-inRecord, f) {
		return false
	}
	r.stations++
	return true
}
