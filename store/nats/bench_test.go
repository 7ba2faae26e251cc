package nats_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/nats"
	"github.com/go-sigfox/sigfox/store/nats/natstest"
)

const recordSize = 512

// BenchmarkPut puts records as an outbox does, a hundred at once, and tells how fast that is
// in relation to publishing the same ones to a plain stream: of-plain.
func BenchmarkPut(b *testing.B) {
	for _, nodes := range []int{1, 3} {
		c, err := natstest.Start(b.TempDir(), nodes, nil)
		require.NoError(b, err)
		b.Cleanup(c.StopAll)
		conn, err := c.Connect()
		require.NoError(b, err)
		b.Cleanup(conn.Close)
		s, err := nats.Open(b.Context(), conn, nats.Options{Timeout: time.Minute})
		require.NoError(b, err)
		b.Cleanup(func() { _ = s.Close() })
		data := make([]byte, recordSize)
		b.Run(fmt.Sprintf("nodes=%d/of plain", nodes), func(b *testing.B) {
			js, err := jetstream.New(conn)
			require.NoError(b, err)
			_, err = js.CreateOrUpdateStream(b.Context(), jetstream.StreamConfig{
				Name: "plain", Subjects: []string{"plain.>"}, Replicas: nodes,
			})
			require.NoError(b, err)
			q, err := s.Queue(b.Context(), "queue")
			require.NoError(b, err)
			run := strconv.FormatInt(time.Now().UnixNano(), 36)
			var plain, queue time.Duration
			for i := 0; i < b.N; i += turn {
				plain += together(b, func(int) error {
					_, err := js.PublishMsg(b.Context(), &client.Msg{Subject: "plain.outbox", Data: data})
					return err
				})
				queue += together(b, func(n int) error {
					return q.Put(b.Context(), time.Now(), store.Item{ID: run + strconv.Itoa(i+n), Data: data})
				})
			}
			b.ReportMetric(plain.Seconds()/queue.Seconds(), "of-plain")
		})
		if nodes == 1 { // where each item is synced twice
			continue
		}
		b.Run(fmt.Sprintf("nodes=%d/queue of 100", nodes), func(b *testing.B) {
			q, err := s.Queue(b.Context(), "batches")
			require.NoError(b, err)
			run := strconv.FormatInt(time.Now().UnixNano(), 36)
			parallel(b, func(i int64) error {
				items := make([]store.Item, 100)
				for n := range items {
					items[n] = store.Item{ID: fmt.Sprint(run, i, "-", n), Data: data}
				}
				return q.Put(b.Context(), time.Now(), items...)
			})
		})
	}
}

// turn is how many records the plain stream and the queue get by turns, so that both have
// the same machine.
const turn = 256

func together(b *testing.B, f func(n int) error) time.Duration {
	b.Helper()
	begun := time.Now()
	var group errgroup
	for n := range turn {
		group.run(func() error { return f(n) })
	}
	require.NoError(b, group.wait())
	return time.Since(begun)
}

func parallel(b *testing.B, f func(i int64) error) {
	b.Helper()
	var count atomic.Int64
	b.SetParallelism(32) // of two processors
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := f(count.Add(1)); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

// BenchmarkWork claims and finishes items, ten at once, from three clients.
func BenchmarkWork(b *testing.B) {
	for _, nodes := range []int{1, 3} {
		for _, clients := range []int{1, 3} {
			b.Run(fmt.Sprintf("nodes=%d/clients=%d", nodes, clients), func(b *testing.B) { work(b, nodes, clients) })
		}
	}
}

func work(b *testing.B, nodes, clients int) {
	b.Helper()
	c, err := natstest.Start(b.TempDir(), nodes, nil)
	require.NoError(b, err)
	b.Cleanup(c.StopAll)
	var queues []store.Queue
	for range clients {
		conn, err := c.Connect()
		require.NoError(b, err)
		b.Cleanup(conn.Close)
		s, err := nats.Open(b.Context(), conn, nats.Options{})
		require.NoError(b, err)
		b.Cleanup(func() { _ = s.Close() })
		q, err := s.Queue(b.Context(), "q")
		require.NoError(b, err)
		queues = append(queues, q)
	}
	fill(b, queues[0], b.N)
	for _, q := range queues {
		for n := -1; n < b.N; {
			n, _, err = q.Len(b.Context())
			require.NoError(b, err)
		}
	}
	var done atomic.Int64
	b.ResetTimer()
	finished := make(chan error, clients)
	for _, q := range queues {
		go func() {
			for done.Load() < int64(b.N) {
				claims, err := q.Claim(b.Context(), time.Now(), 10, time.Minute)
				if err == nil {
					err = q.Done(b.Context(), claims...)
				}
				if err != nil {
					finished <- err
					return
				}
				done.Add(int64(len(claims)))
			}
			finished <- nil
		}()
	}
	for range queues {
		require.NoError(b, <-finished)
	}
	b.StopTimer()
	require.Equal(b, int64(b.N), done.Load())
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
}

func fill(b *testing.B, q store.Queue, n int) {
	b.Helper()
	data := make([]byte, recordSize)
	for i := 0; i < n; i += 1000 {
		var items []store.Item
		for j := i; j < min(n, i+1000); j++ {
			items = append(items, store.Item{ID: strconv.Itoa(j), Data: data})
		}
		require.NoError(b, q.Put(b.Context(), time.Now(), items...))
	}
}

// BenchmarkRestore reads a table of 100 000 device records, and the index of a queue of
// as many items.
func BenchmarkRestore(b *testing.B) {
	const size = 100_000
	c, err := natstest.Start(b.TempDir(), 1, func(o *server.Options) { o.SyncAlways = false }) // to be filled soon
	require.NoError(b, err)
	b.Cleanup(c.StopAll)
	conn, err := c.Connect()
	require.NoError(b, err)
	b.Cleanup(conn.Close)
	s, err := nats.Open(b.Context(), conn, nats.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { _ = s.Close() })
	table, err := s.Table(b.Context(), "devices")
	require.NoError(b, err)
	var group errgroup
	for i := range size {
		group.run(func() error {
			_, err := table.Create(b.Context(), time.Now(), fmt.Sprintf("%06X", i), make([]byte, 64), 0)
			return err
		})
	}
	require.NoError(b, group.wait())
	q, err := s.Queue(b.Context(), "q")
	require.NoError(b, err)
	fill(b, q, size)
	b.Run("table", func(b *testing.B) {
		for b.Loop() {
			count := 0
			for _, err := range table.All(b.Context(), time.Now()) {
				require.NoError(b, err)
				count++
			}
			require.Equal(b, size, count)
		}
	})
	b.Run("queue", func(b *testing.B) {
		for b.Loop() {
			other, err := nats.Open(b.Context(), conn, nats.Options{Timeout: time.Minute})
			require.NoError(b, err)
			q, err := other.Queue(b.Context(), "q")
			require.NoError(b, err)
			waiting, _, err := q.Len(b.Context())
			require.NoError(b, err)
			require.Equal(b, size, waiting)
			require.NoError(b, other.Close())
		}
	})
}

// errgroup runs a hundred functions at once and keeps their errors.
type errgroup struct {
	group sync.WaitGroup
	slots chan struct{}
	mu    sync.Mutex
	err   error
}

func (g *errgroup) run(f func() error) {
	if g.slots == nil {
		g.slots = make(chan struct{}, 100)
	}
	g.slots <- struct{}{}
	g.group.Go(func() {
		defer func() { <-g.slots }()
		if err := f(); err != nil {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.err = errors.Join(g.err, err)
		}
	})
}

func (g *errgroup) wait() error {
	g.group.Wait()
	return g.err
}
