package egress_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/egress"
)

// system returns the error of this system.
func system(others, windows syscall.Errno) syscall.Errno {
	if runtime.GOOS == "windows" {
		return windows
	}
	return others
}

func TestRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t, egress.Options{})
	t.Run("port", func(t *testing.T) {
		t.Parallel()
		_, err := post(t, c, nobody, egress.Profile{})
		require.ErrorIs(t, requireReason(t, egress.ReasonRefused, err), system(syscall.ECONNREFUSED, 10061))
	})
	t.Run("reset before the answer", func(t *testing.T) {
		t.Parallel()
		address := listen(t, func(conn *net.TCPConn) {
			readRequest(conn)
			_ = conn.SetLinger(0)
		})
		_, err := post(t, c, "http://"+address, egress.Profile{})
		require.ErrorIs(t, requireReason(t, egress.ReasonRefused, err), system(syscall.ECONNRESET, 10054))
	})
}

func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	c := newClient(t, egress.Options{})
	for name, answer := range map[string]string{
		"none":                    "",
		"not HTTP":                "SSH-2.0-OpenSSH_9.2\r\n",
		"half a status line":      "HTTP/1.1 2",
		"half a header":           "HTTP/1.1 200 OK\r\nContent-Le",
		"no header":               "HTTP/1.1 200 OK\r\n" + secret + "\r\n\r\n",
		"bad length":              "HTTP/1.1 200 OK\r\nContent-Length: " + secret + "\r\n\r\n",
		"unknown coding":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + secret + "\r\n\r\n",
		"protocol switched":       "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: " + secret + "\r\n\r\n",
		"chunk without its bytes": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nx",
		"bad chunk":               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + secret + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := listen(t, func(conn *net.TCPConn) {
				readRequest(conn)
				_, _ = io.WriteString(conn, answer)
				_ = conn.CloseWrite()
				untilClosed(conn)
			})
			_, err := post(t, c, "http://"+address, egress.Profile{})
			requireReason(t, egress.ReasonProtocol, err)
		})
	}
	t.Run("echo of the request", func(t *testing.T) {
		t.Parallel()
		address := listen(t, func(conn *net.TCPConn) { _, _ = io.Copy(conn, conn) })
		_, err := post(t, c, "http://"+address, egress.Profile{})
		requireReason(t, egress.ReasonProtocol, err)
	})
	t.Run("reset in the middle", func(t *testing.T) {
		t.Parallel()
		address := listen(t, func(conn *net.TCPConn) {
			readRequest(conn)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
			_ = conn.SetLinger(0)
		})
		answer, err := post(t, c, "http://"+address, egress.Profile{})
		requireReason(t, egress.ReasonProtocol, err)
		require.Equal(t, http.StatusOK, answer.Status, "what came before is kept")
		require.Equal(t, "half", string(answer.Body))
		require.True(t, answer.Truncated)
	})
	t.Run("closed over HTTP/2", func(t *testing.T) {
		t.Parallel()
		server := startTLS(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil)
		_, err := post(t, c, server.URL, egress.Profile{RootCAs: server.roots})
		requireReason(t, egress.ReasonProtocol, err)
	})
}

// hangs are servers that keep a request waiting, each in another phase.
var hangs = map[string]struct {
	scheme string
	serve  func(*net.TCPConn)
	status int
	body   string
}{
	"handshake": {scheme: "https", serve: func(conn *net.TCPConn) { untilClosed(conn) }},
	"no answer": {scheme: "http", serve: func(conn *net.TCPConn) {
		readRequest(conn)
		untilClosed(conn)
	}},
	"half a header": {scheme: "http", serve: func(conn *net.TCPConn) {
		readRequest(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nX-Slow: ")
		untilClosed(conn)
	}},
	"body byte by byte": {scheme: "http", status: http.StatusOK, body: "x", serve: func(conn *net.TCPConn) {
		readRequest(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
		untilClosed(conn) // the second is so long that the next byte never comes
	}},
	"request is not read": {scheme: "http", serve: func(conn *net.TCPConn) {
		_ = conn.SetReadBuffer(1)
		var buf [1]byte
		_, _ = conn.Read(buf[:])
		untilClosed(conn)
	}},
}

func TestDeadlineCoversEverything(t *testing.T) {
	t.Parallel()
	for name, test := range hangs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, egress.Options{})
			end := soon
			if test.body != "" {
				end = aWhile
			}
			answer, err := postUntil(t, end, c, test.scheme+"://"+listen(t, test.serve))
			require.ErrorIs(t, requireReason(t, egress.ReasonTimeout, err), context.DeadlineExceeded)
			require.Equal(t, test.status, answer.Status)
			require.Equal(t, test.body, string(answer.Body))
			require.Equal(t, test.body != "", answer.Truncated)
		})
	}
	t.Run("lookup", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, egress.Options{Resolver: rawResolver(func([]byte) []byte { return nil })})
		_, err := postUntil(t, soon, c, "http://customer.example")
		requireReason(t, egress.ReasonTimeout, err)
	})
	t.Run("connections are taken", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, egress.Options{ConnsPerHost: 1})
		taken := make(chan struct{})
		var conns atomic.Int64
		address := listen(t, func(conn *net.TCPConn) {
			conns.Add(1)
			readRequest(conn)
			close(taken)
			untilClosed(conn)
		})
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan error)
		go func() {
			_, err := c.Do(newRequest(ctx, t, http.MethodPost, "http://"+address), egress.Profile{})
			first <- err
		}()
		<-taken
		_, err := postUntil(t, soon, c, "http://"+address)
		requireReason(t, egress.ReasonTimeout, err)
		require.Equal(t, int64(1), conns.Load())
		cancel()
		requireReason(t, egress.ReasonCanceled, <-first)
	})
}

func TestCauseOfTheContext(t *testing.T) {
	t.Parallel()
	errShutdown := errors.New("shutting down")
	for name, test := range map[string]struct {
		with func(context.Context) (context.Context, context.CancelFunc)
		want egress.Reason
		err  error
	}{
		"canceled": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			return ctx, func() { cancel(errShutdown) }
		}, egress.ReasonCanceled, errShutdown},
		"canceled because of a deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			return ctx, func() { cancel(context.DeadlineExceeded) }
		}, egress.ReasonTimeout, context.DeadlineExceeded},
		"deadline with a cause": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(ctx, 0, errShutdown)
		}, egress.ReasonTimeout, errShutdown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, egress.Options{})
			ctx, cancel := test.with(t.Context())
			address := listen(t, func(conn *net.TCPConn) {
				readRequest(conn)
				cancel()
				untilClosed(conn)
			})
			defer cancel()
			_, err := c.Do(newRequest(ctx, t, http.MethodPost, "http://"+address), egress.Profile{})
			require.ErrorIs(t, requireReason(t, test.want, err), test.err)
		})
	}
}

func TestHeadersAreLimited(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"one without end":              "a",
		"many":                         "X-A: " + secret + "\r\n",
		"of informational answers too": "a\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			written := make(chan int, 1)
			address := listen(t, func(conn *net.TCPConn) {
				readRequest(conn)
				_, _ = io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nLink: ")
				written <- forever(conn, text)
			})
			_, err := post(t, newClient(t, egress.Options{}), "http://"+address, egress.Profile{})
			requireReason(t, egress.ReasonTooLarge, err)
			require.Less(t, <-written, 64<<20, "what the kernel buffers, and the connection is closed")
		})
	}
	big := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for range n {
				w.Header().Add("X-A", "0123456789012345678901234567890123456789")
			}
		}
	}
	t.Run("over HTTP/2", func(t *testing.T) {
		t.Parallel()
		server := startTLS(t, big(1000), nil)
		_, err := post(t, newClient(t, egress.Options{}), server.URL, egress.Profile{RootCAs: server.roots})
		requireReason(t, egress.ReasonTooLarge, err)
	})
	t.Run("by the option", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(big(1000))
		t.Cleanup(server.Close)
		_, err := post(t, newClient(t, egress.Options{MaxHeader: 1 << 20}), server.URL, egress.Profile{})
		require.NoError(t, err)
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, resolver := range map[string]*net.Resolver{
		"not there":         names(nil),
		"temporary failure": failingResolver(t, 2),
		"no address":        resolver(func(string) []netip.Addr { return []netip.Addr{} }),
		"no server": {PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, syscall.ECONNREFUSED
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := post(t, newClient(t, egress.Options{Resolver: resolver}), "https://customer.example./", egress.Profile{})
			var e *net.DNSError
			require.ErrorAs(t, requireReason(t, egress.ReasonDNS, err), &e)
		})
	}
}

// Not parallel: it counts goroutines.
func TestHangingServersLeaveNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	c, err := egress.New(egress.Options{AllowPrefixes: loopback})
	require.NoError(t, err)
	for _, test := range hangs {
		address, stop := listenUntil(t, test.serve)
		_, err := postUntil(t, soon, c, test.scheme+"://"+address)
		requireReason(t, egress.ReasonTimeout, err)
		stop()
	}
	c.Close()
	// The connections are closed; what goroutines served them need only be scheduled.
	for limit := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		require.True(t, time.Now().Before(limit), "%d goroutines, %d before", runtime.NumGoroutine(), before)
	}
}
