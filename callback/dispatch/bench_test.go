package dispatch_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// noNetwork answers at once.
type noNetwork struct{}

// RoundTrip implements http.RoundTripper.
func (noNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, nil
}

// BenchmarkEnqueue is what the dispatcher itself takes to deliver a message, from
// Enqueue to the end of the attempt, rendering included and the network not.
func BenchmarkEnqueue(b *testing.B) {
	for _, targets := range []int{1, 10_000} {
		b.Run(fmt.Sprintf("targets=%d", targets), func(b *testing.B) {
			var delivered sync.WaitGroup
			d := newDispatcher(b, dispatch.Options{
				Transport: noNetwork{}, QueueSize: 1 << 30, MaxPending: 1 << 30,
				Hooks: dispatch.Hooks{OnAttempt: func(context.Context, dispatch.AttemptEnd) { delivered.Done() }},
			})
			stop := run(b, d)
			list := make([]*dispatch.Target, targets)
			for i := range list {
				list[i] = plain(b, fmt.Sprint("t", i))
			}
			m := uplink(0, 1)
			b.ReportAllocs()
			for b.Loop() {
				m.Device++
				delivered.Add(1)
				r, err := dispatch.NewRequest(list[int(m.Device)%targets], m)
				require.NoError(b, err)
				require.NoError(b, d.Enqueue(b.Context(), r))
			}
			delivered.Wait()
			require.Equal(b, errStop, stop())
		})
	}
}

// BenchmarkLoopback is the same over real connections, with as many at once as the
// bare client that it is compared to.
func BenchmarkLoopback(b *testing.B) {
	const concurrency = 16
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	b.Cleanup(server.Close)
	target := newTarget(b, dispatch.TargetOptions{ID: "a", Concurrency: concurrency, Definition: callback.Definition{
		Method: http.MethodPost, URL: server.URL, ContentType: "application/json",
		BodyTemplate: `{"device":"{device}","time":{time},"data":"{data}","seqNumber":{seqNumber}}`,
	}})
	b.Run("dispatch", func(b *testing.B) {
		var delivered sync.WaitGroup
		room := make(chan struct{}, 4*concurrency)
		d := newDispatcher(b, dispatch.Options{
			AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
			Hooks: dispatch.Hooks{OnAttempt: func(_ context.Context, a dispatch.AttemptEnd) {
				if !a.Attempt.OK() {
					b.Error(a.Attempt.Error)
				}
				delivered.Done()
				<-room
			}},
		})
		stop := run(b, d)
		m := uplink(0, 1)
		b.ReportAllocs()
		for b.Loop() {
			m.Device += sigfox.DeviceID(0x9e37)
			room <- struct{}{}
			delivered.Add(1)
			r, err := dispatch.NewRequest(target, m)
			require.NoError(b, err)
			require.NoError(b, d.Enqueue(b.Context(), r))
		}
		delivered.Wait()
		require.Equal(b, errStop, stop())
	})
	b.Run("bare client", func(b *testing.B) {
		client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: concurrency}}
		body := `{"device":"1","time":1500000000,"data":"","seqNumber":1}`
		jobs := make(chan struct{}, 4*concurrency)
		var group sync.WaitGroup
		for range concurrency {
			group.Go(func() {
				for range jobs {
					r, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL, strings.NewReader(body))
					r.Header.Set("Content-Type", "application/json")
					w, err := client.Do(r)
					if err != nil {
						b.Error(err)
						continue
					}
					_, _ = io.Copy(io.Discard, w.Body)
					_ = w.Body.Close()
				}
			})
		}
		b.ReportAllocs()
		for b.Loop() {
			jobs <- struct{}{}
		}
		close(jobs)
		group.Wait()
	})
}
