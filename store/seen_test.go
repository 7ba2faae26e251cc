package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/storetest"
)

var (
	noon    = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	message = sigfox.MessageKey{Device: 0x2C30EA, Time: 1546929254, Seq: 424}
)

const messageKey = "seen.2C30EA.1546929254.424"

func newTable(t testing.TB) *storetest.FaultyTable {
	t.Helper()
	table, err := store.NewMemory().Table(t.Context(), "seen")
	require.NoError(t, err)
	return &storetest.FaultyTable{Table: table}
}

// replicas returns Seens of several replicas on one table.
func replicas(t testing.TB, table store.Table, o store.SeenOptions) (a, b *store.Seen) {
	t.Helper()
	a, err := store.NewSeen(table, o)
	require.NoError(t, err)
	b, err = store.NewSeen(table, o)
	require.NoError(t, err)
	return a, b
}

func begin(t testing.TB, s *store.Seen, now time.Time, k sigfox.MessageKey) dedup.State {
	t.Helper()
	state, err := s.Begin(t.Context(), now, k)
	require.NoError(t, err)
	return state
}

func TestSeen_states(t *testing.T) {
	t.Parallel()
	a, b := replicas(t, newTable(t), store.SeenOptions{})
	require.Equal(t, dedup.New, begin(t, a, noon, message))
	require.Equal(t, dedup.InFlight, begin(t, a, noon, message))
	require.Equal(t, dedup.InFlight, begin(t, b, noon, message))

	require.NoError(t, b.Abort(t.Context(), noon, message), "not the holder: no effect")
	require.Equal(t, dedup.InFlight, begin(t, b, noon, message))
	require.NoError(t, a.Abort(t.Context(), noon, message))
	require.Equal(t, dedup.New, begin(t, b, noon, message))
	require.ErrorIs(t, a.Commit(t.Context(), noon, message), store.ErrLost, "not the holder any more")
	require.Equal(t, dedup.InFlight, begin(t, a, noon, message))

	require.NoError(t, b.Commit(t.Context(), noon, message))
	require.Equal(t, dedup.Done, begin(t, a, noon, message))
	require.NoError(t, b.Commit(t.Context(), noon, message), "again is no error")
	require.NoError(t, b.Abort(t.Context(), noon, message))
	require.Equal(t, dedup.Done, begin(t, b, noon.Add(dedup.DefaultRetain-1), message))
	require.Equal(t, dedup.New, begin(t, b, noon.Add(dedup.DefaultRetain), message))

	other := message
	other.Seq = sigfox.NoSeqNumber
	require.Equal(t, dedup.New, begin(t, b, noon, other))
}

// A replica that dies while it holds a claim gives it up by expiry.
func TestSeen_claimTimeout(t *testing.T) {
	t.Parallel()
	a, b := replicas(t, newTable(t), store.SeenOptions{ClaimTimeout: 10 * time.Second})
	require.Equal(t, dedup.New, begin(t, a, noon, message))
	require.Equal(t, dedup.InFlight, begin(t, b, noon.Add(10*time.Second-1), message))
	later := noon.Add(10 * time.Second)
	require.Equal(t, dedup.New, begin(t, b, later, message))

	// It was not dead, but slow.
	require.NoError(t, a.Abort(t.Context(), later, message))
	require.Equal(t, dedup.InFlight, begin(t, a, later, message), "b still holds it")
	require.NoError(t, b.Commit(t.Context(), later, message))
	require.Equal(t, dedup.Done, begin(t, a, later, message))
}

// A claim that has ended, and that nobody took over, can still be committed.
func TestSeen_lateCommit(t *testing.T) {
	t.Parallel()
	a, b := replicas(t, newTable(t), store.SeenOptions{ClaimTimeout: 10 * time.Second})
	require.Equal(t, dedup.New, begin(t, a, noon, message))
	require.NoError(t, a.Commit(t.Context(), noon.Add(time.Minute), message))
	require.Equal(t, dedup.Done, begin(t, b, noon.Add(time.Minute), message))

	// The other replica was done first.
	other := message
	other.Seq++
	require.Equal(t, dedup.New, begin(t, a, noon, other))
	require.Equal(t, dedup.New, begin(t, b, noon.Add(time.Minute), other))
	require.NoError(t, b.Commit(t.Context(), noon.Add(time.Minute), other))
	require.NoError(t, a.Commit(t.Context(), noon.Add(time.Minute), other))
}

func TestSeen_prefix(t *testing.T) {
	t.Parallel()
	table := newTable(t)
	a, _ := replicas(t, table, store.SeenOptions{})
	b, _ := replicas(t, table, store.SeenOptions{Prefix: "data-advanced"})
	require.Equal(t, dedup.New, begin(t, a, noon, message))
	require.Equal(t, dedup.New, begin(t, b, noon, message))

	// The longest key fits.
	c, _ := replicas(t, table, store.SeenOptions{Prefix: "0123456789012345678901234567890123456789012345678901234567890123"})
	require.Equal(t, dedup.New, begin(t, c, noon, sigfox.MessageKey{Device: 1<<32 - 1, Time: -1 << 63, Seq: sigfox.NoSeqNumber}))
}

func TestNewSeen_options(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]store.SeenOptions{
		"Retain":       {Retain: -1},
		"ClaimTimeout": {Retain: time.Minute, ClaimTimeout: 2 * time.Minute},
		"Prefix":       {Prefix: "a.b"},
	} {
		_, err := store.NewSeen(newTable(t), o)
		require.ErrorContains(t, err, name)
	}
	_, err := store.NewSeen(newTable(t), store.SeenOptions{ClaimTimeout: -1})
	require.ErrorContains(t, err, "ClaimTimeout")
	_, err = store.NewSeen(newTable(t), store.SeenOptions{Prefix: string(make([]byte, 65))})
	require.ErrorContains(t, err, "Prefix")
	_, err = store.NewSeen(nil, store.SeenOptions{})
	require.ErrorContains(t, err, "nil")

	short, _ := replicas(t, newTable(t), store.SeenOptions{Retain: time.Second})
	require.Equal(t, dedup.New, begin(t, short, noon, message))
	require.Equal(t, dedup.New, begin(t, short, noon.Add(time.Second), message), "a claim ends no later than Retain")
}

// Whatever call of the table fails, the error is told and nobody is let in by it.
func TestSeen_failingTable(t *testing.T) {
	t.Parallel()
	fail := func(methods ...string) func(method, _ string) error {
		return func(method, _ string) error {
			if slices.Contains(methods, method) {
				return store.ErrUnavailable
			}
			return nil
		}
	}
	table := newTable(t)
	a, b := replicas(t, table, store.SeenOptions{})

	table.Before = fail("Create")
	_, err := a.Begin(t.Context(), noon, message)
	require.ErrorIs(t, err, store.ErrUnavailable)
	table.Before = nil
	require.Equal(t, dedup.New, begin(t, a, noon, message))

	table.Before = fail("Get")
	_, err = b.Begin(t.Context(), noon, message)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorIs(t, b.Commit(t.Context(), noon, message), store.ErrUnavailable)

	table.Before = fail("Update", "Create", "Delete")
	require.ErrorIs(t, a.Commit(t.Context(), noon, message), store.ErrUnavailable)
	table.Before = nil
	require.Equal(t, dedup.InFlight, begin(t, b, noon, message), "until the claim ends")
	require.Equal(t, dedup.New, begin(t, b, noon.Add(store.DefaultClaimTimeout), message))
	table.Before = fail("Delete")
	require.ErrorIs(t, b.Abort(t.Context(), noon, message), store.ErrUnavailable)
	table.Before = nil

	// A claim that was taken although the call failed is nobody's, and ends.
	other := message
	other.Seq++
	table.After = fail("Create")
	_, err = a.Begin(t.Context(), noon, other)
	require.ErrorIs(t, err, store.ErrUnavailable)
	table.After = nil
	require.Equal(t, dedup.InFlight, begin(t, a, noon, other))
	require.Equal(t, dedup.New, begin(t, a, noon.Add(store.DefaultClaimTimeout), other))
}

// A Commit that failed, whether or not it was done, can be repeated.
func TestSeen_repeatedCommit(t *testing.T) {
	t.Parallel()
	fail := func(method, _ string) error {
		if method == "Update" {
			return store.ErrUnavailable
		}
		return nil
	}
	for name, arrange := range map[string]func(*storetest.FaultyTable){
		"not done": func(table *storetest.FaultyTable) { table.Before = fail },
		"done":     func(table *storetest.FaultyTable) { table.After = fail },
	} {
		table := newTable(t)
		a, b := replicas(t, table, store.SeenOptions{})
		require.Equal(t, dedup.New, begin(t, a, noon, message))
		arrange(table)
		require.ErrorIs(t, a.Commit(t.Context(), noon, message), store.ErrUnavailable, name)
		table.Before, table.After = nil, nil
		require.NoError(t, a.Commit(t.Context(), noon, message), name)
		require.Equal(t, dedup.Done, begin(t, b, noon.Add(store.DefaultClaimTimeout), message), name)
	}
}

// Claims that nobody ends are forgotten when their time is over.
func TestSeen_forgetsClaims(t *testing.T) {
	t.Parallel()
	a, _ := replicas(t, newTable(t), store.SeenOptions{})
	now, k := noon, message
	for i := range 10_000 {
		k.Time = int64(i)
		require.Equal(t, dedup.New, begin(t, a, now, k))
		now = now.Add(time.Second)
	}
	require.Less(t, a.Held(), 2000)
}

// A Create that reaches the table twice on its way finds its own claim.
func TestSeen_repeatedCreate(t *testing.T) {
	t.Parallel()
	table := newTable(t)
	a, _ := replicas(t, table, store.SeenOptions{})
	table.After = func(method, _ string) error {
		if method == "Create" {
			return store.ErrExists
		}
		return nil
	}
	require.Equal(t, dedup.New, begin(t, a, noon, message))
	require.NoError(t, a.Commit(t.Context(), noon, message))
}

// Values that expire between two calls are asked for again, but not for ever.
func TestSeen_fleetingValue(t *testing.T) {
	t.Parallel()
	table := newTable(t)
	a, _ := replicas(t, table, store.SeenOptions{})
	calls := 0
	table.Before = func(method, _ string) error {
		if method == "Create" {
			calls++
			if calls < 4 {
				return store.ErrExists
			}
		}
		return nil
	}
	require.Equal(t, dedup.New, begin(t, a, noon, message))
	table.Before = func(method, _ string) error {
		if method == "Create" {
			return store.ErrExists
		}
		return store.ErrNotFound
	}
	_, err := a.Begin(t.Context(), noon, message)
	require.ErrorIs(t, err, store.ErrConflict)
}

func TestSeen_corrupt(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "1", "1x", "2c", "1done"} {
		table := newTable(t)
		_, err := table.Create(t.Context(), noon, messageKey, []byte(value), 0)
		require.NoError(t, err)
		a, _ := replicas(t, table, store.SeenOptions{})
		_, err = a.Begin(t.Context(), noon, message)
		require.ErrorIs(t, err, store.ErrCorrupt, "value %q", value)
		require.ErrorContains(t, err, messageKey)
		require.ErrorIs(t, a.Commit(t.Context(), noon, message), store.ErrCorrupt)
	}
}

func FuzzSeenState(f *testing.F) {
	for _, seed := range []string{"1d", "1cTOKEN", "2d", "", "1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		state, err := store.SeenState("k", value)
		if err != nil {
			require.ErrorIs(t, err, store.ErrCorrupt)
			require.Equal(t, dedup.New, state)
			return
		}
		require.NotEqual(t, dedup.New, state)
	})
}
