package dispatch_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// faults are servers that do wrong, and what becomes of an attempt.
var faults = map[string]struct {
	serve  func(net.Conn)
	scheme string
	path   string
	want   dispatch.Attempt
}{
	"closed without an answer": {
		serve: readRequest,
		want:  dispatch.Attempt{Reason: dispatch.ReasonProtocol},
	},
	"reset in mid-answer": {
		serve: func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
			_ = c.(counting).SetLinger(0)
		},
		want: dispatch.Attempt{Reason: dispatch.ReasonProtocol, Status: 200, Answer: []byte("half")},
	},
	"headers without end": {
		serve: func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			forever(c, 0, "X-More: "+strings.Repeat("x", 1000)+"\r\n")
		},
		want: dispatch.Attempt{Reason: dispatch.ReasonTooLarge},
	},
	"headers byte by byte": {
		serve: func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX-Slow: ")
			forever(c, 20*time.Millisecond, "x")
		},
		want: dispatch.Attempt{Reason: dispatch.ReasonTimeout},
	},
	"body byte by byte": {
		serve: func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
			forever(c, late, "x") // the second is so long that the next byte never comes
		},
		want: dispatch.Attempt{Reason: dispatch.ReasonTimeout, Status: 200, Answer: []byte("x")},
	},
	"giant body": {
		serve: func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
			forever(c, 0, strings.Repeat("x", 1<<16))
		},
		// What it had to say was too long, but it did say that it has the message.
		want: dispatch.Attempt{Status: 200, Answer: []byte(strings.Repeat("x", 1<<10))},
	},
	"no answer": {
		serve: func(c net.Conn) { forever(c, 0, "") },
		want:  dispatch.Attempt{Reason: dispatch.ReasonTimeout},
	},
	"no handshake": {
		serve: func(c net.Conn) { forever(c, 0, "") }, scheme: "https",
		want: dispatch.Attempt{Reason: dispatch.ReasonTimeout},
	},
	"no TLS": {
		serve: func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }, scheme: "https",
		want: dispatch.Attempt{Reason: dispatch.ReasonTLS},
	},
	"redirect to this machine": {
		serve: func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
		},
		want: dispatch.Attempt{Reason: dispatch.ReasonRedirect, Status: 302},
	},
}

// Whatever a server does, the attempt ends in time, is recorded, and takes no more of an
// answer than it may.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, written := listen(t, tt.serve)
			scheme := tt.scheme
			if scheme == "" {
				scheme = "http"
			}
			to := dispatch.TargetOptions{ID: "a", Definition: callback.Definition{URL: scheme + "://" + address}}
			if tt.want.Reason == dispatch.ReasonTimeout {
				to.Timeout = soon
			}
			if tt.want.Status != 0 && to.Timeout != 0 {
				to.Timeout = aWhile
			}
			a := attemptByRun(t, nil, to)
			require.Equal(t, tt.want.Reason, a.Reason, a.Error)
			require.Equal(t, tt.want.Status, a.Status)
			require.Equal(t, string(tt.want.Answer), string(a.Answer))
			require.Less(t, written.Load(), int64(32<<20), "what the kernel buffers")
		})
	}
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		const nobody = "http://127.0.0.1:1" // a port that was closed might be another test's by now
		a := attemptByRun(t, nil, dispatch.TargetOptions{ID: "a", Definition: callback.Definition{URL: nobody}})
		require.Equal(t, dispatch.ReasonRefused, a.Reason, a.Error)
	})
	t.Run("untrusted certificate", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		t.Cleanup(server.Close)
		a := attemptByRun(t, nil, dispatch.TargetOptions{ID: "a", Definition: callback.Definition{URL: server.URL}})
		require.Equal(t, dispatch.ReasonTLS, a.Reason, a.Error)
	})
	t.Run("lookup without answer", func(t *testing.T) {
		t.Parallel()
		a := attemptByRun(t, resolver(func() netip.Addr { return netip.Addr{} }), dispatch.TargetOptions{
			ID: "a", Definition: callback.Definition{URL: "http://customer.example"}, Timeout: soon,
		})
		require.Equal(t, dispatch.ReasonTimeout, a.Reason, a.Error)
	})
}

// A name that was good for one attempt is looked at again for the next.
func TestFaults_rebinding(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		served.Add(1)
		w.Header().Set("Connection", "close") // so that there is another lookup
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	var lookups atomic.Int64
	names := resolver(func() netip.Addr {
		if lookups.Add(1) == 1 {
			return netip.MustParseAddr("127.0.0.1") // allowed
		}
		return netip.MustParseAddr("10.0.0.1")
	})
	list := attemptsByRun(t, names, time.Millisecond, dispatch.TargetOptions{
		ID: "a", Definition: callback.Definition{URL: "http://customer.example:" + port},
	})
	require.Len(t, list, 2)
	require.Equal(t, http.StatusServiceUnavailable, list[0].Status)
	require.Equal(t, dispatch.ReasonForbidden, list[1].Reason, list[1].Error)
	require.EqualValues(t, 1, served.Load())
}

// Attempts that are to time out do so soon, or in a while if part of an answer is expected
// before. The others may take as long as a busy machine takes.
const (
	soon   = time.Second
	aWhile = 5 * time.Second
	late   = time.Minute
)

// attemptByRun makes an attempt, which has until late unless to says otherwise.
func attemptByRun(t *testing.T, names *net.Resolver, to dispatch.TargetOptions) dispatch.Attempt {
	t.Helper()
	to.Timeout = cmp.Or(to.Timeout, late)
	list := attemptsByRun(t, names, 0, to)
	require.Len(t, list, 1)
	return list[0]
}

// attemptsByRun enqueues a request and returns its attempts: two if delay is not 0.
func attemptsByRun(t *testing.T, names *net.Resolver, delay time.Duration, to dispatch.TargetOptions) (list []dispatch.Attempt) {
	t.Helper()
	policy := &dispatch.RetryPolicy{}
	if delay > 0 {
		policy.Delays = []time.Duration{delay}
	}
	ended := make(chan struct{})
	d, err := dispatch.NewWithResolver(dispatch.Options{
		Retry: policy, AllowPrefixes: loopback(),
		Hooks: dispatch.Hooks{OnAttempt: func(_ context.Context, a dispatch.AttemptEnd) {
			if list = append(list, a.Attempt); len(list) == 1+len(policy.Delays) {
				close(ended)
			}
		}},
	}, names)
	require.NoError(t, err)
	stop := run(t, d)
	require.NoError(t, d.Enqueue(t.Context(), request(t, newTarget(t, to), 1, 1)))
	<-ended
	require.Equal(t, errStop, stop())
	requireBalance(t, d)
	return list
}

// listen serves each connection with serve until the test ends, and counts what was
// written.
func listen(t *testing.T, serve func(net.Conn)) (address string, written *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	written = new(atomic.Int64)
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				defer conn.Close()
				serve(counting{conn.(*net.TCPConn), written})
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		group.Wait()
	})
	return l.Addr().String(), written
}

// counting is a connection that counts what is written to it.
type counting struct {
	*net.TCPConn

	written *atomic.Int64
}

func (c counting) Write(p []byte) (int, error) {
	n, err := c.TCPConn.Write(p)
	c.written.Add(int64(n))
	return n, err
}

// readRequest reads the request, so that closing the connection does not reset it.
func readRequest(c net.Conn) { _, _ = http.ReadRequest(bufio.NewReader(c)) }

// forever writes a text over and over until the client has gone. Without one it only
// waits for that.
func forever(c net.Conn, pause time.Duration, text string) {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, c)
	}()
	for text != "" {
		if _, err := io.WriteString(c, text); err != nil {
			break
		}
		select {
		case <-gone:
			return
		case <-time.After(pause):
		}
	}
	<-gone
}

// resolver resolves every name to the address that lookup returns, and does not
// answer if it is not valid.
func resolver(lookup func() netip.Addr) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			for {
				var length [2]byte // DNS over TCP
				if _, err := io.ReadFull(server, length[:]); err != nil {
					return
				}
				query := make([]byte, binary.BigEndian.Uint16(length[:]))
				if _, err := io.ReadFull(server, query); err != nil {
					return
				}
				if answer := resolve(query, lookup); answer != nil {
					_, _ = server.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
				}
			}
		}()
		return client, nil
	}}
}

// resolve answers one query for an address.
func resolve(query []byte, lookup func() netip.Addr) []byte {
	end := 12 // of the name
	for query[end] != 0 {
		end += 1 + int(query[end])
	}
	isA := query[end+2] == 1
	answer := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end+5]...)
	if !isA {
		return answer // no address of this kind
	}
	address := lookup()
	if !address.IsValid() {
		return nil
	}
	answer[7] = 1 // count of answers
	answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
	return append(answer, address.AsSlice()...)
}
