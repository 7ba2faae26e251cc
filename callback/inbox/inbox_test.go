package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/callback/inbox"
	"github.com/go-sigfox/sigfox/event"
	"github.com/go-sigfox/sigfox/store"
)

// uplink returns the n-th message of a device.
func uplink(id sigfox.DeviceID, n int) callback.Uplink {
	m := callbacktest.Uplink()
	m.Device, m.SeqNumber = id, sigfox.Some(sigfox.SeqNumber(n))
	m.Time = m.Time.Add(time.Duration(n) * time.Minute)
	return m
}

func byDevice(m callback.Uplink) string { return m.Device.String() }

// handled notes what the function was called for, and when.
type handled struct {
	mu    sync.Mutex
	start time.Time
	calls []string
}

func (h *handled) note(m callback.Uplink) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, fmt.Sprintf("%v/%d at %v", m.Device, m.SeqNumber.Or(0), time.Since(h.start)))
}

func newInbox(t *testing.T, fn func(context.Context, callback.Uplink) error, o inbox.Options[callback.Uplink]) *inbox.Inbox[callback.Uplink] {
	t.Helper()
	if o.Store == nil {
		o.Store = store.NewMemory()
	}
	b, err := inbox.New(t.Context(), fn, o)
	require.NoError(t, err)
	return b
}

// run runs b for d.
func run(t *testing.T, b *inbox.Inbox[callback.Uplink], d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	require.ErrorIs(t, b.Run(ctx), context.DeadlineExceeded)
}

func requireLen(t *testing.T, b *inbox.Inbox[callback.Uplink], waiting, dead int) {
	t.Helper()
	w, d, err := b.Len(t.Context())
	require.NoError(t, err)
	require.Equal(t, [2]int{waiting, dead}, [2]int{w, d})
}

func TestInbox_retriesThenDies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := handled{start: time.Now()}
		var failures []inbox.Failure[callback.Uplink]
		fails := true
		b := newInbox(t, func(_ context.Context, m callback.Uplink) error {
			h.note(m)
			if fails {
				return errors.New("database away")
			}
			return nil
		}, inbox.Options[callback.Uplink]{
			Delays:  []time.Duration{time.Second, 5 * time.Second},
			OnError: func(f inbox.Failure[callback.Uplink]) { failures = append(failures, f) },
		})
		m := uplink(0x2C30EA, 1)
		require.NoError(t, b.Put(t.Context(), m))
		require.NoError(t, b.Put(t.Context(), m), "a repeated callback is no second message")
		run(t, b, time.Minute)
		require.Equal(t, []string{"2C30EA/1 at 0s", "2C30EA/1 at 1s", "2C30EA/1 at 6s"}, h.calls)
		require.Len(t, failures, 3)
		require.Equal(t, 2, failures[1].Attempt)
		require.Equal(t, h.start.Add(6*time.Second), failures[1].Next)
		require.True(t, failures[2].Dead)
		requireLen(t, b, 0, 1)

		var dead []inbox.Dead[callback.Uplink]
		for d, err := range b.Dead(t.Context()) {
			require.NoError(t, err)
			dead = append(dead, d)
		}
		require.Len(t, dead, 1)
		require.Equal(t, m, dead[0].Message)
		require.Equal(t, 3, dead[0].Attempts)
		require.Equal(t, "database away", dead[0].Error)
		require.Equal(t, h.start.UTC(), dead[0].Received)

		fails = false
		require.NoError(t, b.Revive(t.Context(), dead[0].ID))
		run(t, b, time.Minute)
		require.Len(t, h.calls, 4)
		requireLen(t, b, 0, 0)
		require.ErrorIs(t, b.Purge(t.Context(), dead[0].ID), store.ErrNotFound)
	})
}

func TestInbox_order(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := handled{start: time.Now()}
		failed := map[sigfox.DeviceID]bool{}
		b := newInbox(t, func(_ context.Context, m callback.Uplink) error {
			h.note(m)
			if m.Device == 0xA && !failed[0xA] {
				failed[0xA] = true
				return errors.New("once")
			}
			time.Sleep(time.Second)
			return nil
		}, inbox.Options[callback.Uplink]{OrderBy: byDevice, Workers: 2, Delays: []time.Duration{10 * time.Second}})
		for n := range 3 {
			require.NoError(t, b.Put(t.Context(), uplink(0xA, n)))
			require.NoError(t, b.Put(t.Context(), uplink(0xB, n)))
		}
		go func() {
			time.Sleep(5 * time.Second)
			_ = b.Put(t.Context(), uplink(0xA, 3))
		}()
		run(t, b, time.Minute)
		var a, other []string
		for _, c := range h.calls {
			if c[0] == 'A' {
				a = append(a, c)
			} else {
				other = append(other, c)
			}
		}
		require.Equal(t, []string{"A/0 at 0s", "A/0 at 10s", "A/1 at 11s", "A/2 at 12s", "A/3 at 13s"}, a)
		require.Equal(t, []string{"B/0 at 0s", "B/1 at 1s", "B/2 at 2s"}, other, "the other device does not wait")
		requireLen(t, b, 0, 0)
	})
}

func TestInbox_handsOverWhatADeadProcessHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		h := handled{start: time.Now()}
		o := inbox.Options[callback.Uplink]{Store: s, Lease: 30 * time.Second}
		b := newInbox(t, func(_ context.Context, m callback.Uplink) error { h.note(m); return nil }, o)
		require.NoError(t, b.Put(t.Context(), uplink(1, 1)))
		q, err := s.Queue(t.Context(), "inbox-data-uplink")
		require.NoError(t, err)
		_, err = q.Claim(t.Context(), time.Now(), 1, 30*time.Second) // by a process that dies
		require.NoError(t, err)
		run(t, b, time.Minute)
		require.Equal(t, []string{"1/1 at 30s"}, h.calls)
	})
}

func TestInbox_keepsWhatItHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		h := handled{start: time.Now()}
		fn := func(_ context.Context, m callback.Uplink) error {
			h.note(m)
			time.Sleep(50 * time.Second) // longer than the lease
			return nil
		}
		o := inbox.Options[callback.Uplink]{Store: s, Lease: 9 * time.Second}
		first, second := newInbox(t, fn, o), newInbox(t, fn, o)
		require.NoError(t, first.Put(t.Context(), uplink(1, 1)))
		var group sync.WaitGroup
		group.Go(func() { run(t, first, 2*time.Minute) })
		group.Go(func() { run(t, second, 2*time.Minute) })
		group.Wait()
		require.Len(t, h.calls, 1)
		requireLen(t, first, 0, 0)
	})
}

func TestInbox_drain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := handled{start: time.Now()}
		b := newInbox(t, func(ctx context.Context, m callback.Uplink) error {
			h.note(m)
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(8 * time.Second * time.Duration(m.SeqNumber.Or(0))):
				return nil
			}
		}, inbox.Options[callback.Uplink]{Workers: 2, DrainTimeout: 10 * time.Second})
		for n := 1; n <= 4; n++ { // 1 ends within the time to drain, 2 does not, 3 and 4 are not begun
			require.NoError(t, b.Put(t.Context(), uplink(1, n)))
		}
		run(t, b, time.Second)
		require.Equal(t, 11*time.Second, time.Since(h.start))
		require.ElementsMatch(t, []string{"1/1 at 0s", "1/2 at 0s"}, h.calls)
		requireLen(t, b, 3, 0)
		claimed := 0
		b2 := newInbox(t, func(context.Context, callback.Uplink) error { claimed++; return nil }, inbox.Options[callback.Uplink]{})
		run(t, b2, time.Second)
		require.Zero(t, claimed, "another store")
		h.calls = nil
		run(t, b, time.Minute)
		require.Len(t, h.calls, 3, "they were given back at once")
	})
}

func TestInbox_panicsAndTimeouts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var errs []error
		b := newInbox(t, func(ctx context.Context, m callback.Uplink) error {
			switch m.Device {
			case 1:
				panic("boom")
			case 3:
				return (*callback.FieldError)(nil) // has no text
			}
			<-ctx.Done()
			return context.Cause(ctx)
		}, inbox.Options[callback.Uplink]{
			JobTimeout: 3 * time.Second, Delays: []time.Duration{},
			OnError: func(f inbox.Failure[callback.Uplink]) { errs = append(errs, f.Err) },
		})
		require.NoError(t, b.Put(t.Context(), uplink(1, 1)))
		require.NoError(t, b.Put(t.Context(), uplink(3, 1)))
		require.NoError(t, b.Put(t.Context(), uplink(2, 1)))
		run(t, b, 10*time.Second)
		require.Len(t, errs, 3)
		var panicked *callback.PanicError
		require.ErrorAs(t, errs[0], &panicked)
		require.ErrorAs(t, errs[1], &panicked)
		require.ErrorIs(t, errs[2], callback.ErrTimeout)
		requireLen(t, b, 0, 3)
	})
}

func TestInbox_cannotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		q, err := s.Queue(t.Context(), "mine")
		require.NoError(t, err)
		require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: "newer", Data: []byte(`{"v":2}`)},
			store.Item{ID: "broken", Data: []byte(`{`)}, store.Item{ID: "wrong", Data: []byte(`{"v":1,"message":{"device":"xyz"}}`)}))
		var errs []error
		b := newInbox(t, func(context.Context, callback.Uplink) error { return nil }, inbox.Options[callback.Uplink]{
			Store: s, Name: "mine", OnError: func(f inbox.Failure[callback.Uplink]) { errs = append(errs, f.Err) },
		})
		run(t, b, time.Second)
		require.Len(t, errs, 3)
		for _, err := range errs {
			require.ErrorIs(t, err, store.ErrCorrupt)
		}
		requireLen(t, b, 0, 3)
		for d, err := range b.Dead(t.Context()) {
			require.ErrorIs(t, err, store.ErrCorrupt)
			require.NoError(t, b.Purge(t.Context(), d.ID))
		}
		requireLen(t, b, 0, 0)
	})
}

func TestInbox_otherKinds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		var got []event.Event
		b, err := inbox.New(t.Context(), func(_ context.Context, e event.Event) error {
			got = append(got, e)
			return nil
		}, inbox.Options[event.Event]{Store: s})
		require.NoError(t, err)
		want := callbacktest.Event()
		require.NoError(t, b.Put(t.Context(), want))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.Error(t, b.Run(ctx))
		require.Equal(t, []event.Event{want}, got)
	})
}

func TestNew_errors(t *testing.T) {
	t.Parallel()
	fn := func(context.Context, callback.Uplink) error { return nil }
	s := store.NewMemory()
	for want, o := range map[string]inbox.Options[callback.Uplink]{
		"inbox: Options.Store is nil":                                  {},
		"inbox: Options.Workers is negative":                           {Store: s, Workers: -1},
		"inbox: Options.JobTimeout, Lease or DrainTimeout is negative": {Store: s, Lease: -1},
		"inbox: Options.Lease is 2ns, not at least 1s":                 {Store: s, Lease: 2},
		"inbox: a wait of Options.Delays is negative":                  {Store: s, Delays: []time.Duration{1, -1}},
		"inbox: store: name \"a b\" has other":                         {Store: s, Name: "a b"},
	} {
		_, err := inbox.New(t.Context(), fn, o)
		require.ErrorContains(t, err, want)
	}
	_, err := inbox.New[callback.Uplink](t.Context(), nil, inbox.Options[callback.Uplink]{Store: s})
	require.EqualError(t, err, "inbox: the function is nil")
}

func TestRun_once(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newInbox(t, func(context.Context, callback.Uplink) error { return nil }, inbox.Options[callback.Uplink]{})
		var group sync.WaitGroup
		group.Go(func() { run(t, b, time.Minute) })
		synctest.Wait()
		require.ErrorIs(t, b.Run(t.Context()), inbox.ErrRunning)
		group.Wait()
	})
}

// TestInbox_orderOverRuns has Run end with messages of a device that it holds.
func TestInbox_orderOverRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := handled{start: time.Now()}
		b := newInbox(t, func(ctx context.Context, m callback.Uplink) error {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(3 * time.Second):
				h.note(m)
				return nil
			}
		}, inbox.Options[callback.Uplink]{OrderBy: byDevice, DrainTimeout: time.Second})
		for n := range 8 {
			require.NoError(t, b.Put(t.Context(), uplink(0xA, n)))
		}
		for range 4 {
			run(t, b, time.Second)
			run(t, b, 5*time.Second)
		}
		run(t, b, time.Minute)
		var names []byte
		for _, call := range h.calls {
			names = append(names, call[2])
		}
		require.Equal(t, "01234567", string(names))
	})
}

// TestInbox_backlogOfOneKey has no more in hand than is bounded while the first of many
// messages of a device waits for another attempt.
func TestInbox_backlogOfOneKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const messages = 3000
		calls := 0
		b := newInbox(t, func(context.Context, callback.Uplink) error {
			if calls++; calls == 1 {
				return errors.New("once")
			}
			return nil
		}, inbox.Options[callback.Uplink]{OrderBy: byDevice, Workers: 1, Delays: []time.Duration{5 * time.Second}})
		for n := range messages {
			require.NoError(t, b.Put(t.Context(), uplink(0xA, n)))
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			run(t, b, time.Minute)
		}()
		time.Sleep(time.Second)
		require.LessOrEqual(t, b.Stats().Taken, int64(1200))
		<-ended
		require.Equal(t, messages+1, calls)
		requireLen(t, b, 0, 0)
	})
}
