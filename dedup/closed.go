package dedup

import (
	"iter"
	"math/bits"
	"slices"
	"time"
)

// Closed yields the messages whose window is over at now, each exactly once and
// in no particular order. A *Message is valid until the loop goes on: Clone it to
// keep it.
//
// One call yields at most MaxClosed messages, and it passes over messages that
// another call is about to yield. A loop that is left early leaves the others
// for the next call. No lock is held while the loop body runs.
//
// Call it at short intervals, or whenever NextClose says, whether or not there is
// traffic: a call that yields nothing takes about a microsecond. Remembered
// messages are forgotten by it, too.
func (a *Aggregator) Closed(now time.Time) iter.Seq[*Message] {
	return func(yield func(*Message) bool) { a.emit(now, yield) }
}

// NextClose returns when Closed has something to do next, which is to yield a
// message or to forget one, and false if no message is held. It is in the past
// when there is something to do already.
func (a *Aggregator) NextClose() (time.Time, bool) {
	next := int64(never)
	for i := range a.alarms {
		next = min(next, a.alarms[i].due.Load())
	}
	if next == never {
		return time.Time{}, false
	}
	return instant(next, a.start.Load()), true
}

// instant is the inverse of micros.
func instant(micros int64, start *time.Time) time.Time {
	return start.Add(time.Duration(micros) * time.Microsecond)
}

// emit goes round the tables, beginning where the last call stopped.
func (a *Aggregator) emit(now time.Time, yield func(*Message) bool) {
	b, _ := a.batches.Get().(*batch)
	defer a.batches.Put(b)
	b.limits = linkLimitsOf(a.options.Zone)
	if b.start = a.start.Load(); b.start == nil {
		b.start = a.begin(now)
	}
	at := micros(now, b.start)
	left := a.options.MaxClosed
	begin := int(a.cursor.Load())
	for k := range a.tables {
		i := (begin + k) % len(a.tables)
		for a.alarms[i].due.Load() <= at {
			n, more := a.tables[i].emit(b, at, left, yield)
			left -= n
			if !more || left == 0 {
				a.cursor.Store(uint32(i))
				return
			}
			if n == 0 {
				break
			}
		}
	}
}

// batch is the messages of a table that are being yielded. They are copied out
// together: the loads of one wait for memory while those of the next begin.
type batch struct {
	start      *time.Time
	limits     linkLimits
	n          int
	messages   [16]Message
	receptions []Reception
}

// emit yields at most limit messages of the table, as many as a batch holds. It
// returns how many, and whether the loop wants more.
func (t *messageTable) emit(b *batch, now int64, limit int, yield func(*Message) bool) (done int, more bool) {
	if !t.claim(b, now, limit) {
		return 0, true
	}
	defer func() { t.release(done) }()
	for done < b.n {
		done++
		if !yield(&b.messages[done-1]) {
			return done, false
		}
	}
	return done, true
}

// claim copies the next messages to be closed to the batch. They stay in the
// table until release, and no other call may have them.
func (t *messageTable) claim(b *batch, now int64, limit int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.emitting {
		return false
	}
	t.now = max(t.now, now)
	b.n = 0
	b.receptions = b.receptions[:0]
	for n := t.closed; n < t.next && b.n < min(limit, len(b.messages)) && t.age(n) >= t.limits.window; n++ {
		t.export(b, b.n, n)
		b.n++
	}
	t.emitting = true
	return true
}

// release closes the first done messages of those claimed, and forgets others.
func (t *messageTable) release(done int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.emitting = false
	for range done {
		t.spills.release(&t.extra(t.closed).spill)
		t.closed++
	}
	t.stats.Closed += uint64(done)
	t.forget()
	t.setAlarms()
}

// export writes a message to message i of the batch.
func (t *messageTable) export(b *batch, i int, number uint64) {
	c, slot := t.chunk(uint32(number)), number%chunkSize
	r, e := &c.records[slot], &c.extras[slot]
	from := len(b.receptions)
	links := t.appendReceptions(b, r, e.spill)
	last := e.first + int64(r.last-uint32(e.first))
	m := &b.messages[i]
	m.Key.Device, m.Key.Time, m.Key.Seq = r.device, int64(r.time), r.seq
	m.Payload = r.payload
	m.Frequency = e.frequency
	m.FirstSeen, m.LastSeen = instant(e.first, b.start), instant(last, b.start)
	m.Receptions = b.receptions[from:len(b.receptions):len(b.receptions)]
	m.LinkQuality = links.quality()
	m.Frames, m.Dropped = int(r.frames), int(e.dropped)
}

// appendReceptions appends what the stations of a message heard to the batch.
func (t *messageTable) appendReceptions(b *batch, r *record, spill uint16) links {
	n := int(r.stations)
	end := len(b.receptions) + n
	dst := slices.Grow(b.receptions, n)[:end]
	b.receptions = dst
	if n <= inRecord {
		return b.limits.receptions(dst[end-n:], r.heard[:n], uint32(r.reps))
	}
	// The chain begins with the latest stations, so they are written from the end.
	var sum links
	for left := n - inRecord; left > 0; left = (left - 1) / inSpill * inSpill {
		l := &t.spills.lines[spill-1]
		k := used(left)
		end -= k
		sum.add(b.limits.receptions(dst[end:], l.heard[:k], l.reps))
		spill = l.older
	}
	sum.add(b.limits.receptions(dst[end-inRecord:], r.heard[:], uint32(r.reps)))
	return sum
}

// receptions writes what stations heard to dst, and counts the links.
func (q linkLimits) receptions(dst []Reception, hs []heard, reps uint32) links {
	var n links
	for i := range hs {
		h, d := &hs[i], &dst[i]
		if h.rssi > q.strong {
			n.strong++
		}
		if h.rssi > q.weak {
			n.weak++
		}
		d.Station = h.station
		d.RSSI = value(h.rssi)
		d.SNR = value(h.snr)
		d.NbRep = bits.OnesCount8(uint8(reps & (1<<repBits - 1)))
		reps >>= repBits
	}
	return n
}
