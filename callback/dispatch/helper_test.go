package dispatch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

var errStop = errors.New("shutting down")

// call is a request that reached a fake server.
type call struct {
	At     time.Duration // since the start of the test
	Target string        // the host
	Path   string
	Body   string
	Header http.Header
}

// server is a fake transport: it answers whatever is asked of it, in virtual time.
type server struct {
	start time.Time
	// answer is called for each request, n counting those to the same host from 1.
	answer func(n int, c call, r *http.Request) (*http.Response, error)

	mu    sync.Mutex
	calls []call
	count map[string]int
}

func newServer(answer func(n int, c call, r *http.Request) (*http.Response, error)) *server {
	return &server{start: time.Now(), answer: answer, count: make(map[string]int)}
}

// RoundTrip implements http.RoundTripper.
func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	c := call{At: time.Since(s.start), Target: r.URL.Host, Path: r.URL.RequestURI(), Header: r.Header}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		c.Body = string(body)
	}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	s.count[c.Target]++
	n := s.count[c.Target]
	s.mu.Unlock()
	return s.answer(n, c, r)
}

// seen returns the requests so far.
func (s *server) seen() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]call(nil), s.calls...)
}

// instants returns when the requests so far came in.
func (s *server) instants() (list []time.Duration) {
	for _, c := range s.seen() {
		list = append(list, c.At)
	}
	return list
}

// response makes an answer. Headers follow in pairs.
func response(status int, body string, headers ...string) *http.Response {
	w := &http.Response{StatusCode: status, Header: make(http.Header), Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(headers); i += 2 {
		w.Header.Set(headers[i], headers[i+1])
	}
	return w
}

// always answers with a status.
func always(status int) func(int, call, *http.Request) (*http.Response, error) {
	return func(int, call, *http.Request) (*http.Response, error) { return response(status, ""), nil }
}

// hang answers never.
func hang(_ int, _ call, r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// after answers with a status after a while.
func after(wait time.Duration, status int) func(int, call, *http.Request) (*http.Response, error) {
	return func(_ int, _ call, r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(wait):
			return response(status, ""), nil
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

func newDispatcher(t testing.TB, o dispatch.Options) *dispatch.Dispatcher {
	t.Helper()
	d, err := dispatch.New(o)
	require.NoError(t, err)
	return d
}

func newTarget(t testing.TB, o dispatch.TargetOptions) *dispatch.Target {
	t.Helper()
	if o.Definition.Service == 0 {
		o.Definition.Service = callback.DataUplink
	}
	if o.Definition.URL == "" && o.Definition.Channel != callback.ChannelEmail {
		o.Definition.URL = "http://" + o.ID + "/{device}/{seqNumber}"
	}
	target, err := dispatch.NewTarget(o)
	require.NoError(t, err)
	return target
}

// plain returns a target whose requests are GET http://id/device/seqNumber.
func plain(t testing.TB, id string) *dispatch.Target {
	t.Helper()
	return newTarget(t, dispatch.TargetOptions{ID: id})
}

func uplink(device sigfox.DeviceID, seq sigfox.SeqNumber) callback.Uplink {
	return callback.Uplink{Device: device, Time: time.Unix(1500000000, 0), SeqNumber: sigfox.Some(seq)}
}

func request(t testing.TB, target *dispatch.Target, device sigfox.DeviceID, seq sigfox.SeqNumber) dispatch.Request {
	t.Helper()
	r, err := dispatch.NewRequest(target, uplink(device, seq))
	require.NoError(t, err)
	return r
}

// run runs d until stop is called, which returns what Run returned.
func run(t testing.TB, d *dispatch.Dispatcher) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	result := make(chan error, 1)
	go func() { result <- d.Run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel(errStop)
		return <-result
	})
	t.Cleanup(func() { _ = stop() })
	return stop
}

// sleep lets virtual time pass, and then all goroutines come to rest.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// requireBalance checks that nothing is lost or counted twice.
func requireBalance(t testing.TB, d *dispatch.Dispatcher) {
	t.Helper()
	s := d.Stats()
	sum := s.Delivered + s.Returned + s.Pending
	for _, n := range s.Dropped {
		sum += n
	}
	require.Equal(t, s.Accepted, sum, "%+v", s)
}

// byHost is a transport that has a server for each host.
type byHost map[string]*server

// RoundTrip implements http.RoundTripper.
func (b byHost) RoundTrip(r *http.Request) (*http.Response, error) { return b[r.URL.Host].RoundTrip(r) }
