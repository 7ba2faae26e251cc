package dedup_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

var seenStart = time.Unix(1_790_000_000, 0)

func newSeen(t testing.TB, o dedup.SeenOptions) *dedup.Seen {
	t.Helper()
	s, err := dedup.NewSeen(o)
	require.NoError(t, err)
	return s
}

func TestSeenClaim(t *testing.T) {
	t.Parallel()
	s := newSeen(t, dedup.SeenOptions{})
	k := sigfox.MessageKey{Device: 0x2C30EA, Time: seenStart.Unix(), Seq: 7}

	require.Equal(t, dedup.New, s.Begin(seenStart, k))
	require.Equal(t, dedup.InFlight, s.Begin(seenStart, k))
	s.Abort(seenStart, k)
	require.Equal(t, dedup.New, s.Begin(seenStart, k))
	s.Commit(seenStart, k)
	require.Equal(t, dedup.Done, s.Begin(seenStart, k))
	s.Abort(seenStart, k)
	require.Equal(t, dedup.Done, s.Begin(seenStart, k), "Abort must not forget what was handled")
	require.Equal(t, dedup.Done, s.Begin(seenStart.Add(dedup.DefaultRetain-time.Second), k))
	require.Equal(t, dedup.New, s.Begin(seenStart.Add(2*dedup.DefaultRetain), k))
}
