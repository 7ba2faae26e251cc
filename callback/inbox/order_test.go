package inbox_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/inbox"
	"github.com/go-sigfox/sigfox/store"
)

// TestInbox_overtaking has a message in the store that was not taken for want of room,
// when an older one of its device waits for another attempt.
func TestInbox_overtaking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := handled{start: time.Now()}
		b := newInbox(t, func(_ context.Context, m callback.Uplink) error {
			h.note(m)
			switch {
			case len(h.calls) == 1:
				return errors.New("database away")
			case m.Device == 2:
				time.Sleep(40 * time.Second)
			}
			return nil
		}, inbox.Options[callback.Uplink]{OrderBy: byDevice, Workers: 1, Delays: []time.Duration{30 * time.Second}})
		put := func(m callback.Uplink) { require.NoError(t, b.Put(t.Context(), m)) }
		put(uplink(1, 1))
		put(uplink(1, 2))
		time.AfterFunc(time.Second, func() {
			for n := range 4 { // all that are held at once
				put(uplink(2, n))
			}
		})
		time.AfterFunc(20*time.Second, func() { put(uplink(1, 3)) })
		run(t, b, 5*time.Minute)
		require.Equal(t, []string{
			"1/1 at 0s", "2/0 at 1s", "2/1 at 41s", "2/2 at 1m21s", "2/3 at 2m1s",
			"1/1 at 2m41s", "1/2 at 2m41s", "1/3 at 2m41s",
		}, h.calls)
		requireLen(t, b, 0, 0)
	})
}

// TestInbox_orderOverRestart ends Run with messages of a device in hand, while one more
// comes in.
func TestInbox_orderOverRestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var want, got []string
		s := store.NewMemory()
		start := func() *inbox.Inbox[callback.Uplink] {
			return newInbox(t, func(ctx context.Context, m callback.Uplink) error {
				select {
				case <-ctx.Done():
					return context.Cause(ctx)
				case <-time.After(time.Second):
				}
				got = append(got, nameOf(m))
				return nil
			}, inbox.Options[callback.Uplink]{Store: s, OrderBy: byDevice, Workers: 1, DrainTimeout: 400 * time.Millisecond})
		}
		n := 0
		put := func(b *inbox.Inbox[callback.Uplink]) {
			m := uplink(1, n)
			require.NoError(t, b.Put(t.Context(), m))
			want = append(want, nameOf(m))
			n++
		}
		for range 3 {
			b := start()
			for range 5 {
				put(b)
			}
			time.AfterFunc(2600*time.Millisecond, func() { put(b) })
			run(t, b, 2500*time.Millisecond)
			synctest.Wait()
		}
		run(t, start(), time.Minute)
		synctest.Wait()
		require.Equal(t, want, got)
	})
}
