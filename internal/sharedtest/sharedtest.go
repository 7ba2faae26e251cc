// Package sharedtest checks what replicas share through a table of a store: whatever they
// do in whatever order, they are one. The packages of the shared forms run it on
// store.Memory, store/bolt and store/nats on themselves.
package sharedtest

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/storetest"
)

// T is a *testing.T or *rapid.T.
type T interface {
	Helper()
	Context() context.Context
	Fatalf(format string, args ...any)
}

// Choose decides what happens: it returns a number from 0 to n-1.
type Choose func(label string, n int) int

// Random returns choices that are the same for a seed.
func Random(seed uint64) Choose {
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // no secret
	return func(_ string, n int) int { return r.IntN(n) }
}

func (c Choose) bool(label string) bool { return c(label, 2) == 1 }

func pick[E any](c Choose, label string, of []E) E { return of[c(label, len(of))] }

// Tables returns the table of a name in each of several stores that are one.
func Tables(t T, name string, stores ...store.Store) (tables []store.Table) {
	t.Helper()
	for _, s := range stores {
		table, err := s.Table(t.Context(), name)
		ok(t, err)
		tables = append(tables, table)
	}
	return tables
}

// faulty is tables of replicas that fail together.
type faulty struct {
	tables []store.Table
	before func(method string) error // nil: nothing fails
}

func newFaulty(tables []store.Table) *faulty {
	f := &faulty{}
	for _, table := range tables {
		f.tables = append(f.tables, &storetest.FaultyTable{Table: table, Before: func(method, _ string) error {
			if f.before == nil {
				return nil
			}
			return f.before(method)
		}})
	}
	return f
}

func ok(t T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v", err)
	}
}

func is(t T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func equal(t T, want, got any, what string) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Fatalf("%s: got %+v, want %+v", what, got, want)
	}
}
