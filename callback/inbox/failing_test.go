package inbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/callback/inbox"
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

func everything() []string {
	return []string{"Put", "Claim", "Extend", "Done", "Save", "Bury", "Next", "Dead", "Len"}
}

func TestInbox_storeAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := handled{start: time.Now()}
		s := newFaulty()
		told := 0
		b := newInbox(t, func(_ context.Context, m callback.Uplink) error { h.note(m); return nil }, inbox.Options[callback.Uplink]{
			Store: s, OnError: func(f inbox.Failure[callback.Uplink]) {
				require.ErrorIs(t, f.Err, store.ErrUnavailable)
				told++
			},
		})
		handler, err := callback.NewHandler(b.Put, callback.Options{Verifier: callback.Unverified()})
		require.NoError(t, err)
		deliver := func(n int) int {
			return callbacktest.Deliver(handler, callbacktest.NewRequest("/", callbacktest.JSON, uplink(1, n))).Code
		}
		require.Equal(t, http.StatusNoContent, deliver(1))
		s.fail(everything()...)
		require.Equal(t, http.StatusServiceUnavailable, deliver(2), "never a 2xx for what is not safe")
		time.AfterFunc(29500*time.Millisecond, func() { s.fail() })
		run(t, b, time.Minute)
		require.Equal(t, []string{"1/1 at 30s"}, h.calls, "it goes on by itself")
		require.Equal(t, 30, told)
		require.Equal(t, inbox.Stats{Accepted: 1, Refused: 1, Taken: 1, Handled: 1, Failures: 30}, b.Stats())
	})
}

// TestInbox_awayWhileHandled notes what became of a message when the store is back.
func TestInbox_awayWhileHandled(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err   error
		away  time.Duration
		calls []string
		want  inbox.Stats
	}{
		"handled": {nil, 10500 * time.Millisecond, []string{"1/1 at 0s"}, inbox.Stats{Accepted: 1, Taken: 1, Handled: 1}},
		"failed": {
			errors.New("no"), 10500 * time.Millisecond,
			[]string{"1/1 at 0s", "1/1 at 20s"},
			inbox.Stats{Accepted: 1, Taken: 2, Retried: 1, Dead: 1},
		},
		"for longer than a lease": {
			nil, 40500 * time.Millisecond,
			[]string{"1/1 at 0s", "1/1 at 41s"},
			inbox.Stats{Accepted: 1, Taken: 2, Handled: 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := handled{start: time.Now()}
				s := newFaulty()
				b := newInbox(t, func(_ context.Context, m callback.Uplink) error {
					h.note(m)
					if len(h.calls) == 1 {
						s.fail(everything()...)
						time.AfterFunc(test.away, func() { s.fail() })
					}
					return test.err
				}, inbox.Options[callback.Uplink]{Store: s, Lease: 30 * time.Second, Delays: []time.Duration{20 * time.Second}})
				require.NoError(t, b.Put(t.Context(), uplink(1, 1)))
				run(t, b, 2*time.Minute)
				require.Equal(t, test.calls, h.calls)
				requireLen(t, b, 0, int(test.want.Dead))
				stats := b.Stats()
				stats.Failures = 0
				require.Equal(t, test.want, stats)
			})
		})
	}
}

func TestInbox_extendFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFaulty()
		var errs []error
		b := newInbox(t, func(context.Context, callback.Uplink) error {
			time.Sleep(5 * time.Second)
			return nil
		}, inbox.Options[callback.Uplink]{
			Store: s, Lease: 12 * time.Second, OnError: func(f inbox.Failure[callback.Uplink]) { errs = append(errs, f.Err) },
		})
		require.NoError(t, b.Put(t.Context(), uplink(1, 1)))
		s.fail("Extend")
		run(t, b, 5500*time.Millisecond)
		require.Len(t, errs, 1)
		requireLen(t, b, 0, 0)
		s.fail("Next")
		run(t, b, 1500*time.Millisecond)
		require.Len(t, errs, 3)
	})
}

// TestInbox_endsWhileAway has Run end although nothing can be given back.
func TestInbox_endsWhileAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := handled{start: time.Now()}
		s := newFaulty()
		b := newInbox(t, func(ctx context.Context, m callback.Uplink) error {
			h.note(m)
			if m.Device > 1 {
				return nil
			}
			<-ctx.Done()
			return context.Cause(ctx)
		}, inbox.Options[callback.Uplink]{Store: s, Workers: 1, DrainTimeout: time.Second})
		for n := range 20 {
			require.NoError(t, b.Put(t.Context(), uplink(1, n)))
		}
		time.AfterFunc(5*time.Second, func() { s.fail(everything()...) })
		run(t, b, 6*time.Second)
		require.Equal(t, 7*time.Second, time.Since(h.start))
		require.Len(t, h.calls, 1)
		_, _, err := b.Len(t.Context())
		require.ErrorIs(t, err, store.ErrUnavailable)
		for _, err := range b.Dead(t.Context()) {
			require.ErrorIs(t, err, store.ErrUnavailable)
		}
		s.fail()
		requireLen(t, b, 20, 0)
	})
}

// TestInbox_panics has what users bring do no harm.
func TestInbox_panics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b := newInbox(t, func(context.Context, callback.Uplink) error { return nil }, inbox.Options[callback.Uplink]{
			OrderBy: func(callback.Uplink) string { panic("no key") },
			OnError: func(inbox.Failure[callback.Uplink]) { panic("boom") },
			Logger:  slog.New(slog.NewTextHandler(&log, nil)),
		})
		require.NoError(t, b.Put(t.Context(), uplink(1, 1)))
		run(t, b, time.Second)
		requireLen(t, b, 0, 1)
		require.Equal(t, inbox.Stats{Accepted: 1, Taken: 1, Dead: 1, Failures: 1}, b.Stats())
		require.Contains(t, log.String(), "no key")
		require.Contains(t, log.String(), "in=OnError")
	})
}

// TestInbox_manyKeys forgets keys that another replica handles.
func TestInbox_manyKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		b := newInbox(t, func(context.Context, callback.Uplink) error {
			calls++
			if calls <= 5000 {
				return errors.New("no")
			}
			return nil
		}, inbox.Options[callback.Uplink]{
			Workers: 1, Delays: []time.Duration{time.Second},
			OrderBy: func(m callback.Uplink) string { return m.Time.String() },
		})
		for n := range 5000 {
			require.NoError(t, b.Put(t.Context(), uplink(1, n)))
		}
		run(t, b, time.Minute)
		require.Equal(t, 10_000, calls)
		requireLen(t, b, 0, 0)
	})
}
