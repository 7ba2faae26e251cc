package outbox_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/outbox"
	"github.com/go-sigfox/sigfox/store"
)

func TestOutbox_noRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now(), answer: func(string) (int, error) {
			time.Sleep(time.Second)
			return http.StatusOK, nil
		}}
		to := target(t, "a.example")
		r := newReplica(t, store.NewMemory(), c, outbox.Options{Held: 1}, to)
		for n := range 5 {
			r.enqueue(t, to, sigfox.DeviceID(n))
		}
		r.run(t, 10*time.Second)
		require.Equal(t, []string{
			"a.example at 0s", "a.example at 1s", "a.example at 2s", "a.example at 3s", "a.example at 4s",
		}, c.seen())
		require.Equal(t, outbox.Stats{Accepted: 5, Taken: 5, Delivered: 5}, r.Stats())

		hung := &customer{start: time.Now(), answer: failing} // ends while there is no room
		r = newReplica(t, store.NewMemory(), hung, outbox.Options{Held: 1}, to)
		r.enqueue(t, to, 1)
		r.enqueue(t, to, 2)
		r.run(t, 10*time.Second)
		require.Equal(t, outbox.Stats{Accepted: 2, Taken: 1, Returned: 1}, r.Stats())
		r.requireLen(t, 2, 0)
	})
}

// TestOutbox_backlog has a target work off more than it may have, in order and without
// running out of work for long.
func TestOutbox_backlog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now(), answer: func(string) (int, error) {
			time.Sleep(100 * time.Millisecond)
			return http.StatusOK, nil
		}}
		to := target(t, "a.example")
		r := newReplica(t, store.NewMemory(), c, outbox.Options{HeldPerTarget: 30}, to)
		got := r.noting(t, c)
		var want []string
		for range 300 {
			want = append(want, r.enqueue(t, to, 1))
		}
		r.run(t, 40*time.Second)
		require.Equal(t, want, got())
	})
}

// TestOutbox_hungTarget parks a backlog rarely.
func TestOutbox_hungTarget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now(), answer: failing}
		to := target(t, "a.example")
		r := newReplica(t, store.NewMemory(), c, outbox.Options{HeldPerTarget: 4}, to)
		for n := range 104 {
			r.enqueue(t, to, sigfox.DeviceID(n))
		}
		r.run(t, 50*time.Second)
		require.Equal(t, int64(800), r.Stats().Parked, "after 250 ms, 500 ms, 1 s and so on")
	})
}

// TestOutbox_changedTarget has requests that their target does not take any more not
// hold up others.
func TestOutbox_changedTarget(t *testing.T) {
	t.Parallel()
	for _, discard := range []bool{false, true} {
		t.Run(fmt.Sprint("discard ", discard), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := &customer{start: time.Now()}
				s := store.NewMemory()
				before, other := target(t, "a.example"), target(t, "b.example")
				after := target(t, "a.example", func(d *callback.Definition) {
					d.Channel, d.LinePattern, d.URL, d.BodyTemplate = callback.ChannelBatchURL, "{data}", "https://a.example/?b={batch}", ""
				})
				r := newReplica(t, s, c, outbox.Options{DiscardDead: discard}, after, other)
				r.enqueue(t, before, 1)
				r.enqueue(t, other, 1)
				r.enqueue(t, before, 2)
				r.enqueue(t, target(t, "gone.example"), 2)
				r.run(t, time.Second)
				require.Equal(t, []string{"b.example at 0s"}, c.seen())
				require.Len(t, r.errs, 3)
				require.Equal(t, outbox.Stats{Accepted: 4, Taken: 4, Delivered: 1, Dead: 3, Failures: 3}, r.Stats())
				if discard {
					r.requireLen(t, 0, 0)
					return
				}
				r.requireLen(t, 0, 3)
				causes := map[dispatch.DropCause]int{}
				for d, err := range r.Dead(t.Context()) {
					require.NoError(t, err)
					causes[d.Cause]++
				}
				require.Equal(t, map[dispatch.DropCause]int{"refused": 2, "gone": 1}, causes)
			})
		})
	}
}

// TestOutbox_usedDispatcher has Run end when its dispatcher does not run.
func TestOutbox_usedDispatcher(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now()}
		to := target(t, "a.example")
		r := newReplica(t, store.NewMemory(), c, outbox.Options{}, to)
		r.run(t, time.Second)
		r.enqueue(t, to, 1)
		require.ErrorIs(t, r.Run(t.Context(), r.dispatcher), dispatch.ErrRunning)
		r.requireLen(t, 1, 0)
		require.Empty(t, c.seen())
		again := newReplica(t, store.NewMemory(), c, outbox.Options{}, to)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, again.Run(ctx, again.dispatcher), context.Canceled)
	})
}
