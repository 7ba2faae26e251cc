package egress_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/egress"
)

// secret stands in every place of a request where there may be one.
const secret = "S3CR3T"

// nobody is where nothing listens. The port of a server that was closed would not do:
// another test may be given it.
const nobody = "http://127.0.0.1:1"

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// newClient returns a client that may dial the servers of these tests.
func newClient(t *testing.T, o egress.Options) *egress.Client {
	t.Helper()
	if o.AllowPrefixes == nil {
		o.AllowPrefixes = loopback
	}
	c, err := egress.New(o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func newRequest(ctx context.Context, t *testing.T, method, address string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader("body "+secret))
	require.NoError(t, err)
	r.URL.User = url.UserPassword("user"+secret, "password"+secret)
	query := r.URL.Query()
	query.Set("token", secret)
	r.URL.RawQuery = query.Encode()
	r.Header.Set("X-Api-Key", secret)
	return r
}

func post(t *testing.T, c *egress.Client, address string, p egress.Profile) (egress.Answer, error) {
	t.Helper()
	return c.Do(newRequest(t.Context(), t, http.MethodPost, address), p)
}

// soon is when requests end of which nothing is expected before; what is expected must
// come within a while, however busy the machine is.
const (
	soon   = 200 * time.Millisecond
	aWhile = 5 * time.Second
)

// postUntil is post with a context that ends while a server hangs.
func postUntil(t *testing.T, end time.Duration, c *egress.Client, address string) (egress.Answer, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), end)
	defer cancel()
	return c.Do(newRequest(ctx, t, http.MethodPost, address), egress.Profile{})
}

// ended returns a context for requests that must get past the checks of the URL, but
// no further.
func ended(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// closing is a body that remembers being closed.
type closing struct {
	io.Reader

	closed atomic.Bool
}

func (c *closing) Close() error {
	c.closed.Store(true)
	return nil
}

// requireReason checks that err has a reason and tells no secret.
func requireReason(t *testing.T, want egress.Reason, err error) *egress.Error {
	t.Helper()
	var e *egress.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, want, e.Reason, "%v", err)
	for _, text := range []string{err.Error(), fmt.Sprint(e.Err), fmt.Sprintf("%+v", err)} {
		require.NotContains(t, text, secret)
	}
	return e
}

// listen serves each connection with serve until the test ends, and then waits for
// all of them. Whatever serve does with a closed connection must end.
func listen(t *testing.T, serve func(*net.TCPConn)) (address string) {
	t.Helper()
	address, stop := listenUntil(t, serve)
	t.Cleanup(stop)
	return address
}

func listenUntil(t *testing.T, serve func(*net.TCPConn)) (address string, stop func()) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	var group sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	group.Go(func() {
		for {
			conn, err := l.AcceptTCP()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			group.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	return l.Addr().String(), func() {
		l.Close()
		mu.Lock()
		for _, conn := range conns {
			conn.Close()
		}
		mu.Unlock()
		group.Wait()
	}
}

// readRequest reads the request, so that closing the connection does not reset it.
func readRequest(conn net.Conn) {
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	for buf := make([]byte, 512); err == nil; {
		_, err = r.Body.Read(buf)
	}
}

// untilClosed waits for the client to close the connection.
func untilClosed(conn net.Conn) {
	for buf := make([]byte, 512); ; {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}

// forever writes text until the connection is closed.
func forever(conn net.Conn, text string) (written int) {
	chunk := []byte(strings.Repeat(text, 4096/len(text)+1))
	for {
		n, err := conn.Write(chunk)
		written += n
		if err != nil {
			return written
		}
	}
}
