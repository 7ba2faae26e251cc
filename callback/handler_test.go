package callback_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/downlink"
)

const (
	typeJSON = "application/json"
	typeForm = "application/x-www-form-urlencoded"
	secret   = "s3cr3t-token"
)

// newHandler returns a handler for fn that accepts all requests.
func newHandler[M callback.Message](t testing.TB, fn func(context.Context, M) error, o callback.Options) http.Handler {
	t.Helper()
	if o.Verifier == nil {
		o.Verifier = callback.Unverified()
	}
	h, err := callback.NewHandler(fn, o)
	require.NoError(t, err)
	return h
}

func bearer(t testing.TB) callback.Verifier {
	t.Helper()
	v, err := callback.BearerToken(secret)
	require.NoError(t, err)
	return v
}

func newRequest(method, target, contentType, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

func TestHandler_status(t *testing.T) {
	t.Parallel()
	const good = `{"device":"2C30EA","data":"00"}`
	with := func(r *http.Request, name string, values ...string) *http.Request {
		r.Header[name] = values
		return r
	}
	chunked := func(r *http.Request) *http.Request {
		r.ContentLength = -1
		return r
	}
	tests := []struct {
		name    string
		request *http.Request
		fail    error
		status  int
		header  http.Header // what else the answer says
		calls   int
	}{
		{"JSON", newRequest("POST", "/", typeJSON, good), nil, 204, nil, 1},
		{"PUT", newRequest("PUT", "/", typeJSON, good), nil, 204, nil, 1},
		{"GET", newRequest("GET", "/?device=1", "", ""), nil, 204, nil, 1},
		{"GET with a body", newRequest("GET", "/?device=1", typeJSON, `{"device":"x"}`), nil, 204, nil, 1},
		{"form", newRequest("POST", "/", typeForm, "device=1"), nil, 204, nil, 1},
		{"text", newRequest("POST", "/", "text/plain", "device:1"), nil, 204, nil, 1},
		{"batch", newRequest("POST", "/", "", good+"\n"+good), nil, 204, nil, 2},
		{"batch with a bad line", newRequest("POST", "/", "", good+"\n{}\n"+good), nil, 204, nil, 2},
		{"batch of bad lines", newRequest("POST", "/", "", "{}\n{}"), nil, 400, nil, 0},
		{"empty array", newRequest("POST", "/", "", "[]"), nil, 204, nil, 0},
		{"identity", with(newRequest("POST", "/", "", good), "Content-Encoding", "identity"), nil, 204, nil, 1},

		{"HEAD", newRequest("HEAD", "/?device=1", "", ""), nil, 405, http.Header{"Allow": {"GET, POST, PUT, OPTIONS"}}, 0},
		{"DELETE", newRequest("DELETE", "/?device=1", "", ""), nil, 405, http.Header{"Allow": {"GET, POST, PUT, OPTIONS"}}, 0},
		{"OPTIONS", newRequest("OPTIONS", "/?device=1", "", ""), nil, 204, http.Header{"Allow": {"GET, POST, PUT, OPTIONS"}}, 0},

		{"no body", newRequest("POST", "/", typeJSON, ""), nil, 400, nil, 0},
		{"no device", newRequest("POST", "/", typeJSON, `{}`), nil, 400, nil, 0},
		{"no JSON", newRequest("POST", "/", typeJSON, "device=1"), nil, 400, nil, 0},
		{"bad value", newRequest("POST", "/", typeForm, "device=1&time=noon"), nil, 400, nil, 0},
		{"invalid UTF-8", newRequest("POST", "/", "", "{\"device\":\"1\",\"note\":\"\xff\xfe\"}"), nil, 400, nil, 0},
		{"invalid UTF-8 in a form", newRequest("POST", "/", typeForm, "device=1&deviceTypeId=%ff"), nil, 400, nil, 0},
		{"10,000 levels", newRequest("POST", "/", "", `{"device":"1","a":`+strings.Repeat(`[`, 10_000)+strings.Repeat(`]`, 10_000)+"}"), nil, 400, nil, 0},
		{"10,000 objects", newRequest("POST", "/", "", strings.Repeat(`{"a":`, 10_000)+"1"+strings.Repeat(`}`, 10_000)), nil, 400, nil, 0},
		{"10,000 levels, quoted", newRequest("POST", "/", "", `{"device":"1","computedLocation":"`+strings.Repeat(`[`, 10_000)+`"}`), nil, 400, nil, 0},
		{"body breaks off", httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(io.ErrUnexpectedEOF)), nil, 400, nil, 0},

		{"body at the limit", newRequest("POST", "/", "", good+strings.Repeat(" ", 64<<10-len(good))), nil, 204, nil, 1},
		{"body over the limit", newRequest("POST", "/", "", good+strings.Repeat(" ", 64<<10-len(good)+1)), nil, 413, http.Header{"Connection": {"close"}}, 0},
		{"body over the limit, chunked", chunked(newRequest("POST", "/", "", good+strings.Repeat(" ", 64<<10))), nil, 413, http.Header{"Connection": {"close"}}, 0},
		{"query at the limit", newRequest("GET", "/?device=1&a="+strings.Repeat("x", 64<<10-11), "", ""), nil, 204, nil, 1},
		{"query of 1 MiB", newRequest("GET", "/?device=1&a="+strings.Repeat("x", 1<<20), "", ""), nil, 413, http.Header{"Connection": {"close"}}, 0},

		{"XML", newRequest("POST", "/", "text/xml", "<a/>"), nil, 415, nil, 0},
		{"gzip", with(newRequest("POST", "/", "", good), "Content-Encoding", "gzip"), nil, 415, nil, 0},
		{"two encodings", with(newRequest("POST", "/", "", good), "Content-Encoding", "identity", "gzip"), nil, 415, nil, 0},

		{"function fails", newRequest("POST", "/", "", good), errors.New("disk full"), 500, nil, 1},
		{"function is overloaded", newRequest("POST", "/", "", good), callback.ErrOverloaded, 503, http.Header{"Retry-After": {"60"}}, 1},
		{"function took too long", newRequest("POST", "/", "", good), context.DeadlineExceeded, 503, http.Header{"Retry-After": {"60"}}, 1},
		{"function fails for a batch", newRequest("POST", "/", "", good+"\n"+good), errors.New("disk full"), 500, nil, 2},
		{"function fails for a batch with a bad line", newRequest("POST", "/", "", good+"\n{}"), errors.New("disk full"), 500, nil, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := callbacktest.Recorder[callback.DataAdvanced]{Err: tt.fail}
			w := callbacktest.Deliver(newHandler(t, rec.Handle, callback.Options{}), tt.request)
			require.Equal(t, tt.status, w.Code)
			if tt.header == nil {
				tt.header = http.Header{}
			}
			require.Equal(t, tt.header, w.Header())
			require.Empty(t, w.Body.String(), "an answer never tells why")
			require.Len(t, rec.Messages(), tt.calls)
		})
	}
}

func TestHandler_unverified(t *testing.T) {
	t.Parallel()
	var rec callbacktest.Recorder[callback.Uplink]
	h := newHandler(t, rec.Handle, callback.Options{Verifier: bearer(t)})
	for _, values := range [][]string{nil, {""}, {"Bearer wrong"}, {"Bearer "}, {"Bearer " + secret, "Bearer " + secret}} {
		r := httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(errors.New("must not be read")))
		r.Header["Authorization"] = values
		w := callbacktest.Deliver(h, r)
		require.Equal(t, http.StatusUnauthorized, w.Code, values)
		require.Equal(t, http.Header{"Www-Authenticate": {`Bearer realm="callback"`}}, w.Header())
	}
	require.Empty(t, rec.Messages())

	r := callbacktest.NewRequest("/", callbacktest.JSON, callbacktest.Uplink())
	r.Header.Set("Authorization", "bearer "+secret)
	require.Equal(t, http.StatusNoContent, callbacktest.Deliver(h, r).Code)
	require.Len(t, rec.Messages(), 1)

	custom, err := callback.Header("X-Token", secret)
	require.NoError(t, err)
	w := callbacktest.Deliver(newHandler(t, rec.Handle, callback.Options{Verifier: custom}), newRequest("GET", "/?device=1", "", ""))
	require.Equal(t, http.StatusUnauthorized, w.Code)
	require.Empty(t, w.Header(), "no scheme to ask for")
}

func TestHandler_OnError(t *testing.T) {
	t.Parallel()
	type report struct {
		reason  string
		status  int
		skipped bool
	}
	tests := []struct {
		name, body string
		fail       error
		answer     int // of OnError
		status     int
		header     http.Header
		want       []report
	}{
		{"no error", `{"device":"1"}`, nil, 200, 204, http.Header{}, nil},
		{"default", `{}`, nil, 0, 400, http.Header{}, []report{{"callback: DATA/UPLINK: device: missing" + notNamed, 400, false}}},
		{"override", `{}`, nil, 204, 204, http.Header{}, []report{{"callback: DATA/UPLINK: device: missing" + notNamed, 400, false}}},
		{"override with 503", `{}`, nil, 503, 503, http.Header{"Retry-After": {"60"}}, []report{{"callback: DATA/UPLINK: device: missing" + notNamed, 400, false}}},
		{"function", `{"device":"1"}`, errors.New("disk full"), 0, 500, http.Header{}, []report{{"disk full", 500, false}}},
		{
			"bad lines of a batch", "{}\n" + `{"device":"1"}` + "\n{", nil, 500, 204,
			http.Header{},
			[]report{{"callback: DATA/UPLINK line 1: device: missing", 400, true}, {"callback: DATA/UPLINK line 3: unexpected end at offset 19", 400, true}},
		},
		{
			"bad line and failing function", "{}\n" + `{"device":"1"}`, errors.New("disk full"), 0, 500,
			http.Header{},
			[]report{{"disk full", 500, false}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []report
			r := newRequest("POST", "/", typeJSON, tt.body)
			h := newHandler(t, func(context.Context, callback.Uplink) error { return tt.fail }, callback.Options{
				OnError: func(info callback.ErrorInfo) int {
					require.Equal(t, callback.DataUplink, info.Service)
					require.Same(t, r, info.Request)
					got = append(got, report{info.Err.Error(), info.Status, info.Skipped})
					return tt.answer
				},
			})
			w := callbacktest.Deliver(h, r)
			require.Equal(t, tt.status, w.Code)
			require.Equal(t, tt.header, w.Header())
			require.Equal(t, tt.want, got)
		})
	}
}

// The errors of a batch are one list. Were they a chain, its text would take memory with the
// square of its length.
func TestHandler_errorsOfBatch(t *testing.T) {
	t.Parallel()
	const n = 100
	var told error
	fail := func(context.Context, callback.Uplink) error { return callback.ErrOverloaded }
	h := newHandler(t, fail, callback.Options{OnError: func(info callback.ErrorInfo) int { told = info.Err; return 0 }})
	w := callbacktest.Deliver(h, newRequest("POST", "/", typeJSON, strings.Repeat(`{"device":"1"}`, n)))
	require.Equal(t, 503, w.Code)
	list, ok := told.(interface{ Unwrap() []error })
	require.True(t, ok)
	require.Len(t, list.Unwrap(), n)
}

func TestHandler_context(t *testing.T) {
	t.Parallel()
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var cause error
		var kept context.Context
		h := newHandler(t, func(ctx context.Context, _ callback.Uplink) error {
			require.Equal(t, "v", ctx.Value(key{}))
			at, ok := ctx.Deadline()
			require.True(t, ok)
			require.Equal(t, 8*time.Second, at.Sub(start), "below the 10 s of the cloud")
			kept = ctx
			<-ctx.Done()
			cause = context.Cause(ctx)
			return ctx.Err()
		}, callback.Options{})
		r := newRequest("GET", "/?device=1", "", "")
		r = r.WithContext(context.WithValue(r.Context(), key{}, "v"))
		w := callbacktest.Deliver(h, r)
		require.Equal(t, 8*time.Second, time.Since(start))
		require.Equal(t, callback.ErrTimeout, cause)
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Error(t, kept.Err())
	})
	synctest.Test(t, func(t *testing.T) {
		var kept context.Context
		h := newHandler(t, func(ctx context.Context, _ callback.Uplink) error {
			kept = ctx
			return ctx.Err()
		}, callback.Options{Timeout: time.Second})
		w := callbacktest.Deliver(h, newRequest("GET", "/?device=1", "", ""))
		require.Equal(t, http.StatusNoContent, w.Code)
		require.ErrorIs(t, kept.Err(), context.Canceled, "the context ends with the function")
	})
}

// A panic is the server's to handle, and the handler works on.
func TestHandler_panic(t *testing.T) {
	t.Parallel()
	h := newHandler(t, func(_ context.Context, m callback.Uplink) error {
		if m.Device == 0xbad {
			panic("lost")
		}
		return nil
	}, callback.Options{})
	require.PanicsWithValue(t, "lost", func() { callbacktest.Deliver(h, newRequest("GET", "/?device=BAD", "", "")) })
	require.Equal(t, http.StatusNoContent, callbacktest.Deliver(h, newRequest("GET", "/?device=1", "", "")).Code)
}

func TestHandler_ServeMux(t *testing.T) {
	t.Parallel()
	path, err := callback.PathSecret("secret", secret, "the-old-one")
	require.NoError(t, err)
	var uplinks callbacktest.Recorder[callback.Uplink]
	var reports callbacktest.Recorder[callback.ErrorReport]
	mux := http.NewServeMux()
	mux.Handle("POST /{secret}/uplink", newHandler(t, uplinks.Handle, callback.Options{Verifier: path}))
	mux.Handle("/error", newHandler(t, reports.Handle, callback.Options{}))
	for _, tt := range []struct {
		method, target string
		status         int
	}{
		{"POST", "/" + secret + "/uplink?device=1", 204},
		{"POST", "/the-old-one/uplink?device=1", 204},
		{"POST", "/s3cr3t%2Dtoken/uplink?device=1", 204},
		{"POST", "/wrong/uplink?device=1", 401},
		{"GET", "/" + secret + "/uplink?device=1", 405},
		{"GET", "/error?device=1", 204},
		{"HEAD", "/error?device=1", 405},
	} {
		require.Equal(t, tt.status, callbacktest.Deliver(mux, newRequest(tt.method, tt.target, "", "")).Code, tt.target)
	}
	require.Len(t, uplinks.Messages(), 3)
	require.Len(t, reports.Messages(), 1)
}

func TestNewHandler_options(t *testing.T) {
	t.Parallel()
	fn := func(context.Context, callback.Uplink) error { return nil }
	bidir := func(context.Context, callback.Bidir) (downlink.Reply, error) { return downlink.Reply{}, nil }
	for name, o := range map[string]callback.Options{
		"Verifier":         {},
		"Options.MaxBytes": {Verifier: callback.Unverified(), MaxBytes: -1},
		"Options.Timeout":  {Verifier: callback.Unverified(), Timeout: -1},
	} {
		_, err := callback.NewHandler(fn, o)
		require.ErrorContains(t, err, name)
		_, err = callback.NewBidirHandler(bidir, o)
		require.ErrorContains(t, err, name)
	}
	o := callback.Options{Verifier: callback.Unverified()}
	_, err := callback.NewHandler[callback.Uplink](nil, o)
	require.ErrorContains(t, err, "function")
	_, err = callback.NewBidirHandler(nil, o)
	require.ErrorContains(t, err, "function")

	h, err := callback.NewHandler(fn, callback.Options{Verifier: callback.Unverified(), MaxBytes: 14})
	require.NoError(t, err)
	require.Equal(t, 204, callbacktest.Deliver(h, newRequest("POST", "/", "", `{"device":"1"}`)).Code)
	require.Equal(t, 413, callbacktest.Deliver(h, newRequest("POST", "/", "", `{"device":"12"}`)).Code)
	require.Equal(t, 413, callbacktest.Deliver(h, newRequest("GET", "/?device=12345678", "", "")).Code)
}

// A body of somebody's own is read by somebody's own function.
func TestNewDecodedHandler(t *testing.T) {
	t.Parallel()
	var rec callbacktest.Recorder[string]
	decode := func(in callback.Input) ([]string, error) {
		if len(in.Body) == 0 {
			return nil, &callback.SyntaxError{Service: callback.EventCallback, Msg: "empty"}
		}
		return strings.Fields(string(in.Body) + " " + in.ContentType + " " + in.Query), nil
	}
	h, err := callback.NewDecodedHandler(callback.EventCallback, decode, rec.Handle, callback.Options{Verifier: callback.Unverified()})
	require.NoError(t, err)
	require.Equal(t, 204, callbacktest.Deliver(h, newRequest("POST", "/?a=b", "text/plain", "one two")).Code)
	require.Equal(t, 400, callbacktest.Deliver(h, newRequest("POST", "/", "", "")).Code)
	require.Equal(t, []string{"one", "two", "text/plain", "a=b"}, rec.Messages())

	_, err = callback.NewDecodedHandler(callback.EventCallback, decode, nil, callback.Options{Verifier: callback.Unverified()})
	require.ErrorContains(t, err, "function")
}

// The decoder is told which parameters are secrets, and what has no key is handled
// each time.
func TestNewDecodedHandler_options(t *testing.T) {
	t.Parallel()
	verifier, err := callback.QuerySecret("key", secret)
	require.NoError(t, err)
	var rec callbacktest.Recorder[bool]
	decode := func(in callback.Input) ([]bool, error) { return []bool{in.Secret("key"), in.Secret("device")}, nil }
	h, err := callback.NewDecodedHandler(callback.EventCallback, decode, rec.Handle, callback.Options{Verifier: verifier, Seen: &fakeSeen{state: dedup.Done}})
	require.NoError(t, err)
	require.Equal(t, 204, callbacktest.Deliver(h, newRequest("GET", "/?device=1&key="+secret, "", "")).Code)
	require.Equal(t, []bool{true, false}, rec.Messages())
}

// Messages of one request are never those of another, whatever memory is shared.
func TestHandler_concurrent(t *testing.T) {
	t.Parallel()
	h := newHandler(t, func(_ context.Context, m callback.Uplink) error {
		if want, _ := m.Extra.Text("copy"); want != m.Device.String() || m.DeviceTypeID != "of"+want {
			return errors.New("mixed up")
		}
		return nil
	}, callback.Options{Verifier: callback.Unverified()})
	for worker := range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for i := range 200 {
				id := strings.TrimLeft(strings.Repeat("0", 8)+string("123456789"[i%9])+string("ABCDEF12"[worker]), "0")
				body := `{"device":"` + id + `","copy":"` + id + `","deviceTypeId":"of` + id + `"}`
				if w := callbacktest.Deliver(h, newRequest("POST", "/", "", body)); w.Code != http.StatusNoContent {
					t.Errorf("status %d for %s", w.Code, body)
				}
			}
		})
	}
}
