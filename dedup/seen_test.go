package dedup_test

import (
	"fmt"
	"math"
	"strconv"
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

// seenKeys are an ordinary key and some that have to be kept elsewhere.
func seenKeys() map[string]sigfox.MessageKey {
	at := seenStart.Unix()
	return map[string]sigfox.MessageKey{
		"ordinary":     {Device: 0x2C30EA, Time: at, Seq: 7},
		"no number":    {Device: 0x2C30EA, Time: at, Seq: sigfox.NoSeqNumber},
		"zero":         {},
		"before 1970":  {Device: 0x2C30EA, Time: -1, Seq: 7},
		"milliseconds": {Device: 0x2C30EA, Time: at * 1000, Seq: 7},
		"far future":   {Device: math.MaxUint32, Time: math.MaxInt64, Seq: 4095},
	}
}

func TestSeenOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]dedup.SeenOptions{
		"negative retain":      {Retain: -time.Minute},
		"short retain":         {Retain: time.Millisecond},
		"negative messages":    {MaxMessages: -1},
		"negative timeout":     {ClaimTimeout: -time.Second},
		"timeout after retain": {Retain: time.Minute, ClaimTimeout: time.Minute + 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := dedup.NewSeen(o)
			require.ErrorIs(t, err, dedup.ErrSeenOptions)
		})
	}
	if strconv.IntSize == 64 {
		_, err := dedup.NewSeen(dedup.SeenOptions{MaxMessages: math.MaxInt})
		require.ErrorIs(t, err, dedup.ErrSeenOptions)
	}
	_, err := dedup.NewSeen(dedup.SeenOptions{})
	require.NoError(t, err)
}

func TestStateString(t *testing.T) {
	t.Parallel()
	require.Equal(t, "new in flight done State(9)", fmt.Sprint(dedup.New, dedup.InFlight, dedup.Done, dedup.State(9)))
}

func TestSeenClaim(t *testing.T) {
	t.Parallel()
	for name, k := range seenKeys() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSeen(t, dedup.SeenOptions{})
			require.Equal(t, dedup.New, s.Begin(seenStart, k))
			require.Equal(t, dedup.InFlight, s.Begin(seenStart, k))
			require.Equal(t, dedup.InFlight, s.Begin(seenStart.AddDate(1, 0, 0), k), "a claim stands for ever")
			s.Abort(seenStart, k)
			require.Equal(t, dedup.New, s.Begin(seenStart, k), "what failed is new again")
			s.Commit(seenStart, k)
			require.Equal(t, dedup.Done, s.Begin(seenStart, k))
			s.Abort(seenStart, k)
			require.Equal(t, dedup.Done, s.Begin(seenStart, k), "Abort does not forget what was handled")
		})
	}
}

func TestSeenRetain(t *testing.T) {
	t.Parallel()
	for name, k := range seenKeys() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSeen(t, dedup.SeenOptions{})
			require.Equal(t, dedup.New, s.Add(seenStart, k))
			// The retries come 1, 2 and 4 minutes later.
			for _, later := range []time.Duration{time.Minute, 3 * time.Minute, 7*time.Minute + 40*time.Second} {
				require.Equal(t, dedup.Done, s.Begin(seenStart.Add(later), k), later)
			}
			s.Commit(seenStart.Add(8*time.Minute), k)
			end := seenStart.Add(dedup.DefaultRetain)
			require.Equal(t, dedup.Done, s.Add(end.Add(-1), k), "never early")
			require.Equal(t, dedup.New, s.Add(end.Add(dedup.DefaultRetain/16), k), "two steps late at most, whatever came in between")
		})
	}
}

func TestSeenRetainExtremes(t *testing.T) {
	t.Parallel()
	for _, retain := range []time.Duration{time.Second, time.Second + 1, time.Hour, math.MaxInt64} {
		t.Run(retain.String(), func(t *testing.T) {
			t.Parallel()
			s := newSeen(t, dedup.SeenOptions{Retain: retain})
			k := seenKeys()["ordinary"]
			require.Equal(t, dedup.New, s.Add(seenStart, k))
			require.Equal(t, dedup.Done, s.Add(seenStart.Add(retain-1), k))
			require.Equal(t, dedup.New, s.Add(seenStart.Add(retain).Add(retain/16), k))
		})
	}
}

func TestSeenCommitWithoutClaim(t *testing.T) {
	t.Parallel()
	for name, k := range seenKeys() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSeen(t, dedup.SeenOptions{})
			s.Abort(seenStart, k)
			s.Commit(seenStart, k)
			require.Equal(t, dedup.Done, s.Begin(seenStart, k))
		})
	}
}

func TestSeenClaimTimeout(t *testing.T) {
	t.Parallel()
	for name, k := range seenKeys() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSeen(t, dedup.SeenOptions{ClaimTimeout: 10 * time.Second})
			require.Equal(t, dedup.New, s.Begin(seenStart, k))
			require.Equal(t, dedup.InFlight, s.Begin(seenStart.Add(10*time.Second-1), k))
			require.Equal(t, dedup.New, s.Begin(seenStart.Add(10*time.Second+dedup.DefaultRetain/16), k))
		})
	}
}

func TestSeenClockGoesBack(t *testing.T) {
	t.Parallel()
	s := newSeen(t, dedup.SeenOptions{})
	k := seenKeys()["ordinary"]
	require.Equal(t, dedup.New, s.Add(seenStart, k))
	require.Equal(t, dedup.Done, s.Add(seenStart.AddDate(-1, 0, 0), k))
	require.Equal(t, dedup.Done, s.Add(time.Time{}, k))
	require.Equal(t, dedup.New, s.Add(seenStart.AddDate(500, 0, 0), k))
}

// TestSeenMaxMessages holds the promise of the option: so many messages find
// room, and no memory beyond that.
func TestSeenMaxMessages(t *testing.T) {
	t.Parallel()
	sizes := []int{2048, 10_000, 100_000}
	if raceEnabled {
		sizes = sizes[:2]
	}
	for _, n := range sizes {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			s := newSeen(t, dedup.SeenOptions{MaxMessages: n})
			at := func(i int) time.Time { // all of them before the first is forgotten
				return seenStart.Add(dedup.DefaultRetain / time.Duration(6*n) * time.Duration(i))
			}
			for i := range n {
				s.Add(at(i), seenKey(i))
			}
			st := s.Stats()
			require.Equal(t, n, st.Messages)
			require.Zero(t, st.Evicted)

			for i := n; i < 5*n; i++ {
				s.Add(at(i), seenKey(i))
			}
			st = s.Stats()
			require.LessOrEqual(t, st.Bytes, 16*n+256*128)
			require.EqualValues(t, 5*n, uint64(st.Messages)+st.Evicted)
			for i := 5*n - n/4; i < 5*n; i++ {
				require.Equal(t, dedup.Done, s.Begin(at(i), seenKey(i)), "the oldest go first")
			}
		})
	}
}

// TestSeenClaimsFull fills the table with claims: none is evicted, and what
// finds no room is counted.
func TestSeenClaimsFull(t *testing.T) {
	t.Parallel()
	s := newSeen(t, dedup.SeenOptions{MaxMessages: 2048})
	const n = 10_000
	for i := range n {
		require.Equal(t, dedup.New, s.Begin(seenStart, seenKey(i)))
	}
	st := s.Stats()
	require.Equal(t, st.Messages, st.Claims)
	require.EqualValues(t, n, uint64(st.Claims)+st.Unguarded)
	require.NotZero(t, st.Unguarded)
	require.Zero(t, st.Evicted)

	inFlight := 0
	for i := range n {
		if s.Begin(seenStart, seenKey(i)) == dedup.InFlight {
			inFlight++
		}
	}
	require.Equal(t, st.Claims, inFlight)

	// A commit turns a claim into what can be evicted. One without claim finds
	// no room where there are only claims.
	for i := range n {
		s.Commit(seenStart, seenKey(i))
	}
	st = s.Stats()
	require.Zero(t, st.Claims)
	require.EqualValues(t, n, uint64(st.Messages)+st.Evicted)
}

// TestSeenOddFull does the same in the side table.
func TestSeenOddFull(t *testing.T) {
	t.Parallel()
	s := newSeen(t, dedup.SeenOptions{MaxMessages: 2048})
	odd := func(i int) sigfox.MessageKey { return sigfox.MessageKey{Time: -1 - int64(i)} }
	const room = 2048 / 16
	for i := range room {
		require.Equal(t, dedup.New, s.Begin(seenStart, odd(i)))
	}
	require.Equal(t, dedup.New, s.Begin(seenStart, odd(room)))
	require.Equal(t, dedup.New, s.Begin(seenStart, odd(room)), "it has no claim")
	require.Equal(t, dedup.SeenStats{
		Messages: room, Claims: room, Bytes: s.Stats().Bytes, Unguarded: 2,
	}, s.Stats())
	s.Commit(seenStart, odd(0))
	require.Equal(t, dedup.New, s.Begin(seenStart, odd(room)), "in the place of what was handled")
	require.EqualValues(t, 1, s.Stats().Evicted)
}

// seenKey returns message number i of 10,000 a second.
func seenKey(i int) sigfox.MessageKey {
	return sigfox.MessageKey{
		Device: sigfox.DeviceID(uint32(i) * 0x9e3779b1), Time: seenTime(i).Unix(), Seq: sigfox.SeqNumber(i & 4095),
	}
}

func seenTime(i int) time.Time { return seenStart.Add(time.Duration(i) * 100 * time.Microsecond) }

// Devices whose ids differ in bit 8 alone are kept in tags that differ by 1.
func TestSeenTellsNeighboursApart(t *testing.T) {
	t.Parallel()
	s := newSeen(t, dedup.SeenOptions{})
	for seq := range sigfox.SeqNumber(64) {
		for id := range sigfox.DeviceID(0x200) {
			k := sigfox.MessageKey{Device: 0x2C3000 + id ^ 0x100, Time: seenStart.Unix(), Seq: seq}
			require.Equal(t, dedup.New, s.Add(seenStart, k), "%+v", k)
		}
	}
}
