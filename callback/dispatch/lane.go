package dispatch

import (
	"cmp"
	"math"
	"time"

	"golang.org/x/time/rate"

	"github.com/go-sigfox/sigfox"
)

// lane is what the dispatcher keeps of the targets with one ID: what waits for them,
// their limits and their health. It is guarded by Dispatcher.mu.
type lane struct {
	id     string
	target *Target // the last one that something was sent to

	strands     []strand
	open        marks // of the strands, those that have a shipment to send and are not busy
	turn        int   // the strand that is asked first, so that none starves
	busy        int   // strands that have a shipment under way,
	concurrency int   // of which there are so many at most
	waiting     agenda[*shipment]
	pending     int // requests that are accepted and not settled, those under way included
	senders     int // calls of Send

	limiter *rate.Limiter // nil: no limit
	token   bool          // taken from the limiter for the next attempt
	gate    time.Time     // when the token counts
	slot    time.Time     // when the next batch may be sent
	closing time.Time     // until when lines are collected for it
	breaker *breaker      // nil: never pauses
	changed chan struct{} // closed when an attempt ends, for calls of Send that wait

	disabled  bool
	failed    bool // the last attempt
	health    Health
	untold    []Health // changes that OnHealth was not told of yet
	telling   bool
	idleSince time.Time

	wake  time.Time // when the lane is looked at, if it has a place
	place int       // in Dispatcher.agenda, from 1; 0 if it has none
}

// strand is a queue of a lane. One of its shipments at most is under way.
type strand struct {
	due   queue // attempted before
	fresh queue
	busy  bool
}

func newLane(id string, o *Options, now time.Time) *lane {
	return &lane{
		id: id, health: Health{Target: id, State: Healthy, Since: now}, breaker: newBreaker(o.Breaker), idleSince: now,
	}
}

// adopt takes over the limits of a target. The number of strands changes only while
// nothing is pending, lest messages of one device get into two.
func (l *lane) adopt(t *Target, o *Options, now time.Time) {
	if n := cmp.Or(t.options.Concurrency, o.Concurrency); l.pending == 0 && l.concurrency != n {
		l.concurrency, l.strands = n, make([]strand, strandsFor(n))
		l.open, l.turn = newMarks(len(l.strands)), 0
	}
	if l.target == t {
		return
	}
	l.target = t
	limit, burst := o.Rate, o.Burst
	if t.options.Rate > 0 {
		limit, burst = t.options.Rate, t.options.Burst
	}
	switch burst = cmp.Or(burst, defaultBurst(limit)); {
	case limit == 0:
		l.limiter = nil
	case l.limiter == nil:
		l.limiter = rate.NewLimiter(rate.Limit(limit), burst)
	case l.limiter.Limit() != rate.Limit(limit) || l.limiter.Burst() != burst:
		l.limiter.SetLimitAt(now, rate.Limit(limit))
		l.limiter.SetBurstAt(now, burst)
		l.token, l.gate = false, time.Time{} // it was to be waited for at the old rate
	}
}

// strandsFor returns how many strands are enough to have n of them busy although
// messages are spread over them by chance.
func strandsFor(n int) int {
	if n == 1 {
		return 1
	}
	return 4 * n
}

func defaultBurst(limit float64) int { return int(max(1, min(limit, math.MaxInt32))) }

func (l *lane) before(other *lane) bool { return l.wake.Before(other.wake) }

func (l *lane) moved(place int) { l.place = place + 1 }

// strandOf returns the number of the strand of a shipment: all lines have one, so that
// a device's are not in two batches at once; other messages are spread by device.
func (l *lane) strandOf(sh *shipment) int {
	if sh.isLine() {
		return 0
	}
	return spread(sh.requests[0].Subject.Device, len(l.strands))
}

// spread hashes a device id to a number below n. Those of a customer are often
// consecutive, or have another number between them: no such pattern may get through, so
// that this is the finalizer of MurmurHash3 in front of a range.
func spread(id sigfox.DeviceID, n int) int {
	h := uint32(id)
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	h ^= h >> 16
	return int(uint64(h) * uint64(n) >> 32)
}

// put has a new shipment wait for its turn.
func (l *lane) put(sh *shipment, now time.Time, o *BatchOptions) {
	if sh.due.After(now) {
		l.waiting.push(sh)
		return
	}
	n := l.strandOf(sh)
	s := &l.strands[n]
	defer l.mark(n)
	switch {
	case len(sh.attempts) > 0:
		s.due.push(sh)
		return
	case sh.isLine() && s.fresh.head == nil && !s.busy && !now.Before(l.slot):
		// The first line after silence opens an interval.
		l.closing = now.Add(o.Interval)
	}
	s.fresh.push(sh)
}

// ready returns when the next shipment of a strand may be sent, as far as batches are
// concerned: one that is sent again does not wait for others to be collected.
func (l *lane) ready(s *strand) time.Time {
	switch {
	case !s.first().isLine():
		return time.Time{}
	case s.due.head == nil && l.closing.After(l.slot):
		return l.closing
	default:
		return l.slot
	}
}

// release puts what is due at now back on its strand.
func (l *lane) release(now time.Time) {
	for len(l.waiting) > 0 && !l.waiting[0].due.After(now) {
		sh := l.waiting.pop()
		n := l.strandOf(sh)
		l.strands[n].due.push(sh)
		l.mark(n)
	}
}

// mark notes whether a strand has something to send.
func (l *lane) mark(n int) {
	if s := &l.strands[n]; !s.busy && s.first() != nil {
		l.open.add(n)
	} else {
		l.open.remove(n)
	}
}

// takeAll empties the lane of what is not under way.
func (l *lane) takeAll() (all []*shipment) {
	for i := range l.strands {
		for _, q := range l.strands[i].queues() {
			for sh := q.pop(); sh != nil; sh = q.pop() {
				all = append(all, sh)
			}
		}
		l.mark(i)
	}
	all = append(all, l.waiting...)
	l.waiting = nil
	return all
}

func (l *lane) isIdle() bool { return l.pending == 0 && l.senders == 0 }

// isForgettable reports whether an idle lane knows nothing that a new one would not.
func (l *lane) isForgettable(now time.Time) bool {
	return l.isIdle() && l.state() == Healthy && !now.Before(l.slot) && len(l.untold) == 0 &&
		(l.limiter == nil || l.limiter.TokensAt(now) >= float64(l.limiter.Burst()))
}

// change returns what is closed when an attempt ends or the target is enabled or
// disabled.
func (l *lane) change() <-chan struct{} {
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.changed
}

func (l *lane) broadcast() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

func (s *strand) queues() [2]*queue { return [2]*queue{&s.due, &s.fresh} }

// first returns the shipment that take would return, nil if there is none.
func (s *strand) first() *shipment {
	if s.due.head != nil {
		return s.due.head
	}
	return s.fresh.head
}

// take returns the next shipment. What was attempted before goes first, being older.
func (s *strand) take(o BatchOptions) *shipment {
	if sh := s.due.pop(); sh != nil {
		return sh
	}
	sh := s.fresh.pop()
	if sh.isLine() {
		sh.collect(&s.fresh, o)
	}
	return sh
}
