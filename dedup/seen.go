package dedup

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Defaults of SeenOptions.
const (
	// DefaultRetain covers the first try of a callback and its retries 1, 2 and
	// 4 minutes later, each with 10 s to answer, and as much again for delays.
	// Source: https://support.sigfox.com/docs/integration-custom
	DefaultRetain = 15 * time.Minute
	// DefaultMaxMessages is more than 1,000 messages a second for DefaultRetain.
	DefaultMaxMessages = 1 << 20
)

// ErrSeenOptions is wrapped by the errors of NewSeen.
var ErrSeenOptions = errors.New("dedup: invalid seen options")

// SeenOptions configures a Seen. The zero value is usable.
type SeenOptions struct {
	// Retain is how long a handled message is remembered. 0: DefaultRetain.
	Retain time.Duration
	// MaxMessages is how many messages are held. 0: DefaultMaxMessages.
	MaxMessages int
	// ClaimTimeout is how long a claim stands without Commit or Abort, at most
	// Retain. 0: for ever.
	ClaimTimeout time.Duration
}

// State is what is known of a message.
type State uint8

// The states of a message.
const (
	// New: the message was not handled and nobody else has it. The caller of
	// Begin has the claim now and must call Commit or Abort.
	New State = iota
	// InFlight: somebody else has the claim.
	InFlight
	// Done: the message was handled.
	Done
)

// String returns "new", "in flight" or "done".
func (s State) String() string {
	switch s {
	case New:
		return "new"
	case InFlight:
		return "in flight"
	case Done:
		return "done"
	default:
		return fmt.Sprintf("State(%d)", uint8(s))
	}
}

// Seen tells callbacks that were sent again from those that are new.
type Seen struct {
	o SeenOptions

	mu      sync.Mutex
	latest  time.Time
	entries map[sigfox.MessageKey]seenEntry
	done    []doneAt // in order of time; may hold keys that are gone
	stats   SeenStats
}

type seenEntry struct {
	state State
	until time.Time // zero: a claim that stands for ever
}

type doneAt struct {
	key   sigfox.MessageKey
	until time.Time
}

// SeenStats are the counters of a Seen.
type SeenStats struct {
	// Messages is how many messages are held, Claims of them are in flight.
	Messages, Claims int
	// Evicted counts handled messages that were forgotten before Retain had
	// passed, because MaxMessages was reached.
	Evicted uint64
	// Unguarded counts the answers New without a claim, because nothing but
	// claims was held: such a message may be handled twice.
	Unguarded uint64
}

// NewSeen returns an empty Seen. The error wraps ErrSeenOptions.
func NewSeen(o SeenOptions) (*Seen, error) {
	if o.Retain < 0 || o.MaxMessages < 0 || o.ClaimTimeout < 0 {
		return nil, fmt.Errorf("%w: negative value", ErrSeenOptions)
	}
	if o.Retain == 0 {
		o.Retain = DefaultRetain
	}
	if o.MaxMessages == 0 {
		o.MaxMessages = DefaultMaxMessages
	}
	if o.ClaimTimeout > o.Retain {
		return nil, fmt.Errorf("%w: ClaimTimeout exceeds Retain", ErrSeenOptions)
	}
	return &Seen{o: o, entries: make(map[sigfox.MessageKey]seenEntry)}, nil
}

// Begin asks for the message k. After New the caller has the claim and must
// end it with Commit or Abort.
func (s *Seen) Begin(now time.Time, k sigfox.MessageKey) State {
	s.mu.Lock()
	defer s.mu.Unlock()
	now = s.advance(now)
	if e, ok := s.live(now, k); ok {
		return e.state
	}
	e := seenEntry{state: InFlight}
	if s.o.ClaimTimeout > 0 {
		e.until = now.Add(s.o.ClaimTimeout)
	}
	if !s.put(k, e) {
		s.stats.Unguarded++
	}
	return New
}

// Commit says that k was handled: Begin answers Done until Retain has passed.
func (s *Seen) Commit(now time.Time, k sigfox.MessageKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now = s.advance(now)
	if e, ok := s.live(now, k); ok && e.state == Done {
		return
	}
	until := now.Add(s.o.Retain)
	if s.put(k, seenEntry{state: Done, until: until}) {
		s.done = append(s.done, doneAt{k, until})
	}
}

// Abort says that handling k failed: the claim is forgotten, and the next Begin
// answers New. It does nothing to a message that was handled.
func (s *Seen) Abort(now time.Time, k sigfox.MessageKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(now)
	if s.entries[k].state == InFlight {
		delete(s.entries, k)
	}
}

// Stats returns the counters.
func (s *Seen) Stats() SeenStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Messages = len(s.entries)
	for _, e := range s.entries {
		if e.state == InFlight {
			st.Claims++
		}
	}
	return st
}

// advance clamps now and drops what has expired.
func (s *Seen) advance(now time.Time) time.Time {
	if now.Before(s.latest) {
		now = s.latest
	}
	s.latest = now
	for len(s.done) > 0 && !s.done[0].until.After(now) {
		s.dropOldest()
	}
	return now
}

// dropOldest forgets the message that was handled first, if it is still held.
func (s *Seen) dropOldest() bool {
	d := s.done[0]
	s.done = s.done[1:]
	e, ok := s.entries[d.key]
	if !ok || e.state != Done || !e.until.Equal(d.until) {
		return false
	}
	delete(s.entries, d.key)
	return true
}

// live returns what is held of k, after a claim that timed out was dropped.
func (s *Seen) live(now time.Time, k sigfox.MessageKey) (seenEntry, bool) {
	e, ok := s.entries[k]
	if ok && !e.until.IsZero() && !e.until.After(now) {
		delete(s.entries, k)
		return seenEntry{}, false
	}
	return e, ok
}

// put stores e, if need be in the place of the oldest handled message.
func (s *Seen) put(k sigfox.MessageKey, e seenEntry) bool {
	if _, ok := s.entries[k]; !ok {
		for len(s.entries) >= s.o.MaxMessages {
			if len(s.done) == 0 {
				return false
			}
			if s.dropOldest() {
				s.stats.Evicted++
			}
		}
	}
	s.entries[k] = e
	return true
}
