//go:build !race

package keepalive_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
	"github.com/go-sigfox/sigfox/store"
)

func newShared(tb testing.TB, o keepalive.Options) (*keepalive.SharedMonitor, store.Table) {
	tb.Helper()
	table, err := store.NewMemory().Table(tb.Context(), "keepalive")
	require.NoError(tb, err)
	m, err := keepalive.NewSharedMonitor(table, o, keepalive.SharedOptions{})
	require.NoError(tb, err)
	return m, table
}

func TestSharedTouchDoesNotAllocate(t *testing.T) {
	const devices = 1000
	m, _ := newShared(t, keepalive.Options{Delay: time.Hour})
	for id := range sigfox.DeviceID(devices) {
		require.NoError(t, m.Touch(t0, id))
	}
	now, id := t0, sigfox.DeviceID(0)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		now, id = now.Add(time.Second), (id+7919)%devices
		_ = m.Touch(now, id)
	}))
}

func BenchmarkSharedMonitor_Touch(b *testing.B) {
	m, _ := newShared(b, keepalive.Options{Delay: time.Hour})
	for i := 0; b.Loop(); i++ {
		_ = m.Touch(t0, sigfox.DeviceID(i%100_000))
	}
}

// A process starts, with a million devices in the table.
func BenchmarkSharedMonitor_Resync(b *testing.B) {
	const devices = 1 << 20
	m, table := newShared(b, keepalive.Options{Delay: time.Hour})
	for id := range sigfox.DeviceID(devices) {
		require.NoError(b, m.Touch(t0, id*7919))
	}
	require.NoError(b, m.Flush(b.Context(), t0))
	for b.Loop() {
		other, err := keepalive.NewSharedMonitor(table, keepalive.Options{Delay: time.Hour}, keepalive.SharedOptions{})
		require.NoError(b, err)
		require.NoError(b, other.Resync(b.Context(), t0))
		require.Equal(b, devices, other.Len())
	}
}
