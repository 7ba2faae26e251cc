package receive_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/receive"
)

func TestReadBody(t *testing.T) {
	t.Parallel()
	const limit = 10
	broken := errors.New("connection lost")
	text := func(s string) func() io.Reader { return func() io.Reader { return strings.NewReader(s) } }
	fails := func(err error) func() io.Reader { return func() io.Reader { return iotest.ErrReader(err) } }
	tests := []struct {
		name   string
		body   func() io.Reader
		length int64
		want   string
		err    error
	}{
		{"none", nil, 0, "", nil},
		{"empty", text(""), 0, "", nil},
		{"short", text("abc"), 3, "abc", nil},
		{"byte by byte", func() io.Reader { return iotest.OneByteReader(strings.NewReader("abc")) }, 3, "abc", nil},
		{"data and EOF", func() io.Reader { return iotest.DataErrReader(strings.NewReader("abc")) }, 3, "abc", nil},
		{"at the limit", text("0123456789"), 10, "0123456789", nil},
		{"at the limit, chunked", text("0123456789"), -1, "0123456789", nil},
		{"over the limit", text("0123456789a"), 11, "", receive.ErrTooLarge},
		{"over the limit, chunked", text("0123456789a"), -1, "", receive.ErrTooLarge},
		{"far over the limit, chunked", text(strings.Repeat("x", 1<<20)), -1, "", receive.ErrTooLarge},
		{"announced only", fails(errors.New("must not be read")), 11, "", receive.ErrTooLarge},
		{"over the limit of a middleware", func() io.Reader {
			return http.MaxBytesReader(nil, io.NopCloser(strings.NewReader("0123")), 3)
		}, -1, "", receive.ErrTooLarge},
		{"broken", func() io.Reader { return io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)) }, -1, "", broken},
		{"deadline", fails(os.ErrDeadlineExceeded), -1, "", receive.ErrTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, buf := range [][]byte{nil, make([]byte, 0, 4), append(make([]byte, 0, 100), "kept"...)} {
				r := &http.Request{ContentLength: tt.length}
				if tt.body != nil {
					r.Body = io.NopCloser(tt.body())
				}
				got, err := receive.ReadBody(buf, httptest.NewRecorder(), r, limit, time.Time{})
				require.ErrorIs(t, err, tt.err)
				require.Equal(t, string(buf)+tt.want, string(got))
			}
		})
	}
}

// deadlines notes the deadlines that are set on a connection.
type deadlines struct {
	http.ResponseWriter
	set []time.Time
	err error
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return d.err
}

// wrapped is the writer of a middleware.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestReadBody_deadline(t *testing.T) {
	t.Parallel()
	at := time.Unix(1546929254, 0)
	request := func(body io.Reader) *http.Request { return httptest.NewRequest(http.MethodPost, "/", body) }

	conn := &deadlines{}
	_, err := receive.ReadBody(nil, wrapped{wrapped{conn}}, request(strings.NewReader("abc")), 10, at)
	require.NoError(t, err)
	require.Equal(t, []time.Time{at, {}}, conn.set, "set, and taken back for what follows")

	conn = &deadlines{}
	_, err = receive.ReadBody(nil, conn, request(iotest.ErrReader(os.ErrDeadlineExceeded)), 10, at)
	require.ErrorIs(t, err, receive.ErrTimeout)
	require.Equal(t, []time.Time{at}, conn.set)

	conn = &deadlines{}
	_, err = receive.ReadBody(nil, conn, request(http.NoBody), 10, at)
	require.NoError(t, err)
	require.Empty(t, conn.set)

	conn = &deadlines{err: http.ErrNotSupported}
	_, err = receive.ReadBody(nil, conn, request(strings.NewReader("abc")), 10, at)
	require.NoError(t, err)
	require.Equal(t, []time.Time{at}, conn.set)
}
