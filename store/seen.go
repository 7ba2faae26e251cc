package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// DefaultClaimTimeout is longer than a handler runs (8 s by default) and shorter than the
// minute after which the cloud sends a callback again.
const DefaultClaimTimeout = 30 * time.Second

// SeenOptions configure a Seen. A zero field stands for its default.
type SeenOptions struct {
	// Retain is how long a handled message is remembered. Default: dedup.DefaultRetain,
	// 15 minutes, which covers all the retries of the cloud.
	Retain time.Duration
	// ClaimTimeout is when a claim ends if its process is not heard of, because it died:
	// longer than functions run, at most Retain. Default: DefaultClaimTimeout.
	ClaimTimeout time.Duration
	// Prefix begins the keys in the table, so that handlers can share one: letters,
	// digits, "-", "_" and "=", at most 64. Two handlers for the same messages, such as
	// DATA and DATA_ADVANCED, need different ones. Default: "seen".
	Prefix string
}

const maxSeenPrefix = 64

func (o SeenOptions) withDefaults() (SeenOptions, error) {
	o.Retain = cmp.Or(o.Retain, dedup.DefaultRetain)
	o.ClaimTimeout = cmp.Or(o.ClaimTimeout, min(DefaultClaimTimeout, o.Retain))
	o.Prefix = cmp.Or(o.Prefix, "seen")
	switch {
	case o.Retain < 0:
		return o, fmt.Errorf("store: SeenOptions.Retain is %v", o.Retain)
	case o.ClaimTimeout < 0 || o.ClaimTimeout > o.Retain:
		return o, fmt.Errorf("store: SeenOptions.ClaimTimeout is %v, not 0 to Retain (%v)", o.ClaimTimeout, o.Retain)
	}
	if err := check("SeenOptions.Prefix", o.Prefix, maxSeenPrefix, letters+"-_="); err != nil {
		return o, err
	}
	return o, nil
}

// Seen is a dedup.Seen that replicas share, and that lives as long as its table: it is
// a callback.Claimer. Each message is a value of the table that says who handles it, or
// that it was handled. Values leave by expiry.
//
// It is safe for concurrent use. Begin takes one call of the table for a new message
// and two for others; Commit and Abort take one. A claim ends after ClaimTimeout by the
// clock of the table; then another replica may handle the message, so it is handled at
// least once.
type Seen struct {
	table   Table
	options SeenOptions

	mu      sync.Mutex
	held    map[sigfox.MessageKey]heldClaim
	sweepAt int // how many are held when those that have ended are next forgotten
}

// heldClaim is a claim of this Seen.
type heldClaim struct {
	revision uint64
	end      time.Time
}

// NewSeen returns a Seen on a table. The error names the option that is out of range.
func NewSeen(t Table, o SeenOptions) (*Seen, error) {
	if t == nil {
		return nil, errors.New("store: the table of a Seen is nil")
	}
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Seen{table: t, options: o, held: make(map[sigfox.MessageKey]heldClaim)}, nil
}

// maxSeenTries bounds how often Begin finds values that expire in the same moment.
const maxSeenTries = 8

// Begin asks for the message k. After dedup.New the caller has a claim on it, to be
// ended with Commit or Abort. The error is that of the table, or wraps ErrCorrupt.
//
// If the table has taken a claim and yet returned an error, nobody holds that claim,
// and the message is dedup.InFlight until it ends.
func (s *Seen) Begin(ctx context.Context, now time.Time, k sigfox.MessageKey) (dedup.State, error) {
	key, claim := s.key(k), seenClaim()
	for range maxSeenTries {
		revision, err := s.table.Create(ctx, now, key, claim, s.options.ClaimTimeout)
		if err == nil {
			s.hold(now, k, revision)
			return dedup.New, nil
		}
		if !errors.Is(err, ErrExists) {
			return dedup.New, err
		}
		e, err := s.table.Get(ctx, now, key)
		switch {
		case errors.Is(err, ErrNotFound): // it has just ended
			continue
		case err != nil:
			return dedup.New, err
		case bytes.Equal(e.Value, claim): // a Create that was repeated on the way
			s.hold(now, k, e.Revision)
			return dedup.New, nil
		}
		return seenState(key, e.Value)
	}
	return dedup.New, fmt.Errorf("store: key %q changes all the time: %w", key, ErrConflict)
}

// Commit says that k was handled: Begin answers dedup.Done on all replicas until Retain
// has passed. If the claim has ended and another replica has one, the error wraps
// ErrLost; its handling will count. After any other error Commit can be repeated, best
// before the claim ends.
func (s *Seen) Commit(ctx context.Context, now time.Time, k sigfox.MessageKey) error {
	key := s.key(k)
	if revision, ok := s.claimed(k); ok {
		_, err := s.table.Update(ctx, now, key, seenDone(), revision, s.options.Retain)
		if err == nil || errors.Is(err, ErrConflict) {
			s.release(k)
		}
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
	// The claim has ended.
	_, err := s.table.Create(ctx, now, key, seenDone(), s.options.Retain)
	if !errors.Is(err, ErrExists) {
		return err
	}
	e, err := s.table.Get(ctx, now, key)
	if err != nil {
		return err
	}
	if state, err := seenState(key, e.Value); err != nil || state == dedup.Done {
		return err
	}
	return fmt.Errorf("%w: key %q", ErrLost, key)
}

// Abort says that handling k failed: the claim is forgotten and the next Begin answers
// dedup.New. It does nothing for a message that was handled, or claimed by another.
func (s *Seen) Abort(ctx context.Context, now time.Time, k sigfox.MessageKey) error {
	revision, ok := s.claimed(k)
	if !ok {
		return nil
	}
	s.release(k)
	if err := s.table.Delete(ctx, now, s.key(k), revision); !errors.Is(err, ErrConflict) {
		return err
	}
	return nil // the claim had ended
}

func (s *Seen) key(k sigfox.MessageKey) string {
	return fmt.Sprintf("%s.%v.%d.%d", s.options.Prefix, k.Device, k.Time, k.Seq)
}

func (s *Seen) hold(now time.Time, k sigfox.MessageKey, revision uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.held) >= max(s.sweepAt, minSweep) { // of those that were neither committed nor aborted
		maps.DeleteFunc(s.held, func(_ sigfox.MessageKey, c heldClaim) bool { return !now.Before(c.end) })
		s.sweepAt = 2 * len(s.held)
	}
	s.held[k] = heldClaim{revision, now.Add(s.options.ClaimTimeout)}
}

func (s *Seen) claimed(k sigfox.MessageKey) (revision uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.held[k]
	return c.revision, ok
}

func (s *Seen) release(k sigfox.MessageKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, k)
}

// What is stored of a message is the version, a letter, and for a claim a token that
// tells it from all others.
const (
	seenVersion = '1'
	letterClaim = 'c'
	letterDone  = 'd'
)

func seenClaim() []byte { return append([]byte{seenVersion, letterClaim}, rand.Text()...) }

func seenDone() []byte { return []byte{seenVersion, letterDone} }

// seenState reads what is stored of a message.
func seenState(key string, value []byte) (dedup.State, error) {
	switch {
	case len(value) < 2:
	case value[0] != seenVersion:
		return dedup.New, fmt.Errorf("%w: key %q has version %q, not %q", ErrCorrupt, key, value[0], seenVersion)
	case value[1] == letterDone && len(value) == 2:
		return dedup.Done, nil
	case value[1] == letterClaim:
		return dedup.InFlight, nil
	}
	return dedup.New, fmt.Errorf("%w: key %q holds %.64q", ErrCorrupt, key, value)
}
