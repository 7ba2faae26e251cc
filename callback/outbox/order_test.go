package outbox_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/outbox"
	"github.com/go-sigfox/sigfox/store"
)

// noting has the IDs of attempts noted, and returns what tells them in their order.
func (r *replica) noting(t *testing.T, c *customer) func() []string {
	t.Helper()
	var mu sync.Mutex
	var got []string
	var err error
	r.dispatcher, err = dispatch.New(dispatch.Options{
		Transport: c, Journal: r, Hooks: dispatch.Hooks{OnAttempt: func(_ context.Context, e dispatch.AttemptEnd) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, e.ID)
		}},
	})
	require.NoError(t, err)
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
}

// slow answers after a second.
func slow(string) (int, error) {
	time.Sleep(time.Second)
	return http.StatusOK, nil
}

// TestOutbox_overtaking has a request in the store that was not taken for want of room,
// when an older one of its device waits because its target had as many as it may.
func TestOutbox_overtaking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now(), answer: slow}
		to, other := target(t, "a.example"), target(t, "b.example")
		r := newReplica(t, store.NewMemory(), c, outbox.Options{Held: 2, HeldPerTarget: 1}, to, other)
		got := r.noting(t, c)
		first, second := r.enqueue(t, to, 1), r.enqueue(t, to, 1)
		var third, elsewhere string
		time.AfterFunc(100*time.Millisecond, func() {
			elsewhere = r.enqueue(t, other, 2) // takes the room that is left
			synctest.Wait()
			third = r.enqueue(t, to, 1)
		})
		r.run(t, 10*time.Second)
		synctest.Wait()
		require.Equal(t, []string{first, elsewhere, second, third}, got())
		require.Positive(t, r.Stats().Parked)
	})
}

// TestOutbox_orderOverRestart ends Run with requests of a device in hand, while one more
// comes in.
func TestOutbox_orderOverRestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, s := &customer{start: time.Now(), answer: slow}, store.NewMemory()
		to := target(t, "a.example")
		var want, got []string
		for range 3 {
			r := newReplica(t, s, c, outbox.Options{Held: 4, HeldPerTarget: 4}, to)
			part := r.noting(t, c)
			for range 5 {
				want = append(want, r.enqueue(t, to, 1))
			}
			time.AfterFunc(2700*time.Millisecond, func() { want = append(want, r.enqueue(t, to, 1)) })
			r.run(t, 2500*time.Millisecond)
			synctest.Wait()
			got = append(got, part()...)
		}
		r := newReplica(t, s, c, outbox.Options{Held: 4, HeldPerTarget: 4}, to)
		part := r.noting(t, c)
		r.run(t, time.Minute)
		require.Equal(t, want, append(got, part()...))
	})
}
