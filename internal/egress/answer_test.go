package egress_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/egress"
)

func TestAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", strings.Join([]string{
			r.Method, r.URL.RawQuery, r.Header.Get("X-Api-Key"), user, password, string(body),
			r.Header.Get("Accept-Encoding"),
		}, "|"))
		status, _ := strconv.Atoi(r.URL.Path[1:])
		w.WriteHeader(status)
		if status != http.StatusNoContent {
			_, _ = io.WriteString(w, "text")
		}
	}))
	t.Cleanup(server.Close)
	c := newClient(t, egress.Options{})
	for _, status := range []int{200, 202, 204, 400, 404, 429, 503} {
		answer, err := post(t, c, server.URL+"/"+strconv.Itoa(status), egress.Profile{})
		require.NoError(t, err)
		require.Equal(t, status, answer.Status)
		require.Equal(t, "POST|token=S3CR3T|S3CR3T|userS3CR3T|passwordS3CR3T|body S3CR3T|", answer.Header.Get("X-Seen"))
		require.False(t, answer.Truncated)
		if status == http.StatusNoContent {
			require.Empty(t, answer.Body)
		} else {
			require.Equal(t, "text", string(answer.Body))
		}
	}
	t.Run("a header wins over the URL", func(t *testing.T) {
		t.Parallel()
		r := newRequest(t.Context(), t, http.MethodPut, server.URL+"/200")
		r.SetBasicAuth("a", "b")
		answer, err := c.Do(r, egress.Profile{})
		require.NoError(t, err)
		require.Equal(t, "PUT|token=S3CR3T|S3CR3T|a|b|body S3CR3T|", answer.Header.Get("X-Seen"))
	})
	t.Run("the request stays as it is", func(t *testing.T) {
		t.Parallel()
		r := newRequest(t.Context(), t, http.MethodPost, server.URL+"/200")
		_, err := c.Do(r, egress.Profile{})
		require.NoError(t, err)
		require.Empty(t, r.Header.Get("Authorization"))
	})
}

func TestAnswersAreLimited(t *testing.T) {
	t.Parallel()
	const limit = 1000
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Path[1:])
		_, _ = w.Write(make([]byte, n))
	}))
	t.Cleanup(server.Close)
	c := newClient(t, egress.Options{MaxAnswer: limit})
	for n, want := range map[int]int{0: 0, 1: 1, limit - 1: limit - 1, limit: limit, limit + 1: limit, 1 << 20: limit} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			answer, err := post(t, c, server.URL+"/"+strconv.Itoa(n), egress.Profile{})
			require.NoError(t, err)
			require.Len(t, answer.Body, want)
			require.Equal(t, n > limit, answer.Truncated)
		})
	}
	t.Run("not at all", func(t *testing.T) {
		t.Parallel()
		answer, err := post(t, newClient(t, egress.Options{MaxAnswer: math.MaxInt64}), server.URL+"/1000000", egress.Profile{})
		require.NoError(t, err)
		require.Len(t, answer.Body, 1000000)
	})
	t.Run("by default", func(t *testing.T) {
		t.Parallel()
		answer, err := post(t, newClient(t, egress.Options{}), server.URL+"/1000000", egress.Profile{})
		require.NoError(t, err)
		require.Len(t, answer.Body, 64<<10)
	})
}

// A server that never stops is not listened to: its connection, or stream, is closed.
func TestEndlessBodies(t *testing.T) {
	t.Parallel()
	t.Run("HTTP/1", func(t *testing.T) {
		t.Parallel()
		written := make(chan int, 1)
		address := listen(t, func(conn *net.TCPConn) {
			readRequest(conn)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
			written <- forever(conn, "endless ")
		})
		answer, err := post(t, newClient(t, egress.Options{}), "http://"+address, egress.Profile{})
		require.NoError(t, err)
		require.True(t, answer.Truncated)
		require.Len(t, answer.Body, 64<<10)
		require.Less(t, <-written, 64<<20)
	})
	t.Run("HTTP/2", func(t *testing.T) {
		t.Parallel()
		written := make(chan int, 1)
		server := startTLS(t, func(w http.ResponseWriter, _ *http.Request) {
			total := 0
			for {
				n, err := w.Write(make([]byte, 4096))
				total += n
				if err != nil {
					written <- total
					return
				}
			}
		}, nil)
		answer, err := post(t, newClient(t, egress.Options{}), server.URL, egress.Profile{RootCAs: server.roots})
		require.NoError(t, err)
		require.True(t, answer.Truncated)
		require.Len(t, answer.Body, 64<<10)
		require.Less(t, <-written, 1<<20, "the window of a stream, and what was read")
	})
}

func TestCompressedAnswers(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 10<<20))
	require.NoError(t, z.Close())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Encoding"] = r.Header["X-Encoding"]
		if len(r.Header["X-Encoding"]) == 0 || r.Header.Get("X-Encoding") == "Identity" {
			_, _ = io.WriteString(w, "plain")
			return
		}
		_, _ = w.Write(bomb.Bytes())
	}))
	t.Cleanup(server.Close)
	c := newClient(t, egress.Options{})
	for _, test := range []struct {
		encoding []string
		want     string
	}{
		{nil, "plain"},
		{[]string{"Identity"}, "plain"},
		{[]string{"gzip"}, ""},
		{[]string{"GZIP"}, ""},
		{[]string{"br"}, ""},
		{[]string{"identity, gzip"}, ""},
		{[]string{"", "gzip"}, ""},
		{[]string{secret}, ""},
	} {
		t.Run(strings.Join(test.encoding, " "), func(t *testing.T) {
			t.Parallel()
			r := newRequest(t.Context(), t, http.MethodPost, server.URL)
			r.Header["X-Encoding"] = test.encoding
			r.Header.Set("Accept-Encoding", "gzip") // it is not undone even if asked for
			answer, err := c.Do(r, egress.Profile{})
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, answer.Status)
			require.Equal(t, test.want, string(answer.Body))
			require.Equal(t, test.want == "", answer.Truncated)
		})
	}
}

func TestRedirectsAreAnswers(t *testing.T) {
	t.Parallel()
	var followed atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
	defer inside.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.Header.Get("X-Location"))
		status, _ := strconv.Atoi(r.URL.Path[1:])
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "moved")
	}))
	defer server.Close()
	c := newClient(t, egress.Options{})
	for _, status := range []int{300, 301, 302, 303, 305, 307, 308} {
		for _, location := range []string{inside.URL, "", "http://%zz/", "/relative"} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				r := newRequest(t.Context(), t, method, server.URL+"/"+strconv.Itoa(status))
				r.Header.Set("X-Location", location)
				answer, err := c.Do(r, egress.Profile{})
				require.NoError(t, err)
				require.Equal(t, status, answer.Status)
				require.Equal(t, location, answer.Header.Get("Location"))
				require.Equal(t, "moved", string(answer.Body))
			}
		}
	}
	require.Zero(t, followed.Load())
}
