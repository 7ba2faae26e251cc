package keepalive_test

import (
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
)

var t0 = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return t0.Add(d) }

func newMonitor(t *testing.T, o keepalive.Options) *keepalive.Monitor {
	t.Helper()
	m, err := keepalive.New(o)
	require.NoError(t, err)
	return m
}

// expired returns the devices that Expired returns.
func expired(m *keepalive.Monitor, now time.Time) []sigfox.DeviceID {
	var ids []sigfox.DeviceID
	for b := range m.Expired(now) {
		ids = append(ids, b.Device)
	}
	return ids
}

func TestNewRefusesOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]keepalive.Options{
		"delay under the minimum":  {Delay: 29 * time.Minute},
		"negative delay":           {Delay: -time.Hour},
		"negative below minimum":   {Delay: -1, MinDelay: time.Nanosecond},
		"delay beyond the horizon": {Delay: 195 * 24 * time.Hour},
		"resolution":               {Resolution: time.Second - 1},
		"minimum":                  {MinDelay: -1},
		"devices":                  {MaxDevices: -1},
		"too many devices":         {MaxDevices: 1<<28 + 1},
		"retry":                    {Retry: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := keepalive.New(o)
			require.ErrorContains(t, err, "keepalive: Options.")
			require.Nil(t, m)
		})
	}
}

func TestOneAlertPerSilence(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour})
	require.NoError(t, m.Touch(t0, 0x2C30EA))
	require.Empty(t, expired(m, at(time.Hour-1)))

	got := slices.Collect(m.Expired(at(time.Hour)))
	require.Equal(t, []keepalive.Breach{{Device: 0x2C30EA, LastSeen: t0, Delay: time.Hour}}, got)
	require.Equal(t, at(time.Hour), got[0].Due())
	require.Empty(t, expired(m, at(time.Hour)), "once")
	require.Empty(t, expired(m, at(100*time.Hour)), "once")

	require.NoError(t, m.Touch(at(200*time.Hour), 0x2C30EA))
	require.Empty(t, expired(m, at(201*time.Hour-1)))
	require.Equal(t, []sigfox.DeviceID{0x2C30EA}, expired(m, at(201*time.Hour)), "armed by the message")
}

func TestMessageEndsSilence(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour})
	for i := range 10 {
		require.NoError(t, m.Touch(at(time.Duration(i)*59*time.Minute), 1))
		require.Empty(t, expired(m, at(time.Duration(i)*59*time.Minute)))
	}
	require.Equal(t, []sigfox.DeviceID{1}, expired(m, at(9*59*time.Minute+time.Hour)))
}

func TestFractionsAreNeverEarly(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour})
	require.NoError(t, m.Touch(at(300*time.Millisecond), 1))
	require.Empty(t, expired(m, at(time.Hour)))
	require.Empty(t, expired(m, at(time.Hour+999*time.Millisecond)))
	got := slices.Collect(m.Expired(at(time.Hour + time.Second)))
	require.Equal(t, []keepalive.Breach{{Device: 1, LastSeen: at(time.Second), Delay: time.Hour}}, got)
}

func TestAlertsInOrderAfterLongStop(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{})
	want := []sigfox.DeviceID{4, 3, 2, 1, 0}
	for i, delay := range []time.Duration{190 * 24 * time.Hour, 30 * 24 * time.Hour, 24 * time.Hour, time.Hour, 30 * time.Minute} {
		require.NoError(t, m.Set(t0, sigfox.DeviceID(i), delay))
	}
	require.Equal(t, want, expired(m, at(10*365*24*time.Hour)))
	require.Empty(t, expired(m, at(20*365*24*time.Hour)))
}

func TestBreakKeepsTheRest(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour})
	for i := range sigfox.DeviceID(1000) {
		require.NoError(t, m.Touch(t0, i))
	}
	seen := map[sigfox.DeviceID]int{}
	for range 1001 {
		for b := range m.Expired(at(2 * time.Hour)) {
			seen[b.Device]++
			break
		}
	}
	require.Len(t, seen, 1000)
	require.Equal(t, []int{1}, slices.Compact(slices.Collect(maps.Values(seen))))
}

func TestClockGoesBack(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour})
	require.NoError(t, m.Touch(at(5*time.Hour), 1))
	require.NoError(t, m.Touch(t0, 2), "counts as 5h")
	require.Empty(t, expired(m, at(6*time.Hour-1)))
	require.Equal(t, []sigfox.DeviceID{1, 2}, slices.Sorted(slices.Values(expired(m, at(6*time.Hour)))))

	require.NoError(t, m.Touch(at(6*time.Hour), 3))
	require.NoError(t, m.Touch(at(7*time.Hour), 1))
	require.Equal(t, []sigfox.DeviceID{3}, expired(m, t0), "counts as 7h, when 3 is due")
	require.Empty(t, expired(m, at(-100*365*24*time.Hour)))
	require.Equal(t, []sigfox.DeviceID{1}, expired(m, at(8*time.Hour)))
}

func TestClockJumpsAhead(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour})
	require.NoError(t, m.Touch(t0, 1))
	jump := 30 * 365 * 24 * time.Hour
	require.Equal(t, []sigfox.DeviceID{1}, expired(m, at(jump)))
	require.NoError(t, m.Touch(at(jump), 1))
	require.Empty(t, expired(m, at(jump)))
	require.Equal(t, []sigfox.DeviceID{1}, expired(m, at(jump+time.Hour)))
}

// Times that cannot be the present, such as that of a message without time, count as the
// first one that can.
func TestTimeBefore1970(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(m *keepalive.Monitor, early time.Time){
		"Touch": func(m *keepalive.Monitor, early time.Time) { require.NoError(t, m.Touch(early, 1)) },
		"TouchAll": func(m *keepalive.Monitor, early time.Time) {
			require.NoError(t, m.TouchAll(early, []sigfox.DeviceID{1}))
		},
		"Set": func(m *keepalive.Monitor, early time.Time) { require.NoError(t, m.Set(early, 1, time.Hour)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMonitor(t, keepalive.Options{Delay: time.Hour})
			for _, early := range []time.Time{{}, time.Unix(-1, 0), {}, time.Unix(math.MinInt64/2, 0)} {
				require.Empty(t, expired(m, early))
				use(m, early)
			}
			require.Empty(t, expired(m, t0), "counts as heard now")
			require.NoError(t, m.Touch(at(time.Minute), 2))
			require.NoError(t, m.Touch(time.Time{}, 3), "counts as 1m")
			require.Empty(t, expired(m, at(time.Hour-1)))
			require.Equal(t, []sigfox.DeviceID{1}, expired(m, at(time.Hour)))
			s, ok := m.Lookup(1)
			require.True(t, ok)
			require.Equal(t, t0, s.LastSeen)
			require.Equal(t, []sigfox.DeviceID{2, 3}, slices.Sorted(slices.Values(expired(m, at(time.Hour+time.Minute)))))
		})
	}
}

func TestTimeBeyondTheRangeOfTicks(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour})
	require.NoError(t, m.Touch(t0, 1))
	for _, now := range []time.Time{at(100 * 365 * 24 * time.Hour), time.Unix(1<<62, 0), {}} {
		require.NoError(t, m.Touch(now, 2))
		for range m.Expired(now) {
		}
	}
	s, ok := m.Lookup(1)
	require.True(t, ok)
	require.True(t, s.Silent)
}

func TestDelays(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: 2 * time.Hour})

	var delayErr *keepalive.DelayError
	require.ErrorAs(t, m.Set(t0, 1, 30*time.Minute-1), &delayErr)
	require.Equal(t, &keepalive.DelayError{Delay: 30*time.Minute - 1, Limit: 30 * time.Minute}, delayErr)
	require.EqualError(t, delayErr, "keepalive: delay 29m59.999999999s: must be 0 or at least 30m0s")
	require.EqualError(t, m.Set(t0, 1, 195*24*time.Hour), "keepalive: delay 4680h0m0s: must be at most 4660h20m14s")
	require.ErrorAs(t, m.Set(t0, 1, -time.Hour), &delayErr)
	require.Zero(t, m.Len())

	require.NoError(t, m.Touch(t0, 1))
	require.NoError(t, m.Set(t0, 2, 30*time.Minute))
	require.NoError(t, m.Set(t0, 3, 4*time.Hour))
	require.NoError(t, m.Set(t0, 4, 0))
	require.NoError(t, m.Touch(t0, 4))
	require.Equal(t, []sigfox.DeviceID{2}, expired(m, at(30*time.Minute)))
	require.Equal(t, []sigfox.DeviceID{1}, expired(m, at(2*time.Hour)))
	require.Equal(t, []sigfox.DeviceID{3}, expired(m, at(4*time.Hour)))
	require.Empty(t, expired(m, at(1000*time.Hour)), "4 is off")
}

func TestMinDelayOption(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Second, MinDelay: time.Second})
	require.NoError(t, m.Touch(t0, 1))
	require.Equal(t, []sigfox.DeviceID{1}, expired(m, at(time.Second)))
}

func TestCoarseResolution(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: 365*24*time.Hour + time.Second, Resolution: time.Minute})
	require.NoError(t, m.Touch(at(time.Second), 1))
	require.Empty(t, expired(m, at(365*24*time.Hour+2*time.Minute-1)))
	got := slices.Collect(m.Expired(at(365*24*time.Hour + 2*time.Minute)))
	require.Equal(t, []keepalive.Breach{{Device: 1, LastSeen: at(time.Minute), Delay: 365*24*time.Hour + time.Minute}}, got)
}

func TestLongestDelay(t *testing.T) {
	t.Parallel()
	var delayErr *keepalive.DelayError
	m := newMonitor(t, keepalive.Options{Resolution: time.Hour})
	require.ErrorAs(t, m.Set(t0, 1, math.MaxInt64), &delayErr)
	require.NoError(t, m.Set(t0, 1, delayErr.Limit))
	s, ok := m.Lookup(1)
	require.True(t, ok)
	require.Equal(t, delayErr.Limit, s.Delay)
}

func TestDefaultOff(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{})
	require.NoError(t, m.Touch(t0, 1))
	require.Zero(t, m.Len(), "not kept")
	require.NoError(t, m.Set(t0, 1, time.Hour))
	require.NoError(t, m.Touch(at(time.Minute), 1))
	require.Empty(t, expired(m, at(time.Hour)))
	require.Equal(t, []sigfox.DeviceID{1}, expired(m, at(time.Hour+time.Minute)))
}

func TestSetDuringSilence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		delays []time.Duration // set one minute apart
		due    time.Duration
	}{
		"longer":             {[]time.Duration{5 * time.Hour}, 5 * time.Hour},
		"shorter":            {[]time.Duration{time.Hour}, time.Hour},
		"off and on":         {[]time.Duration{0, 2 * time.Hour}, 2 * time.Hour},
		"to and fro":         {[]time.Duration{time.Hour, 5 * time.Hour, time.Hour, 5 * time.Hour, time.Hour}, time.Hour},
		"shorter and longer": {[]time.Duration{time.Hour, 3 * time.Hour}, 3 * time.Hour},
		"the same":           {[]time.Duration{2 * time.Hour, 2 * time.Hour}, 2 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMonitor(t, keepalive.Options{Delay: 2 * time.Hour, MinDelay: time.Minute})
			require.NoError(t, m.Touch(t0, 7))
			now := t0
			for _, delay := range c.delays {
				now = now.Add(time.Minute)
				require.Empty(t, expired(m, now))
				require.NoError(t, m.Set(now, 7, delay))
			}
			require.Empty(t, expired(m, at(c.due-time.Second)))
			require.Equal(t, []sigfox.DeviceID{7}, expired(m, at(c.due)))
			require.Empty(t, expired(m, at(1000*time.Hour)))
		})
	}
}

func TestSetBelowTheSilence(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: 2 * time.Hour})
	for id := range sigfox.DeviceID(3) {
		require.NoError(t, m.Touch(t0, id))
	}
	require.Empty(t, expired(m, at(time.Hour)))
	for id := range sigfox.DeviceID(3) {
		require.NoError(t, m.Set(at(time.Hour), id, time.Hour))
	}
	require.NoError(t, m.Touch(at(time.Hour), 1))
	require.True(t, m.Remove(2))
	require.Equal(t, []sigfox.DeviceID{0}, expired(m, at(time.Hour)), "at once, but not what spoke or left")
	require.Equal(t, []sigfox.DeviceID{1}, expired(m, at(2*time.Hour)))
}

func TestSetDoesNotArmAnAlertedDevice(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour})
	require.NoError(t, m.Touch(t0, 1))
	require.Len(t, expired(m, at(time.Hour)), 1)
	require.NoError(t, m.Set(at(time.Hour), 1, 2*time.Hour))
	require.Empty(t, expired(m, at(10*time.Hour)))
	require.NoError(t, m.Touch(at(10*time.Hour), 1))
	require.Empty(t, expired(m, at(12*time.Hour-1)))
	require.Len(t, expired(m, at(12*time.Hour)), 1)
}

func TestRemove(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour})
	require.False(t, m.Remove(1))
	require.NoError(t, m.Touch(t0, 1))
	require.True(t, m.Remove(1))
	require.False(t, m.Remove(1))
	require.Zero(t, m.Len())
	require.Empty(t, expired(m, at(time.Hour)))

	require.NoError(t, m.Touch(at(2*time.Hour), 1))
	require.True(t, m.Remove(1))
	require.NoError(t, m.Touch(at(2*time.Hour+30*time.Minute), 1))
	require.Empty(t, expired(m, at(3*time.Hour)))
	require.Equal(t, []sigfox.DeviceID{1}, expired(m, at(3*time.Hour+30*time.Minute)), "once, though it joined twice")
	require.Empty(t, expired(m, at(100*time.Hour)))
}

func TestRemovedSlotsAreUsedAgain(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour, MaxDevices: 1000})
	for i := range sigfox.DeviceID(20_000) {
		require.NoError(t, m.Touch(t0, i))
		if i >= 500 {
			require.True(t, m.Remove(i-500))
		}
	}
	require.Equal(t, 500, m.Len())
	require.Less(t, m.Slots(), 2000)
	require.Len(t, expired(m, at(time.Hour)), 500)
}

func TestFull(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour, MaxDevices: 2})
	require.NoError(t, m.Touch(t0, 1))
	require.NoError(t, m.Set(t0, 2, time.Hour))
	require.ErrorIs(t, m.Touch(t0, 3), keepalive.ErrFull)
	require.ErrorIs(t, m.Set(t0, 3, time.Hour), keepalive.ErrFull)
	require.NoError(t, m.Touch(at(time.Minute), 1), "known devices are not concerned")
	require.NoError(t, m.Set(at(time.Minute), 2, 2*time.Hour))
	require.True(t, m.Remove(1))
	require.NoError(t, m.Touch(t0, 3))
}

func TestTouchAll(t *testing.T) {
	t.Parallel()
	o := keepalive.Options{Delay: time.Hour, MaxDevices: 300}
	one, all := newMonitor(t, o), newMonitor(t, o)
	var ids []sigfox.DeviceID
	for i := range sigfox.DeviceID(400) {
		ids = append(ids, i%350)
	}
	var want error
	for _, id := range ids {
		if err := one.Touch(t0, id); err != nil {
			want = err
		}
	}
	require.ErrorIs(t, want, keepalive.ErrFull)
	require.Equal(t, want, all.TouchAll(t0, ids))
	require.NoError(t, all.TouchAll(t0, nil))
	require.NoError(t, all.TouchAll(t0, ids[:300]))
	require.Equal(t, maps.Collect(one.All()), maps.Collect(all.All()))
}

func TestEveryIDIsADevice(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour})
	ids := []sigfox.DeviceID{0, 1, 2, 3, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff}
	for _, id := range ids {
		_, ok := m.Lookup(id)
		require.False(t, ok)
		require.NoError(t, m.Touch(t0, id))
	}
	require.Equal(t, len(ids), m.Len())
	require.Equal(t, ids, slices.Sorted(slices.Values(expired(m, at(time.Hour)))))
}

func TestAllAndLookup(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour, MaxDevices: 100_000})
	want := map[sigfox.DeviceID]keepalive.Status{}
	for i := range sigfox.DeviceID(20_000) {
		now := at(time.Duration(i/1000) * time.Second)
		require.NoError(t, m.Touch(now, i))
		want[i] = keepalive.Status{LastSeen: now, Delay: time.Hour}
	}
	require.NoError(t, m.Set(at(time.Minute), 7, 0))
	want[7] = keepalive.Status{LastSeen: t0}
	for b := range m.Expired(at(time.Hour)) {
		s := want[b.Device]
		s.Silent = true
		want[b.Device] = s
	}
	require.Equal(t, want, maps.Collect(m.All()))
	require.True(t, want[1].Silent)
	for _, id := range []sigfox.DeviceID{1, 7, 19_999} {
		s, ok := m.Lookup(id)
		require.True(t, ok)
		require.Equal(t, want[id], s)
	}
	_, ok := m.Lookup(20_000)
	require.False(t, ok)
	for range m.All() {
		break
	}
}

func TestAllWhileInUse(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour, MaxDevices: 100_000})
	for i := range sigfox.DeviceID(20_000) {
		require.NoError(t, m.Touch(t0, i))
	}
	seen := map[sigfox.DeviceID]bool{}
	for id := range m.All() {
		require.False(t, seen[id])
		seen[id] = true
		require.True(t, m.Remove(id))
		if id < 20_000 {
			require.NoError(t, m.Touch(t0, id+20_000))
		}
	}
	for id := range sigfox.DeviceID(20_000) {
		require.True(t, seen[id])
	}
}
