package dispatch_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// A message is in the log once, after its last attempt, and not at all if it was
// delivered in the end.
func TestUndeliveredOfDispatcher(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLog(t, dispatch.UndeliveredOptions{})
		fails := newServer(always(500))
		d := newDispatcher(t, dispatch.Options{Transport: fails, Hooks: dispatch.Hooks{OnDrop: l.Add}})
		run(t, d)
		target := plain(t, "down.example.com")
		require.NoError(t, d.Enqueue(t.Context(), request(t, target, 0x2C30EA, 7)))

		sleep(6 * time.Minute)
		require.Len(t, fails.seen(), 3)
		require.Zero(t, l.Len(), "one attempt is left")
		sleep(2 * time.Minute)
		got := l.Page(dispatch.UndeliveredQuery{CallbackID: target.ID()}).Data
		require.Len(t, got, 1)
		require.Equal(t, sigfox.DeviceID(0x2C30EA), got[0].Device)
		require.Equal(t, 500, got[0].Status)
		require.Equal(t, "Internal Server Error", got[0].Message)
		require.Equal(t, 4, got[0].Attempts)
		require.Equal(t, dispatch.DropAttempts, got[0].Cause)
		require.Equal(t, "http://down.example.com/2C30EA/7", got[0].Callback.URL)
	})
}

func TestUndeliveredConcurrently(t *testing.T) {
	t.Parallel()
	l := newLog(t, dispatch.UndeliveredOptions{Max: 50, MaxPerOwner: 20})
	drops := make([]dispatch.Drop, 4)
	for i := range drops {
		drops[i] = dropOf(t, seenDefinition(), ownedBy(string(rune('a'+i))))
	}
	var wg sync.WaitGroup
	for _, d := range drops {
		wg.Go(func() {
			for range 500 {
				l.Add(d)
			}
		})
		wg.Go(func() {
			for range 50 {
				if n := len(l.Page(dispatch.UndeliveredQuery{DeviceTypeID: "a"}).Data); n > 20 {
					t.Errorf("%d of one owner", n)
				}
			}
		})
	}
	wg.Wait()
	require.LessOrEqual(t, l.Len(), 50)
}
