package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/bolt"
	"github.com/go-sigfox/sigfox/store/nats"
	"github.com/go-sigfox/sigfox/store/nats/natstest"
)

const fleet = 1_000_000

// BenchmarkRestore has a keepalive.SharedMonitor that starts read all devices.
func BenchmarkRestore(b *testing.B) {
	b.Run("memory", func(b *testing.B) { restore(b, store.NewMemory()) })
	b.Run("bolt", func(b *testing.B) {
		s, err := bolt.Open(bolt.Options{Path: filepath.Join(b.TempDir(), "file")})
		require.NoError(b, err)
		b.Cleanup(func() { _ = s.Close() })
		restore(b, s)
	})
	b.Run("nats", func(b *testing.B) {
		c, err := natstest.Start(b.TempDir(), 1, func(o *server.Options) { o.SyncAlways = false }) // to be filled soon
		require.NoError(b, err)
		b.Cleanup(c.Close)
		conn, err := c.Connect()
		require.NoError(b, err)
		b.Cleanup(conn.Close)
		s, err := nats.Open(b.Context(), conn, nats.Options{Timeout: time.Minute})
		require.NoError(b, err)
		b.Cleanup(func() { _ = s.Close() })
		restore(b, s)
	})
}

func restore(b *testing.B, s store.Store) {
	b.Helper()
	table, err := s.Table(b.Context(), "devices")
	require.NoError(b, err)
	monitor := func() *keepalive.SharedMonitor {
		m, err := keepalive.NewSharedMonitor(table, keepalive.Options{Delay: 24 * time.Hour, MaxDevices: fleet},
			keepalive.SharedOptions{Workers: 512})
		require.NoError(b, err)
		return m
	}
	full, now := monitor(), time.Now()
	for id := range fleet {
		require.NoError(b, full.Touch(now, sigfox.DeviceID(id+1)))
	}
	require.NoError(b, full.Flush(b.Context(), now))
	b.ResetTimer()
	for b.Loop() {
		m := monitor()
		require.NoError(b, m.Resync(b.Context(), now))
		require.Equal(b, fleet, m.Len())
	}
	b.ReportMetric(float64(b.N)*fleet/b.Elapsed().Seconds(), "devices/s")
}
