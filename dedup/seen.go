package dedup

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Defaults of SeenOptions.
const (
	// DefaultRetain covers the first try of a callback and the retries 1, 2 and
	// 4 minutes later, with 10 s to answer each, and as much again.
	// Source: https://support.sigfox.com/docs/integration-custom
	DefaultRetain = 15 * time.Minute
	// DefaultMaxMessages is 1,165 messages a second for DefaultRetain, in 16 MiB.
	DefaultMaxMessages = 1 << 20
)

// Limits of SeenOptions.
const (
	minRetain   = time.Second
	minMessages = 2048
)

// ErrSeenOptions is wrapped by the errors of NewSeen.
var ErrSeenOptions = errors.New("dedup: invalid seen options")

// SeenOptions configures a Seen. The zero value is usable.
type SeenOptions struct {
	// Retain is how long a handled message is remembered, at least a second.
	// Messages are forgotten in steps of 1/64 to 1/32 of it, at most two steps
	// late and never early. 0: DefaultRetain.
	Retain time.Duration
	// MaxMessages bounds the memory: 16 bytes a message, which grow with use
	// and are not given back. There is room for this many messages; a few more may fit
	// before the oldest are forgotten. Less than 2,048 is taken for 2,048; more than
	// 2,147,483,647 is an error. 0: DefaultMaxMessages.
	MaxMessages int
	// ClaimTimeout ends a claim without Commit or Abort, with the precision of
	// Retain; at most Retain. 0: a claim never ends by itself.
	ClaimTimeout time.Duration
}

func (o SeenOptions) withDefaults() SeenOptions {
	if o.Retain == 0 {
		o.Retain = DefaultRetain
	}
	if o.MaxMessages == 0 {
		o.MaxMessages = DefaultMaxMessages
	}
	return o
}

func (o SeenOptions) validate() error {
	switch {
	case o.Retain < minRetain:
		return fmt.Errorf("%w: Retain %v, want at least %v", ErrSeenOptions, o.Retain, minRetain)
	case o.MaxMessages < 0 || o.MaxMessages > math.MaxInt32:
		return fmt.Errorf("%w: MaxMessages %d, want at most %d", ErrSeenOptions, o.MaxMessages, math.MaxInt32)
	case o.ClaimTimeout < 0 || o.ClaimTimeout > o.Retain:
		return fmt.Errorf("%w: ClaimTimeout %v, want 0 to Retain (%v)", ErrSeenOptions, o.ClaimTimeout, o.Retain)
	}
	return nil
}

// State is what a Seen knows of a message.
type State uint8

// The states of a message.
const (
	// New: the message was not handled and nobody has a claim on it.
	New State = iota
	// InFlight: somebody has a claim on the message.
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

// Seen distinguishes messages that were handled before from new ones. The cloud sends a
// callback again when the answer came late or was an error. It compares whole keys, so it
// never takes one message for another. It is safe for concurrent use; no method
// allocates, except while the table grows.
//
// When MaxMessages is reached, a new message takes the place of a handled one:
// the oldest of the 96 that could make room for it, which SeenStats.Evicted
// counts. A claim is never evicted. Where all 96 are claims, Begin answers New
// without a claim, which SeenStats.Unguarded counts: such a message may be
// handled twice, but is not lost.
type Seen struct {
	seed   uint64
	turn   uint32 // the part of a table that a second is, times 2^32
	groups uint64 // number of shards / implied, minus 1
	shards []shard
	shift  uint8 // a tick is 1<<shift milliseconds
	retain uint8 // in ticks
	timed  uint8 // ticks that a claim stands, 0: for ever
	pinned uint64
	odd    oddSeen

	sweeping sync.Mutex
	heads    []uint64 // of the buckets of the shard that is swept

	_      [64]byte
	latest atomic.Int64 // the latest tick seen
	_      [56]byte

	spare     atomic.Int64 // buckets that the shards may still add
	evicted   atomic.Uint64
	unguarded atomic.Uint64
}

// NewSeen returns an empty Seen. The error wraps ErrSeenOptions.
func NewSeen(o SeenOptions) (*Seen, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	messages := max(o.MaxMessages, minMessages)
	//nolint:gosec // The seed spreads messages; it hides nothing.
	s := &Seen{seed: rand.Uint64(), shift: tickShift(o.Retain)}
	s.retain = s.ticks(o.Retain)
	cycle := time.Duration(s.retain) * time.Millisecond << s.shift
	s.turn = uint32(math.MaxUint32 / max(1, uint64(cycle/time.Second)))
	s.pinned = highBits
	if o.ClaimTimeout > 0 {
		s.timed, s.pinned = s.ticks(o.ClaimTimeout), 0
	}
	s.latest.Store(math.MinInt64)
	s.odd = newOddSeen(messages / oddShare)

	groups := 1
	for groups*impliedShards*shardMessages < messages {
		groups *= 2
	}
	s.groups = uint64(groups - 1)
	s.shards = make([]shard, groups*impliedShards)
	for i := range s.shards {
		s.shards[i].table.Store(&table{buckets: make([]bucket, minBuckets)})
	}
	s.spare.Store(int64(messages) * bucketsPer1000 / 1000)
	return s, nil
}

// tickShift returns the logarithm of the tick in milliseconds: 32 to 64 ticks
// make up retain.
func tickShift(retain time.Duration) uint8 {
	return uint8(max(0, bits.Len64(uint64(retain.Milliseconds()))-6))
}

// ticks returns the ticks after which d has passed for certain.
func (s *Seen) ticks(d time.Duration) uint8 {
	tick := time.Millisecond << s.shift
	return uint8((d-1)/tick + 2) // the first of them may be nearly over
}

// Begin asks for the message k. After New the caller has a claim on it and must
// end the claim with Commit or Abort.
func (s *Seen) Begin(now time.Time, k sigfox.MessageKey) State { return s.apply(opBegin, now, k) }

// Commit says that k was handled: Begin answers Done from now on until Retain
// has passed. A later Commit of the same message does not prolong that.
func (s *Seen) Commit(now time.Time, k sigfox.MessageKey) { s.apply(opCommit, now, k) }

// Abort says that handling k failed: the claim is forgotten and the next Begin
// answers New. It changes nothing for a message that was handled.
func (s *Seen) Abort(now time.Time, k sigfox.MessageKey) { s.apply(opAbort, now, k) }

// Add is Begin and, after New, Commit in one step, for callers that cannot fail.
func (s *Seen) Add(now time.Time, k sigfox.MessageKey) State { return s.apply(opAdd, now, k) }

// op is what a caller asks of a message.
type op uint8

const (
	opBegin op = iota
	opCommit
	opAbort
	opAdd
)

// apply does o to the message k and returns the state in which it was found.
func (s *Seen) apply(o op, now time.Time, k sigfox.MessageKey) State {
	s.advance(now.UnixMilli() >> s.shift)
	if uint64(k.Time)>>32 != 0 {
		return s.applyOdd(o, k)
	}
	p, shard := s.pack(k)
	sh := &s.shards[shard]
	for {
		t := sh.table.Load()
		home := &t.buckets[t.home(p.hash)]
		head, ok := home.tryLock()
		if !ok {
			if head, ok = home.lock(sh); !ok {
				continue // the table was replaced
			}
		}
		// The tick is read under the lock: until it is released, no sweep can
		// move the base beyond it.
		at := s.latest.Load() - t.base
		if uint64(at) > sweepTicks {
			home.head.Store(head)
			s.sweep(sh, t)
			continue
		}
		m := s.moment(uint8(at))
		if st, ok := home.apply(o, head, p, m); ok {
			return st
		}
		if st, ok := s.applyFar(o, head, p, m, sh, t); ok {
			return st
		}
	}
}

// advance takes note of a tick. Ticks that go back are ignored.
func (s *Seen) advance(tick int64) {
	for {
		latest := s.latest.Load()
		if tick <= latest || s.latest.CompareAndSwap(latest, tick) {
			return
		}
	}
}

// SeenStats describes a Seen.
type SeenStats struct {
	// Messages is how many messages are held: claims and handled ones.
	Messages int
	// Claims is how many of them are claims.
	Claims int
	// Bytes is the size of the table. It does not count the side table for
	// messages whose time is before 1970 or after 2106.
	Bytes int
	// Evicted counts handled messages forgotten before Retain had passed,
	// because there was no room.
	Evicted uint64
	// Unguarded counts the messages that got no claim, because there was no
	// room but for claims.
	Unguarded uint64
}

// Stats counts what is held. It visits the whole table, about 10 ms for a
// million messages, but never stops other callers for longer than a call does.
func (s *Seen) Stats() SeenStats {
	st := SeenStats{Evicted: s.evicted.Load(), Unguarded: s.unguarded.Load()}
	for i := range s.shards {
		s.count(&s.shards[i], &st)
	}
	s.countOdd(&st)
	return st
}
