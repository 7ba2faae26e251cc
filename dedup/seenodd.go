package dedup

import (
	"maps"
	"math"
	"sync"

	"github.com/go-sigfox/sigfox"
)

// oddShare is the part of MaxMessages, 1/oddShare, that oddSeen may hold.
const oddShare = 16

// oddSeen holds the messages whose time does not fit the 32 bits of a line:
// before 1970 or after 2106, as a template makes them that sends milliseconds.
// They are rare, so a map and a queue do.
type oddSeen struct {
	mu   sync.Mutex
	room int
	tick int64
	held map[sigfox.MessageKey]oddMessage
	// handled are the messages that are no claims, in the order in which they
	// are due.
	handled []sigfox.MessageKey
}

type oddMessage struct {
	due   int64 // the tick at which it is forgotten
	claim bool
}

func newOddSeen(room int) oddSeen {
	return oddSeen{room: room, tick: math.MinInt64, held: make(map[sigfox.MessageKey]oddMessage)}
}

// applyOdd is apply for a message with an odd time.
func (s *Seen) applyOdd(o op, k sigfox.MessageKey) State {
	d := &s.odd
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forget(s.latest.Load(), s.timed > 0)
	state := New
	if m, ok := d.held[k]; ok {
		state = InFlight
		if !m.claim {
			return Done
		}
	}
	switch {
	case o == opAbort:
		delete(d.held, k)
	case state == InFlight && o != opCommit:
	case state == New && !s.oddRoom(o):
	case o == opBegin:
		due := int64(math.MaxInt64)
		if s.timed > 0 {
			due = d.tick + int64(s.timed)
		}
		d.held[k] = oddMessage{due: due, claim: true}
	default:
		d.held[k] = oddMessage{due: d.tick + int64(s.retain)}
		d.handled = append(d.handled, k)
	}
	return state
}

// oddRoom makes room for one message, if need be in the place of the oldest
// handled one. It returns false if there are only claims.
func (s *Seen) oddRoom(o op) bool {
	d := &s.odd
	if len(d.held) < d.room {
		return true
	}
	if len(d.handled) == 0 {
		s.countRefused(o)
		return false
	}
	s.evicted.Add(1)
	d.dropOldest()
	return true
}

func (d *oddSeen) dropOldest() {
	delete(d.held, d.handled[0])
	d.handled = d.handled[1:]
}

// forget drops what is due at tick.
func (d *oddSeen) forget(tick int64, timed bool) {
	if tick == d.tick {
		return
	}
	d.tick = tick
	for len(d.handled) > 0 && d.held[d.handled[0]].due <= tick {
		d.dropOldest()
	}
	if timed {
		maps.DeleteFunc(d.held, func(_ sigfox.MessageKey, m oddMessage) bool { return m.claim && m.due <= tick })
	}
}

func (s *Seen) countOdd(st *SeenStats) {
	d := &s.odd
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forget(s.latest.Load(), s.timed > 0)
	st.Messages += len(d.held)
	st.Claims += len(d.held) - len(d.handled)
}
