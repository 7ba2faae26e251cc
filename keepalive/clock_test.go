package keepalive_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
)

// stepped returns the time with another wall clock: the monotonic reading stays.
func stepped(now time.Time, step time.Duration) time.Time {
	seconds := (*uint64)(unsafe.Pointer(&now)) // wall seconds are the bits 30 to 62
	*seconds += uint64(int64(step/time.Second)) << 30
	return now
}

func TestStepHelper(t *testing.T) {
	t.Parallel()
	now := time.Now()
	back := stepped(now, -24*time.Hour)
	require.Zero(t, back.Sub(now), "monotonic")
	require.Equal(t, -24*time.Hour, back.Round(0).Sub(now.Round(0)), "wall")
}

// TestWallClockSteps sets the wall clock while the process runs: elapsed time is
// that of the monotonic clock, reported times are those of the wall clock.
func TestWallClockSteps(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]time.Duration{"back": -20 * 24 * time.Hour, "ahead": 20 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now().Add(time.Second - time.Duration(time.Now().Nanosecond()))
			m := newMonitor(t, keepalive.Options{Delay: time.Hour})
			require.NoError(t, m.Touch(begin, 1))
			require.Empty(t, expired(m, stepped(begin.Add(30*time.Minute), step)))
			require.NoError(t, m.Touch(stepped(begin.Add(30*time.Minute), step), 2))
			var got []keepalive.Breach
			for b := range m.Expired(stepped(begin.Add(2*time.Hour), step)) {
				got = append(got, b)
			}
			require.Len(t, got, 2)
			for i, seen := range []time.Duration{0, 30 * time.Minute} {
				require.WithinDuration(t, begin.Add(seen).Round(0).Add(step), got[i].LastSeen, time.Second)
				require.Equal(t, sigfox.DeviceID(i+1), got[i].Device)
			}

			restored := restore(t, keepalive.Options{Delay: time.Hour}, snapshotOf(t, m))
			s, ok := restored.Lookup(1)
			require.True(t, ok)
			require.WithinDuration(t, begin.Round(0).Add(step), s.LastSeen, time.Second)
		})
	}
}

// TestWallTimeAfterStep gives a time without a monotonic reading after a step of the
// wall clock that Expired has seen.
func TestWallTimeAfterStep(t *testing.T) {
	t.Parallel()
	begin := time.Now().Add(time.Second - time.Duration(time.Now().Nanosecond()))
	begin = begin.Add(-time.Duration(begin.Nanosecond()))
	back := func(d time.Duration) time.Time { return stepped(begin.Add(d), -20*24*time.Hour) }
	m := newMonitor(t, keepalive.Options{Delay: time.Hour})
	for range 3 { // the tick is known by then
		require.NoError(t, m.Touch(begin.Add(500*time.Millisecond), 1))
	}
	require.Empty(t, expired(m, back(600*time.Millisecond)))
	require.NoError(t, m.Touch(back(5500*time.Millisecond).Round(0), 2))
	s, ok := m.Lookup(2)
	require.True(t, ok)
	require.Equal(t, back(6*time.Second).Round(0).UTC(), s.LastSeen)
}

// TestStartWithoutWallClock restarts on a machine whose wall clock is not yet set.
func TestStartWithoutWallClock(t *testing.T) {
	t.Parallel()
	o := keepalive.Options{Delay: time.Hour}
	now := time.Now()
	m := newMonitor(t, o)
	require.NoError(t, m.Touch(now, 1))
	m = restore(t, o, snapshotOf(t, m))

	unset := stepped(now, -30*365*24*time.Hour)
	require.Empty(t, expired(m, unset))
	require.Empty(t, expired(m, unset.Add(59*time.Minute)))
	require.Equal(t, []sigfox.DeviceID{1}, expired(m, unset.Add(time.Hour+2*time.Second)), "does not wait 30 years")
}

// TestTouchByEitherClock gives the same messages to two monitors: with the
// monotonic readings that a running program has, and without.
func TestTouchByEitherClock(t *testing.T) {
	t.Parallel()
	const devices = 50
	begin := time.Now()
	begin = begin.Add(-time.Duration(begin.Nanosecond())) // a whole second
	o := keepalive.Options{Delay: 10 * time.Second, MinDelay: time.Second, MaxDevices: devices}
	monotonic, wall := newMonitor(t, o), newMonitor(t, o)
	rng := rand.New(rand.NewPCG(1, 2))
	now := begin
	for range 20_000 {
		step := time.Duration(rng.IntN(3)-1) * 125 * time.Millisecond // whole seconds too, and backwards
		if now = now.Add(step); rng.IntN(100) == 0 {
			now = now.Add(time.Duration(rng.IntN(12)) * time.Second)
		}
		id := sigfox.DeviceID(rng.IntN(devices) * 7919)
		require.NoError(t, monotonic.Touch(now, id))
		require.NoError(t, wall.Touch(now.Round(0), id))
		got, _ := monotonic.Lookup(id)
		want, _ := wall.Lookup(id)
		require.Equal(t, want, got)
		if rng.IntN(50) == 0 {
			require.ElementsMatch(t,
				slices.Collect(wall.Expired(now.Round(0))), slices.Collect(monotonic.Expired(now)))
		}
	}
}
