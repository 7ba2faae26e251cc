package store_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/inbox"
	"github.com/go-sigfox/sigfox/store/bolt"
)

const (
	writers    = 64
	recordSize = 512
	envelope   = 48 // what an inbox puts around a message
)

// message returns message number n, whose record in an inbox has recordSize bytes, give
// or take a few.
func message(n int) callback.Uplink {
	return callback.Uplink{
		Device: sigfox.DeviceID(n * 2654435761), Time: time.Unix(1507396972+int64(n), 0).UTC(),
		SeqNumber: sigfox.Some(sigfox.SeqNumber(n % 4096)), DeviceTypeID: strings.Repeat("5", recordSize-150),
	}
}

// parallel calls fn with 1 to b.N, from as many goroutines as there are writers.
func parallel(b *testing.B, fn func(n int) error) {
	b.Helper()
	b.ResetTimer()
	var count atomic.Int64
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for {
				n := int(count.Add(1))
				if n > b.N {
					return
				}
				if err := fn(n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkInbox has bare bbolt, with a Batch of the size that suits it best, put the
// same records under the same keys.
func BenchmarkInbox(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		put := newBare(b)
		parallel(b, func(n int) error { return put(b.Context(), message(n)) })
	})
	b.Run("inbox", func(b *testing.B) {
		in := newInbox(b)
		parallel(b, func(n int) error { return in.Put(b.Context(), message(n)) })
	})
}

// newBare returns what puts messages into a file of bbolt.
func newBare(b *testing.B) func(context.Context, callback.Uplink) error {
	b.Helper()
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	db.MaxBatchSize, db.MaxBatchDelay = writers, time.Millisecond
	name := []byte("inbox")
	require.NoError(b, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(name)
		return err
	}))
	return func(_ context.Context, m callback.Uplink) error {
		k, _ := m.Key()
		key := []byte(k.Device.String() + "." + m.Time.String())
		record := m.AppendJSON(make([]byte, envelope, recordSize))
		return db.Batch(func(tx *bbolt.Tx) error { return tx.Bucket(name).Put(key, record) })
	}
}

func newInbox(tb testing.TB) *inbox.Inbox[callback.Uplink] {
	tb.Helper()
	s, err := bolt.Open(bolt.Options{Path: filepath.Join(tb.TempDir(), "inbox.db")})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	in, err := inbox.New(tb.Context(), func(context.Context, callback.Uplink) error { return nil },
		inbox.Options[callback.Uplink]{Store: s, Workers: writers})
	require.NoError(tb, err)
	return in
}
