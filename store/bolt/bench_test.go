package bolt_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/bolt"
)

const (
	writers    = 64
	recordSize = 512
)

// run calls fn b.N times in all, from as many goroutines as there are writers.
func run(b *testing.B, fn func(n int) error) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	var count atomic.Int64
	done := make(chan error, writers)
	for range writers {
		go func() {
			for {
				n := int(count.Add(1))
				if n > b.N {
					done <- nil
					return
				}
				if err := fn(n); err != nil {
					done <- err
					return
				}
			}
		}()
	}
	for range writers {
		require.NoError(b, <-done)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func id(n int) string {
	return fmt.Sprintf("%06X.%d.%d", uint32(n)*2654435761>>8, 1507396972+n, n%4096)
}

// BenchmarkBare puts the same records with bbolt alone: one bucket, and Batch with the
// size of a batch at its best.
func BenchmarkBare(b *testing.B) {
	for _, size := range []int{writers, 1000} {
		b.Run(fmt.Sprint("batch", size), func(b *testing.B) {
			db, err := bbolt.Open(path(b), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
			require.NoError(b, err)
			defer db.Close()
			db.MaxBatchSize, db.MaxBatchDelay = size, time.Millisecond
			name := []byte("records")
			require.NoError(b, db.Update(func(tx *bbolt.Tx) error {
				_, err := tx.CreateBucket(name)
				return err
			}))
			record := make([]byte, recordSize)
			run(b, func(n int) error {
				return db.Batch(func(tx *bbolt.Tx) error { return tx.Bucket(name).Put([]byte(id(n)), record) })
			})
		})
	}
}

func BenchmarkPut(b *testing.B) {
	s := open(b, bolt.Options{Path: path(b)})
	q, err := s.Queue(b.Context(), "inbox")
	require.NoError(b, err)
	record := make([]byte, recordSize)
	run(b, func(n int) error {
		return q.Put(b.Context(), time.Now(), store.Item{ID: id(n), Data: record})
	})
	stats := s.Stats()
	b.ReportMetric(float64(stats.Changes)/float64(stats.Commits), "records/commit")
}

// BenchmarkCycle puts, claims and finishes each record.
func BenchmarkCycle(b *testing.B) {
	s := open(b, bolt.Options{Path: path(b)})
	q, err := s.Queue(b.Context(), "inbox")
	require.NoError(b, err)
	record := make([]byte, recordSize)
	run(b, func(n int) error {
		if err := q.Put(b.Context(), time.Now(), store.Item{ID: id(n), Data: record}); err != nil {
			return err
		}
		claims, err := q.Claim(b.Context(), time.Now(), 1, time.Minute)
		if err != nil {
			return err
		}
		return q.Done(b.Context(), claims...)
	})
}
