package keepalive_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
)

func snapshotOf(t testing.TB, m *keepalive.Monitor) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, m.Snapshot(&b))
	return b.Bytes()
}

func restore(t testing.TB, o keepalive.Options, snapshot []byte) *keepalive.Monitor {
	t.Helper()
	m, err := keepalive.Restore(o, bytes.NewReader(snapshot))
	require.NoError(t, err)
	return m
}

// sample is a monitor with a device of every kind.
func sample(t testing.TB) *keepalive.Monitor {
	t.Helper()
	m, err := keepalive.New(keepalive.Options{Delay: time.Hour})
	require.NoError(t, err)
	require.NoError(t, m.Touch(t0, 0xA1)) // silent, alerted
	require.NoError(t, m.Touch(t0, 0xA5)) // found silent, not handed out
	require.NoError(t, m.Set(t0, 0xA3, 190*24*time.Hour))
	require.NoError(t, m.Set(t0, 0xA4, 0))
	require.NoError(t, m.Touch(at(50*time.Minute), 0xA2))
	for range m.Expired(at(time.Hour)) {
		break
	}
	require.Equal(t, 1, m.Waiting())
	require.NoError(t, m.Touch(at(time.Hour+time.Millisecond), 0xA6))
	return m
}

func TestRestart(t *testing.T) {
	t.Parallel()
	m := sample(t)
	restored := restore(t, keepalive.Options{Delay: time.Hour}, snapshotOf(t, m))
	for _, m := range []*keepalive.Monitor{m, restored} {
		require.Equal(t, 6, m.Len())
		require.Len(t, expired(m, at(time.Hour)), 1, "the one that was not handed out")
		require.Equal(t, []sigfox.DeviceID{0xA2, 0xA6}, expired(m, at(3*time.Hour)))
		require.Empty(t, expired(m, at(4*time.Hour)))
		require.Equal(t, []sigfox.DeviceID{0xA3}, expired(m, at(190*24*time.Hour)))
	}
	require.Equal(t, maps.Collect(m.All()), maps.Collect(restored.All()))
}

func TestLongStop(t *testing.T) {
	t.Parallel()
	o := keepalive.Options{Delay: time.Hour, MaxDevices: 10_000}
	m := newMonitor(t, o)
	for i := range sigfox.DeviceID(5_000) {
		require.NoError(t, m.Touch(at(time.Duration(i)*time.Second), i))
	}
	before := expired(m, at(2*time.Hour))
	require.NotEmpty(t, before)
	m = restore(t, o, snapshotOf(t, m))
	require.NoError(t, m.Touch(at(1000*time.Hour), 4_999), "speaks before anyone looks")
	after := expired(m, at(1000*time.Hour))
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(append(before, after...)))), 4_999)
	require.Len(t, before, 4_999-len(after), "none twice")
	m = restore(t, o, snapshotOf(t, m))
	require.Equal(t, []sigfox.DeviceID{4_999}, expired(m, at(2000*time.Hour)))
}

func TestRestoredDefaultDelayIsTheNewOne(t *testing.T) {
	t.Parallel()
	snapshot := snapshotOf(t, sample(t))
	m := restore(t, keepalive.Options{Delay: 5 * time.Hour}, snapshot)
	require.Len(t, expired(m, at(5*time.Hour)), 1)
	require.Equal(t, []sigfox.DeviceID{0xA2, 0xA6}, expired(m, at(7*time.Hour)))
	m = restore(t, keepalive.Options{}, snapshot)
	require.Len(t, expired(m, at(1000*time.Hour)), 1)
}

func TestRestoreWithOtherResolution(t *testing.T) {
	t.Parallel()
	fine := keepalive.Options{Delay: time.Hour}
	coarse := keepalive.Options{Delay: time.Hour, Resolution: time.Minute}
	m := newMonitor(t, fine)
	require.NoError(t, m.Touch(at(90*time.Second), 1))
	require.NoError(t, m.Set(at(10*time.Minute), 2, time.Hour+time.Second))
	for range m.Expired(at(10 * time.Minute)) {
	}
	m = restore(t, coarse, snapshotOf(t, m))
	require.Equal(t, map[sigfox.DeviceID]keepalive.Status{
		1: {LastSeen: at(2 * time.Minute), Delay: time.Hour},
		2: {LastSeen: at(10 * time.Minute), Delay: time.Hour + time.Minute},
	}, maps.Collect(m.All()))
	m = restore(t, fine, snapshotOf(t, m))
	require.Empty(t, expired(m, at(62*time.Minute-1)))
	require.Equal(t, []sigfox.DeviceID{1}, expired(m, at(62*time.Minute)))
	require.Equal(t, []sigfox.DeviceID{2}, expired(m, at(71*time.Minute)))

	long := newMonitor(t, keepalive.Options{Resolution: time.Hour})
	require.NoError(t, long.Set(t0, 1, 10*365*24*time.Hour))
	s, ok := restore(t, fine, snapshotOf(t, long)).Lookup(1)
	require.True(t, ok)
	require.Equal(t, (1<<24-2)*time.Second, s.Delay, "as long as it can be")
}

func TestRestoreBeforeTheSnapshot(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour})
	require.NoError(t, m.Touch(at(10*time.Hour), 1))
	m = restore(t, keepalive.Options{Delay: time.Hour}, snapshotOf(t, m))
	require.Empty(t, expired(m, t0), "counts as 10h")
	require.Empty(t, expired(m, at(11*time.Hour-1)))
	require.Equal(t, []sigfox.DeviceID{1}, expired(m, at(11*time.Hour)))
}

func TestSnapshotOfUnusedMonitor(t *testing.T) {
	t.Parallel()
	o := keepalive.Options{Delay: time.Hour}
	m := restore(t, o, snapshotOf(t, restore(t, o, snapshotOf(t, newMonitor(t, o)))))
	require.Zero(t, m.Len())
	require.NoError(t, m.Touch(t0, 1))
	require.Equal(t, []sigfox.DeviceID{1}, expired(m, at(time.Hour)))

	unused := restore(t, o, snapshotOf(t, sample(t)))
	require.Equal(t, maps.Collect(sample(t).All()), maps.Collect(restore(t, o, snapshotOf(t, unused)).All()))
}

func TestSnapshotIsCompact(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, keepalive.Options{Delay: time.Hour})
	for i := range sigfox.DeviceID(10_000) {
		require.NoError(t, m.Touch(at(time.Duration(i)*time.Second), i*65537))
	}
	require.Less(t, len(snapshotOf(t, m)), 10_000*9)
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	o := keepalive.Options{Delay: time.Hour}
	good := snapshotOf(t, sample(t))
	refused := func(t *testing.T, snapshot []byte, cause error) *keepalive.SnapshotError {
		t.Helper()
		m, err := keepalive.Restore(o, bytes.NewReader(snapshot))
		require.Nil(t, m)
		require.ErrorIs(t, err, cause)
		var at *keepalive.SnapshotError
		require.ErrorAs(t, err, &at)
		require.LessOrEqual(t, at.Offset, int64(len(snapshot)))
		return at
	}
	t.Run("cut at any byte", func(t *testing.T) {
		t.Parallel()
		for n := range good {
			refused(t, good[:n], keepalive.ErrCorrupt)
		}
	})
	t.Run("any byte changed", func(t *testing.T) {
		t.Parallel()
		for i := range good {
			bad := slices.Clone(good)
			bad[i] ^= 0x10
			want := keepalive.ErrCorrupt
			if i == 4 {
				want = keepalive.ErrVersion
			}
			refused(t, bad, want)
		}
	})
	t.Run("bytes behind the end", func(t *testing.T) {
		t.Parallel()
		refused(t, append(slices.Clone(good), 0), keepalive.ErrCorrupt)
	})
	t.Run("other version", func(t *testing.T) {
		t.Parallel()
		bad := slices.Clone(good)
		bad[4] = 2
		err := refused(t, bad, keepalive.ErrVersion)
		require.EqualError(t, err, "keepalive: snapshot offset 0: keepalive: unknown snapshot version")
	})
	t.Run("another file", func(t *testing.T) {
		t.Parallel()
		refused(t, []byte(strings.Repeat("PK\x03\x04", 100)), keepalive.ErrCorrupt)
	})
	t.Run("too many devices", func(t *testing.T) {
		t.Parallel()
		_, err := keepalive.Restore(keepalive.Options{MaxDevices: 5}, bytes.NewReader(good))
		require.ErrorIs(t, err, keepalive.ErrFull)
	})
	t.Run("bad options", func(t *testing.T) {
		t.Parallel()
		_, err := keepalive.Restore(keepalive.Options{MaxDevices: -1}, bytes.NewReader(good))
		require.ErrorContains(t, err, "Options.MaxDevices")
	})
	t.Run("reader fails", func(t *testing.T) {
		t.Parallel()
		broken := errors.New("disk on fire")
		for _, n := range []int{0, 3, 20, len(good) - 2} {
			_, err := keepalive.Restore(o, io.MultiReader(bytes.NewReader(good[:n]), iotest.ErrReader(broken)))
			require.ErrorIs(t, err, broken)
		}
	})
	t.Run("byte by byte is fine", func(t *testing.T) {
		t.Parallel()
		_, err := keepalive.Restore(o, iotest.OneByteReader(bytes.NewReader(good)))
		require.NoError(t, err)
	})
}

// limited fails after some bytes.
type limited struct{ left int }

var errNoSpace = errors.New("no space left on device")

func (l *limited) Write(b []byte) (int, error) {
	if l.left -= len(b); l.left < 0 {
		return 0, errNoSpace
	}
	return len(b), nil
}

func TestSnapshotReturnsTheErrorOfTheWriter(t *testing.T) {
	t.Parallel()
	m := sample(t)
	for n := range len(snapshotOf(t, m)) {
		require.ErrorIs(t, m.Snapshot(&limited{n}), errNoSpace)
	}
}

// TestRestoresOldSnapshot keeps the format readable.
func TestRestoresOldSnapshot(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile(filepath.Join("testdata", "version1.snapshot"))
	require.NoError(t, err)
	m := restore(t, keepalive.Options{Delay: time.Hour}, golden)
	require.Equal(t, maps.Collect(sample(t).All()), maps.Collect(m.All()))
	require.Equal(t, 1, m.Waiting())
}

func FuzzRestore(f *testing.F) {
	f.Add(snapshotOf(f, sample(f)))
	empty, err := keepalive.New(keepalive.Options{})
	require.NoError(f, err)
	f.Add(snapshotOf(f, empty))
	f.Add([]byte{})
	o := keepalive.Options{Delay: time.Hour, MaxDevices: 1000}
	f.Fuzz(func(t *testing.T, snapshot []byte) {
		for _, s := range [][]byte{snapshot, keepalive.Sealed(snapshot)} {
			m, err := keepalive.Restore(o, bytes.NewReader(s))
			if err != nil {
				require.Nil(t, m)
				continue
			}
			again := restore(t, o, snapshotOf(t, m))
			require.Equal(t, maps.Collect(m.All()), maps.Collect(again.All()))
			require.Equal(t, m.Waiting(), again.Waiting())
			require.LessOrEqual(t, m.Len(), 1000)
			for b := range m.Expired(t0) {
				require.Positive(t, b.Delay)
			}
			require.NoError(t, m.Snapshot(io.Discard))
		}
	})
}
