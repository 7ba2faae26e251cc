package store_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
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

// BenchmarkAnswer has a receiver answer requests over the loopback that come at a given
// rate, whatever the answers, and reports how long they take: with an inbox alone, with
// one whose messages are handled meanwhile, and with bare bbolt.
func BenchmarkAnswer(b *testing.B) {
	const rate = 9000 // half of what an inbox stores in BenchmarkInbox
	b.Run("bare", func(b *testing.B) { answer(b, newBare(b), rate) })
	b.Run("inbox", func(b *testing.B) { answer(b, newInbox(b).Put, rate) })
	b.Run("inbox-handled", func(b *testing.B) {
		in := newInbox(b)
		ctx, cancel := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		go func() { ended <- in.Run(ctx) }()
		defer func() {
			cancel()
			<-ended
		}()
		answer(b, in.Put, rate)
	})
}

func answer(b *testing.B, fn func(context.Context, callback.Uplink) error, rate int) {
	b.Helper()
	handler, err := callback.NewHandler(fn, callback.Options{Verifier: callback.Unverified()})
	require.NoError(b, err)
	server := httptest.NewServer(handler)
	defer server.Close()
	offer(b, server.URL, rate)
}

// offer sends requests at a rate. Each has the time that it should have been sent at, so
// that what is late counts.
func offer(b *testing.B, url string, rate int) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4 * writers}}
	took := make([]time.Duration, b.N)
	next := make(chan int, b.N)
	var group sync.WaitGroup
	b.ResetTimer()
	start := time.Now()
	due := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second / time.Duration(rate)) }
	for range 4 * writers {
		group.Go(func() {
			for n := range next {
				m := message(n)
				answer, err := client.Post(url, "application/json", strings.NewReader(string(m.AppendJSON(nil))))
				if err != nil {
					b.Error(err)
					return
				}
				answer.Body.Close()
				if answer.StatusCode/100 != 2 {
					b.Error(answer.Status)
				}
				took[n] = time.Since(due(n))
			}
		})
	}
	for n := range b.N {
		if wait := time.Until(due(n)); wait > 0 {
			time.Sleep(wait)
		}
		next <- n
	}
	close(next)
	group.Wait()
	b.StopTimer()
	slices.Sort(took)
	at := func(part float64) float64 { return float64(took[int(part*float64(b.N-1))].Microseconds()) / 1000 }
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}
