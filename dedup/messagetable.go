package dedup

import (
	"math"
	"sync"
	"sync/atomic"
)

// never is an instant that does not come.
const never = math.MaxInt64

// messageTable holds messages, numbered in the order of their first copies. As
// every window is equally long, that is also the order in which windows end,
// messages close and are forgotten: no timer and no heap is needed.
//
//	oldest       closed        ended         next
//	| remembered | window over | window open | room
type messageTable struct {
	mu      sync.Mutex
	limits  *limits
	now     int64 // the latest instant the table was told
	nextEnd int64 // when the window of the message ended ends
	index   messageIndex
	chunks  []*chunk // those of the messages held: a ring of a power of two
	oldest  uint64
	closed  uint64
	ended   uint64
	next    uint64

	emitting bool // some of the messages from closed on are being yielded
	spills   spillPool
	alarms   *alarms
	stats    AggregatorStats
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
	t.nextEnd = never
	t.alarms = a
	t.setAlarms()
	t.index.resize(minCells, 0)
}

// at returns the chunk of a message and where it is in there.
func (t *messageTable) at(number uint64) (*chunk, int) {
	return t.chunks[number/chunkSize&uint64(len(t.chunks)-1)], int(number % chunkSize)
}

func (t *messageTable) record(number uint64) *record {
	c, i := t.at(number)
	return &c.records[i]
}

func (t *messageTable) extra(number uint64) *extra {
	c, i := t.at(number)
	return &c.extras[i]
}

// advance sets the clock, which never goes back, and ends the windows that are over.
func (t *messageTable) advance(now int64) int64 {
	t.now = max(t.now, now)
	for t.now >= t.nextEnd {
		t.ended++
		t.setNextEnd()
	}
	return t.now
}

func (t *messageTable) setNextEnd() {
	t.nextEnd = never
	if t.ended < t.next {
		t.nextEnd = t.extra(t.ended).first + t.limits.window
	}
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
	f.at = t.advance(f.at)
	number, c := t.find(f)
	if c == nil {
		return t.first(f)
	}
	if number < t.ended {
		t.stats.Late++
		return Late
	}
	i := number % chunkSize
	r := &c.records[i]
	if !t.hear(r, &c.extras[i], f) {
		increment(&c.extras[i].dropped)
		t.stats.FullStations++
		return Full
	}
	r.last = uint32(f.at)
	increment(&r.frames)
	t.stats.Merged++
	return Merged
}

// find returns the number and the chunk of the message of which f is a copy, nil
// if there is none.
func (t *messageTable) find(f *arrival) (uint64, *chunk) {
	x := &t.index
	for i := x.begin(f.place); ; i = x.after(i) {
		cell := x.cells[i]
		if cell == 0 {
			return 0, nil
		}
		if !x.matches(cell, f.place) {
			continue
		}
		number := x.number(cell, t.oldest)
		c, i := t.at(number)
		if c.records[i].of(f) && !t.forgotten(number) {
			return number, c
		}
	}
}

// forgotten reports whether the message has only not been evicted yet.
func (t *messageTable) forgotten(number uint64) bool {
	return number < t.ended && t.now-t.extra(number).first >= t.limits.retain
}

// first takes the first copy of a message.
func (t *messageTable) first(f *arrival) Verdict {
	if !t.makeRoom() {
		t.stats.FullMessages++
		return Full
	}
	c, i := t.at(t.next)
	c.records[i] = record{
		device: f.Device, time: f.time, last: uint32(f.at), seq: f.Seq, frames: 1, payload: f.Payload,
		stations: 1, reps: uint16(f.rep), heard: [inRecord]heard{f.heard},
	}
	c.extras[i] = extra{first: f.at, frequency: f.Frequency}
	t.index.insert(f.place, t.next, t.oldest)
	t.next++
	if t.next-t.ended == 1 {
		t.setNextEnd()
	}
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
