package bolt

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/go-sigfox/sigfox/store"
)

// maxGroup is how many changes share a commit at most.
const maxGroup = 1024

// hastyGroups is how many groups do not wait for others after one that did in vain.
const hastyGroups = 16

// change is what a caller wants to be done in a transaction, or alone.
type change struct {
	// apply makes the change. It is called again when the transaction has failed, and
	// touches nothing of a caller that may have given up.
	apply func(*batch) error
	// alone is run instead while no transaction is open.
	alone func() error
	// adds is how many bytes it may add to the file; 0 if nothing of it is new.
	adds int64

	err  error
	turn chan bool // receives true for the one who shall commit, false when it is done
}

// batch is a transaction that several changes share.
type batch struct {
	tx     *bbolt.Tx
	store  *Store
	dirty  bool
	items  int   // how many more items and values there are
	room   int64 // for what is new
	full   error // why there is no more
	queues map[*Queue]*queueTx
	swept  map[*Table]bool // of which values that are over were removed
}

// do makes a change and returns when it is synced. There is no goroutine that commits:
// whoever comes while nobody commits does it for all who wait, and then passes the
// turn on. It returns early if ctx ends; the change may then be made or not.
func (s *Store) do(ctx context.Context, c *change) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.turn = make(chan bool, 1)
	s.mu.Lock()
	s.pending = append(s.pending, c)
	first := !s.committing
	s.committing = true
	if len(s.pending) == s.callers {
		select {
		case s.gathered <- struct{}{}:
		default:
		}
	}
	s.mu.Unlock()
	if !first {
		select {
		case mine := <-c.turn:
			if !mine {
				return c.err
			}
		case <-ctx.Done():
			if s.withdraw(c) {
				return context.Cause(ctx)
			}
		}
	}
	s.commitPending()
	return c.err
}

// withdraw takes back a change of which the caller has given up. It returns false if the
// change's turn has come to commit for all.
func (s *Store) withdraw(c *change) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.pending, c)
	if i < 0 {
		return true // it is being committed
	}
	select {
	case <-c.turn:
		return false
	default:
		s.pending = slices.Delete(s.pending, i, i+1)
		return true
	}
}

// commitPending commits what waits, the caller's own change with it.
func (s *Store) commitPending() {
	s.await()
	s.mu.Lock()
	n := 1
	if s.pending[0].alone == nil {
		for n < min(len(s.pending), maxGroup) && s.pending[n].alone == nil {
			n++
		}
	}
	group := slices.Clone(s.pending[:n])
	s.pending = slices.Delete(s.pending, 0, n)
	s.mu.Unlock()

	begun := time.Now()
	s.commit(group)
	s.took = time.Since(begun)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.callers = len(group) + len(s.pending)
	for _, c := range group {
		c.turn <- false
	}
	s.committing = len(s.pending) > 0
	if s.committing {
		s.pending[0].turn <- true
	}
}

// await gives those of the last group, who come back at about this time, the chance to
// be in this one, too: a moment that is short against a commit, and none if all are here.
// If most do not come, as where callers do not come again at once, the next groups do not
// wait.
func (s *Store) await() {
	s.mu.Lock()
	select {
	case <-s.gathered: // of an earlier time
	default:
	}
	here := len(s.pending)
	missing := s.callers - here
	s.mu.Unlock()
	if missing <= 0 {
		return
	}
	if s.hasty > 0 {
		s.hasty--
		return
	}
	timer := time.NewTimer(s.took / 8)
	defer timer.Stop()
	select {
	case <-s.gathered:
	case <-timer.C:
		s.mu.Lock()
		defer s.mu.Unlock()
		if 2*(len(s.pending)-here) < missing {
			s.hasty = hastyGroups
		}
	}
}

// commit makes the changes of a group and leaves with each what came of it.
func (s *Store) commit(group []*change) {
	var err error
	if alone := group[0].alone; alone != nil {
		err = classify(s.options.Path, guard(alone))
	} else {
		err = s.share(group)
	}
	if err != nil {
		for _, c := range group {
			c.err = err
		}
	}
}

// share makes the changes of a group in one transaction, or, if there is no space for
// that, as many of them as can be.
func (s *Store) share(group []*change) error {
	if err := s.ready(); err != nil {
		return err
	}
	full := s.reserve(group)
	if full != nil && !errors.Is(full, store.ErrFull) {
		return full
	}
	err := s.try(group, full)
	if !errors.Is(err, store.ErrFull) {
		return err
	}
	for _, c := range group {
		if c.err = s.ready(); c.err != nil {
			continue
		}
		if failure := s.try([]*change{c}, err); failure != nil {
			c.err = failure
		}
	}
	return nil
}

// try makes the changes of a group in one transaction. If full is not nil, what is new
// is refused with it.
func (s *Store) try(group []*change, full error) error {
	b := &batch{store: s, full: full}
	err := s.update(func(tx *bbolt.Tx) (bool, error) {
		b.tx = tx
		if full == nil {
			b.room = s.room(tx)
		}
		for _, c := range group {
			if c.err = c.apply(b); c.err != nil && !isRefusal(c.err) {
				return false, c.err
			}
		}
		return b.dirty, nil
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.items += b.items
	if b.dirty {
		s.changes += uint64(len(group))
	}
	s.mu.Unlock()
	for q, t := range b.queues {
		if t.wake {
			q.woken()
		}
	}
	return nil
}

// isRefusal tells that a change was refused for good reason, before it changed anything.
func isRefusal(err error) bool {
	for _, refusal := range []error{
		store.ErrNotFound, store.ErrExists, store.ErrConflict, store.ErrLost, store.ErrFull,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// exclusively runs fn while nothing is written.
func (s *Store) exclusively(ctx context.Context, fn func(*bbolt.DB) error) error {
	return s.do(ctx, &change{alone: func() error {
		if s.db == nil {
			return s.absent
		}
		return fn(s.db)
	}})
}

// The changes themselves.

func (b *batch) put(in *bbolt.Bucket, key, value []byte) error {
	b.dirty = true
	return in.Put(key, value)
}

func (b *batch) remove(in *bbolt.Bucket, key []byte) error {
	b.dirty = true
	return in.Delete(key)
}

// count adds to the counter of a bucket, which is its sequence. Those of all are what
// MaxItems limits.
func (b *batch) count(in *bbolt.Bucket, n int) error {
	b.dirty = true
	b.items += n
	return in.SetSequence(in.Sequence() + uint64(n))
}
