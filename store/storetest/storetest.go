// Package storetest checks that a store.Store keeps its promises. Every store of this
// module passes it; those who write one of their own run it too:
//
//	func TestMyStore(t *testing.T) {
//		storetest.Run(t, storetest.Options{Open: func(t *testing.T) store.Store { ... }})
//	}
package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-sigfox/sigfox/store"
)

// Options configure Run.
type Options struct {
	// Open returns an empty store, and has t close it at its end. Required.
	Open func(t *testing.T) store.Store
	// Reopen closes the store and opens it again, as a new process would. Default: what
	// needs that is not tested, for stores that are volatile.
	Reopen func(t *testing.T, s store.Store) store.Store
	// EndsLeases is for stores that one process has at a time: when it is opened again,
	// what was held is back in its place in the order.
	EndsLeases bool
	// RealTime is for stores whose server has a clock of its own: time passes by waiting.
	RealTime bool
	// Unit is the time by which leases and values end, at least what the store can tell
	// apart. Default: a second.
	Unit time.Duration
}

// Run runs the suite.
func Run(t *testing.T, o Options) {
	t.Helper()
	if o.Unit == 0 {
		o.Unit = time.Second
	}
	for _, test := range []struct {
		name string
		run  func(*suite)
	}{
		{"queue/order", queueOrder},
		{"queue/repeated put", queueRepeatedPut},
		{"queue/lease", queueLease},
		{"queue/extend", queueExtend},
		{"queue/due", queueDue},
		{"queue/save", queueSave},
		{"queue/place", queuePlace},
		{"queue/dead", queueDead},
		{"queue/dead again", queueDeadAgain},
		{"queue/next", queueNext},
		{"queue/one holder", queueOneHolder},
		{"queue/names", queueNames},
		{"table/compare and set", tableCompareAndSet},
		{"table/expiry", tableExpiry},
		{"table/one winner", tableOneWinner},
		{"table/all", tableAll},
		{"table/keys", tableKeys},
		{"reopen", reopen},
		{"reopen/order", reopenOrder},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(&suite{T: t, options: &o, store: o.Open(t), now: time.Now()})
		})
	}
}

// suite is one test with its store and clock.
type suite struct {
	*testing.T
	options *Options
	store   store.Store
	now     time.Time
}

// clock returns the time of the test.
func (s *suite) clock() time.Time {
	if s.options.RealTime {
		return time.Now()
	}
	return s.now
}

// eventually lets time pass, d of it, and then expects ok to hold: at once where the
// time is the test's, soon where it is a server's.
func (s *suite) eventually(d time.Duration, what string, ok func() bool) {
	s.Helper()
	if !s.options.RealTime {
		s.now = s.now.Add(d)
		if !ok() {
			s.Fatalf("%s: not after %v", what, d)
		}
		return
	}
	ctx, cancel := context.WithTimeout(s.Context(), d+30*time.Second)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			s.Fatalf("%s: not after %v", what, d)
		case <-ticker.C:
		}
	}
}

func (s *suite) queue(name string) store.Queue {
	s.Helper()
	q, err := s.store.Queue(s.Context(), name)
	s.ok(err)
	return q
}

func (s *suite) table(name string) store.Table {
	s.Helper()
	t, err := s.store.Table(s.Context(), name)
	s.ok(err)
	return t
}

func (s *suite) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *suite) is(err, want error) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Fatalf("error %v, want %v", err, want)
	}
}

func equal[T comparable](s *suite, got, want T, what string) {
	s.Helper()
	if got != want {
		s.Fatalf("%s: got %v, want %v", what, got, want)
	}
}
