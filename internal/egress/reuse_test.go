package egress_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/egress"
)

// A transport for each request would make a connection for each.
func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	for protocol, next := range map[string][]string{"HTTP/1.1": {"http/1.1"}, "HTTP/2.0": {"h2"}} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			eachSNI(t, func(t *testing.T, p egress.Profile) {
				t.Helper()
				var served atomic.Int64
				server := startTLS(t, func(w http.ResponseWriter, r *http.Request) {
					if r.Proto == protocol {
						served.Add(1)
					}
					_, _ = w.Write([]byte("an answer"))
				}, func(c *tls.Config, a *authority) {
					c.ClientAuth, c.ClientCAs, c.NextProtos = tls.RequireAndVerifyClientCert, a.roots, next
				})
				c := newClient(t, egress.Options{})
				for profile := range 2 {
					p := egress.Profile{Certificate: server.issue(t, nil), RootCAs: server.roots, SNI: p.SNI}
					for range 100 {
						_, err := post(t, c, server.URL, p)
						require.NoError(t, err)
					}
					require.Equal(t, int64(profile+1), server.conns.Load(), "one connection for each profile")
				}
				require.Equal(t, int64(200), served.Load())
			})
		})
	}
}

// states counts the connections of a server.
type states struct {
	mu     sync.Mutex
	opened int
	closed chan struct{}
}

func startCounted(t *testing.T, handler http.HandlerFunc) (*httptest.Server, *states) {
	t.Helper()
	s := &states{closed: make(chan struct{}, 1000)}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch state {
		case http.StateNew:
			s.opened++
		case http.StateClosed:
			s.closed <- struct{}{}
		default:
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server, s
}

func TestConnectionsAreLimited(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	server, conns := startCounted(t, func(http.ResponseWriter, *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		now.Add(-1)
	})
	c := newClient(t, egress.Options{ConnsPerHost: 3})
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := post(t, c, server.URL, egress.Profile{}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	require.LessOrEqual(t, most.Load(), int64(3))
	conns.mu.Lock()
	defer conns.mu.Unlock()
	require.LessOrEqual(t, conns.opened, 3)
}

func TestTransportsAreLimited(t *testing.T) {
	t.Parallel()
	server, conns := startCounted(t, ok)
	c := newClient(t, egress.Options{})
	send := func(p egress.Profile) {
		t.Helper()
		_, err := post(t, c, server.URL, p)
		require.NoError(t, err)
	}
	oldest, kept := egress.Profile{RootCAs: x509.NewCertPool()}, egress.Profile{RootCAs: x509.NewCertPool()}
	send(oldest)
	send(kept)
	for range egress.MaxTransports - 2 {
		// Others fill the room, with no connection to count.
		_, err := post(t, c, nobody, egress.Profile{RootCAs: x509.NewCertPool()})
		requireReason(t, egress.ReasonRefused, err)
	}
	require.Empty(t, conns.closed)
	send(kept)
	send(egress.Profile{RootCAs: x509.NewCertPool()}) // one too many
	<-conns.closed                                    // that of the oldest
	send(kept)
	conns.mu.Lock()
	defer conns.mu.Unlock()
	require.Equal(t, 3, conns.opened)
}

func TestClose(t *testing.T) {
	t.Parallel()
	server, conns := startCounted(t, ok)
	c := newClient(t, egress.Options{})
	for range 2 {
		_, err := post(t, c, server.URL, egress.Profile{})
		require.NoError(t, err)
		c.Close()
		<-conns.closed
	}
}
