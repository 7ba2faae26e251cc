package callback_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
)

// A body that does not arrive in time is given up, over a real connection.
func TestHandler_slowBody(t *testing.T) {
	t.Parallel()
	var rec callbacktest.Recorder[callback.Uplink]
	mux := http.NewServeMux()
	mux.Handle("/", newHandler(t, rec.Handle, callback.Options{}))
	mux.Handle("/impatient", newHandler(t, rec.Handle, callback.Options{Timeout: 50 * time.Millisecond}))
	s := httptest.NewServer(mux)
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()

	// The connection goes on after a body in time.
	_, err = conn.Write([]byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\n\r\n" + `{"device":"1"}`))
	require.NoError(t, err)
	answers := bufio.NewReader(conn)
	answer, err := http.ReadResponse(answers, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, answer.StatusCode)

	_, err = conn.Write([]byte("POST /impatient HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\n\r\n" + `{"device":`))
	require.NoError(t, err)
	answer, err = http.ReadResponse(answers, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusRequestTimeout, answer.StatusCode)
	require.True(t, answer.Close, "what is left of the body is not waited for")
	require.Len(t, rec.Messages(), 1)
}

func TestHandler_server(t *testing.T) {
	t.Parallel()
	var rec callbacktest.Recorder[callback.Uplink]
	s := httptest.NewUnstartedServer(nil)
	s.Config = callback.NewServer("", newHandler(t, rec.Handle, callback.Options{Verifier: bearer(t)}))
	s.Start()
	defer s.Close()
	post := func(body string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, struct{ *strings.Reader }{strings.NewReader(body)})
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+secret)
		answer, err := s.Client().Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	require.Equal(t, http.StatusNoContent, post(`{"device":"1"}`))
	require.Equal(t, http.StatusRequestEntityTooLarge, post(`{"device":"1"}`+strings.Repeat(" ", 64<<10)))
	require.Equal(t, http.StatusNoContent, post(`{"device":"2"}`))
	require.Len(t, rec.Messages(), 2)
}

func TestNewServer(t *testing.T) {
	t.Parallel()
	h := newHandler(t, func(context.Context, callback.Uplink) error { return nil }, callback.Options{})
	s := callback.NewServer("127.0.0.1:8080", h)
	require.Equal(t, "127.0.0.1:8080", s.Addr)
	require.NotNil(t, s.Handler)
	for _, timeout := range []time.Duration{s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout, s.IdleTimeout} {
		require.Positive(t, timeout)
	}
	require.Greater(t, s.WriteTimeout, 10*time.Second, "longer than the cloud waits")
	require.Less(t, s.MaxHeaderBytes, 1<<20)
}

// A server that gives up reading by itself saves the handler from setting deadlines,
// and its end is answered alike.
func TestHandler_slowBodyOfServer(t *testing.T) {
	t.Parallel()
	var rec callbacktest.Recorder[callback.Uplink]
	s := httptest.NewUnstartedServer(newHandler(t, rec.Handle, callback.Options{}))
	s.Config.ReadTimeout = 50 * time.Millisecond
	s.Config.ReadHeaderTimeout = time.Minute // the header may come late on a busy machine
	s.Start()
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\n\r\n" + `{"device":`))
	require.NoError(t, err)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusRequestTimeout, answer.StatusCode)
	require.Empty(t, rec.Messages())
}
