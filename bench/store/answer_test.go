package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

const (
	measured = time.Second // for which an inbox stores what it can, to know the load
	warm     = time.Second // for which requests come before those that count

	connections = 256 // of the sender
)

// BenchmarkAnswer has a receiver answer requests over the loopback that come at half the
// rate at which an inbox stores messages just before, whatever the answers, and reports
// how long they take: with nothing stored, with bare bbolt, with an inbox alone, and with
// one whose messages are handled meanwhile.
func BenchmarkAnswer(b *testing.B) {
	b.Run("nothing", func(b *testing.B) {
		answer(b, func(context.Context, callback.Uplink) error { return nil })
	})
	b.Run("bare", func(b *testing.B) { answer(b, newBare(b)) })
	b.Run("inbox", func(b *testing.B) { answer(b, newInbox(b).Put) })
	b.Run("inbox-handled", func(b *testing.B) {
		in := newInbox(b)
		ctx, cancel := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		go func() { ended <- in.Run(ctx) }()
		defer func() {
			cancel()
			<-ended
		}()
		answer(b, in.Put)
	})
}

func answer(b *testing.B, fn func(context.Context, callback.Uplink) error) {
	b.Helper()
	handler, err := callback.NewHandler(fn, callback.Options{Verifier: callback.Unverified()})
	require.NoError(b, err)
	server := httptest.NewServer(handler)
	defer server.Close()
	stored := capacity(b)
	took := offer(b, server.Listener.Addr().String(), stored/2)
	slices.Sort(took)
	at := func(part float64) float64 {
		return float64(took[int(part*float64(len(took)-1))]) / float64(time.Millisecond)
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(stored, "stored/s")
}

// capacity returns how many messages a second an inbox stores from all writers.
func capacity(b *testing.B) float64 {
	b.Helper()
	in := newInbox(b)
	var count atomic.Int64
	var group sync.WaitGroup
	start := time.Now()
	for range writers {
		group.Go(func() {
			for time.Since(start) < measured {
				if err := in.Put(b.Context(), message(int(count.Add(1)))); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	return float64(count.Load()) / time.Since(start).Seconds()
}

// offer sends requests at a rate, and returns how long b.N of them took, those of a while
// before excepted. Each has the time that it should have been sent at, so that what is
// late counts.
func offer(b *testing.B, address string, rate float64) []time.Duration {
	b.Helper()
	before := int(rate * warm.Seconds())
	took := make([]time.Duration, before+b.N)
	next := make(chan int, len(took))
	start := time.Now()
	due := func(n int) time.Time { return start.Add(time.Duration(float64(n) / rate * float64(time.Second))) }
	var group sync.WaitGroup
	for range connections {
		group.Go(func() {
			post, err := dial(b, address)
			for n := range next {
				if err == nil {
					err = post(message(n))
				}
				took[n] = time.Since(due(n))
			}
			if err != nil {
				b.Error(err)
			}
		})
	}
	for n := range took {
		time.Sleep(time.Until(due(n)))
		if n == before {
			b.ResetTimer()
		}
		next <- n
	}
	close(next)
	group.Wait()
	b.StopTimer()
	return took[before:]
}

// dial returns what posts a message over a connection of its own and reads the answer. It
// takes less of the processor than an http.Client, as the two cores are the receiver's.
func dial(tb testing.TB, address string) (post func(callback.Uplink) error, err error) {
	tb.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	tb.Cleanup(func() { conn.Close() })
	answers := bufio.NewReader(conn)
	var body, request []byte
	return func(m callback.Uplink) error {
		body = m.AppendJSON(body[:0])
		request = fmt.Appendf(request[:0], "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			address, len(body), body)
		if _, err := conn.Write(request); err != nil {
			return err
		}
		answer, err := http.ReadResponse(answers, nil)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return err
		}
		if answer.StatusCode/100 != 2 {
			return errors.New(answer.Status)
		}
		return nil
	}, nil
}
