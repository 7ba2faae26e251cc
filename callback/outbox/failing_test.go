package outbox_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/outbox"
	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/storetest"
)

// faulty is a store in memory of which some methods fail.
type faulty struct {
	*storetest.Faulty
	mu      sync.Mutex
	methods []string
}

func newFaulty() *faulty {
	f := &faulty{}
	f.Faulty = &storetest.Faulty{Store: store.NewMemory(), Before: func(method string) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if slices.Contains(f.methods, method) {
			return fmt.Errorf("%w: no leader", store.ErrUnavailable)
		}
		return nil
	}}
	return f
}

// fail has these methods fail, and the others not.
func (f *faulty) fail(methods ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.methods = methods
}

func everything() []string { return []string{"Put", "Claim", "Extend", "Done", "Save", "Bury", "Next"} }

func TestOutbox_storeAway(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		away time.Duration
		want []string
	}{
		"for less than a lease": {10500 * time.Millisecond, []string{"a.example at 0s"}},
		"for longer":            {50500 * time.Millisecond, []string{"a.example at 0s", "a.example at 51s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := &customer{start: time.Now()}
				to := target(t, "a.example")
				s := newFaulty()
				r := newReplica(t, s, c, outbox.Options{Lease: 30 * time.Second}, to)
				r.enqueue(t, to, 1)
				var first sync.Once
				c.answer = func(string) (int, error) { // the answer comes, but cannot be noted
					first.Do(func() { s.fail(everything()...) })
					return http.StatusOK, nil
				}
				time.AfterFunc(test.away, func() { s.fail() })
				r.run(t, 2*time.Minute)
				require.Equal(t, test.want, c.seen())
				r.requireLen(t, 0, 0)
				require.NotEmpty(t, r.errs)
				for _, err := range r.errs {
					require.ErrorIs(t, err, store.ErrUnavailable)
				}
				require.EqualValues(t, len(r.errs), r.Stats().Failures)
			})
		})
	}
}

func TestOutbox_enqueueRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := target(t, "a.example")
		s := newFaulty()
		r := newReplica(t, s, &customer{}, outbox.Options{}, to)
		s.fail("Put")
		request := dispatch.Request{Target: to, Subject: dispatch.Subject{Service: callback.DataUplink}}
		require.ErrorIs(t, r.Enqueue(t.Context(), request), store.ErrUnavailable)
		require.Equal(t, outbox.Stats{Refused: 1}, r.Stats())
	})
}

// TestOutbox_deadWhileAway has the last attempt fail while the store does.
func TestOutbox_deadWhileAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFaulty()
		c := &customer{start: time.Now()}
		c.answer = func(string) (int, error) {
			if len(c.seen()) == 4 {
				s.fail(everything()...)
				time.AfterFunc(5*time.Second, func() { s.fail() })
			}
			return http.StatusNotFound, nil
		}
		to := target(t, "a.example")
		r := newReplica(t, s, c, outbox.Options{}, to)
		r.enqueue(t, to, 1)
		r.run(t, 20*time.Minute)
		r.requireLen(t, 0, 1)
		require.Equal(t, int64(1), r.Stats().Dead)
		require.Len(t, c.seen(), 4)
	})
}

// TestOutbox_leaseLost has another replica take what this one holds, because it cannot
// tell the store that it is alive.
func TestOutbox_leaseLost(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"delivered": http.StatusOK, "retried": http.StatusInternalServerError} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFaulty()
				slow := &customer{start: time.Now(), answer: func(string) (int, error) {
					time.Sleep(9 * time.Second)
					return status, nil
				}}
				to := target(t, "a.example")
				cut := newReplica(t, s, slow, outbox.Options{Lease: 6 * time.Second}, to)
				cut.enqueue(t, to, 1)
				s.fail("Extend")
				time.AfterFunc(7*time.Second, func() {
					q, err := s.Store.Queue(t.Context(), "outbox")
					require.NoError(t, err)
					claims, err := q.Claim(t.Context(), time.Now(), 1, time.Hour)
					require.NoError(t, err)
					require.Empty(t, claims, "the same replica has it again")
				})
				cut.run(t, time.Minute)
				stats := cut.Stats()
				require.Equal(t, stats.Taken, stats.Delivered+stats.Lost+stats.Returned, "%+v", stats)
				for _, err := range cut.errs {
					require.ErrorIs(t, err, store.ErrUnavailable)
				}
			})
		})
	}
}

// TestOutbox_takenByAnother has what this replica held be under way elsewhere.
func TestOutbox_takenByAnother(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{
		"delivered": http.StatusOK, "retried": http.StatusInternalServerError, "dead": http.StatusGone,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := store.NewMemory()
				var errs []error
				c := &customer{start: time.Now()}
				to := target(t, "a.example")
				r := newReplica(t, s, c, outbox.Options{}, to)
				once := dispatch.RetryPolicy{Delays: []time.Duration{time.Second}}
				if name == "dead" {
					once.Delays = []time.Duration{}
				}
				var err error
				r.dispatcher, err = dispatch.New(dispatch.Options{
					Transport: c, Journal: r, Retry: &once,
					Hooks: dispatch.Hooks{OnJournalError: func(e dispatch.JournalError) { errs = append(errs, e.Err) }},
				})
				require.NoError(t, err)
				q, err := s.Queue(t.Context(), "outbox")
				require.NoError(t, err)
				c.answer = func(string) (int, error) {
					// The clock of the other one is ahead.
					_, err := q.Claim(t.Context(), time.Now().Add(time.Hour), 1, 24*time.Hour)
					return status, err
				}
				r.enqueue(t, to, 1)
				r.run(t, 50*time.Second)
				require.Empty(t, errs, "what is another's is no error")
				require.Empty(t, r.errs)
				if name == "delivered" {
					r.requireLen(t, 0, 0)
				} else {
					r.requireLen(t, 1, 0)
					require.Equal(t, int64(1), r.Stats().Lost)
				}
			})
		})
	}
}

func TestOutbox_extendFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFaulty()
		c := &customer{start: time.Now(), answer: func(string) (int, error) {
			time.Sleep(5 * time.Second)
			return http.StatusOK, nil
		}}
		to := target(t, "a.example")
		r := newReplica(t, s, c, outbox.Options{Lease: 12 * time.Second}, to)
		r.enqueue(t, to, 1)
		s.fail("Extend")
		r.run(t, 5500*time.Millisecond)
		require.Len(t, c.seen(), 1)
		require.Len(t, r.errs, 1)
		require.ErrorIs(t, r.errs[0], store.ErrUnavailable)
	})
}

func TestOutbox_nextFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFaulty()
		c := &customer{start: time.Now()}
		to := target(t, "a.example")
		r := newReplica(t, s, c, outbox.Options{}, to)
		s.fail("Next")
		time.AfterFunc(500*time.Millisecond, func() { r.enqueue(t, to, 1) })
		r.run(t, 2500*time.Millisecond)
		require.Equal(t, []string{"a.example at 1s"}, c.seen(), "it asks without being told")
		require.Len(t, r.errs, 3)
	})
}

// TestOutbox_endsWhileAway has Run end when nothing can be given back.
func TestOutbox_endsWhileAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFaulty()
		c := &customer{start: time.Now(), answer: failing}
		to := target(t, "a.example")
		r := newReplica(t, s, c, outbox.Options{Lease: 30 * time.Second}, to)
		for n := range 100 {
			r.enqueue(t, to, sigfox.DeviceID(n))
		}
		time.AfterFunc(5*time.Second, func() { s.fail(everything()...) })
		r.run(t, 6*time.Second)
		require.Less(t, time.Since(c.start), 20*time.Second)
		require.NotEmpty(t, r.errs)
		s.fail()
		c.answer = nil
		again := newReplica(t, s, c, outbox.Options{}, to)
		again.run(t, 10*time.Minute)
		again.requireLen(t, 0, 0)
	})
}

func TestOutbox_onErrorPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFaulty()
		b, err := outbox.New(t.Context(), outbox.Options{
			Store: s, Targets: func(string) (*dispatch.Target, bool) { return nil, false }, OnError: func(error) { panic("boom") },
		})
		require.NoError(t, err)
		d, err := dispatch.New(dispatch.Options{Journal: b})
		require.NoError(t, err)
		s.fail("Claim")
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, b.Run(ctx, d), context.DeadlineExceeded)
		require.Equal(t, outbox.Stats{Failures: 3}, b.Stats())
	})
}
