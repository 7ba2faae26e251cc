package callback_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/downlink"
)

// sealed is a BodyVerifier: the header X-Seal must be there, and the body end in "!".
type sealed struct{}

func (sealed) Verify(r *http.Request) error {
	if r.Header.Get("X-Seal") == "" {
		return fmt.Errorf("%w: no seal", callback.ErrUnverified)
	}
	return callback.ErrBodyUnverified
}

func (s sealed) VerifyBody(r *http.Request, body []byte, _ time.Time) error {
	if err := s.Verify(r); !errors.Is(err, callback.ErrBodyUnverified) {
		return err
	}
	if !bytes.HasSuffix(body, []byte("!")) {
		return fmt.Errorf("%w: seal broken", callback.ErrUnverified)
	}
	return nil
}

// careless accepts in Verify what only VerifyBody can tell.
type careless struct{ sealed }

func (careless) Verify(*http.Request) error { return nil }

// unread fails the test if it is read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// attempt is a request: whether it has a token, a seal, and a body that fits it.
type attempt struct{ token, seal, body bool }

func (d attempt) request() *http.Request {
	body := "device=1&x=?"
	if d.body {
		body = "device=1&x=!"
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	if d.token {
		r.Header.Set("X-Token", secret)
	}
	if d.seal {
		r.Header.Set("X-Seal", "1")
	}
	return r
}

// Whatever is combined: a request passes only if the parts that must have accepted it,
// those of bodies after they saw the body.
func TestBodyVerifier(t *testing.T) {
	t.Parallel()
	must := func(v callback.Verifier, err error) callback.Verifier {
		require.NoError(t, err)
		return v
	}
	type hidden struct{ callback.Verifier }
	token := must(callback.Header("X-Token", secret))
	allOf, anyOf := must(callback.AllOf(token, sealed{})), must(callback.AnyOf(token, sealed{}))
	alone := func(d attempt) bool { return d.seal && d.body }
	both := func(d attempt) bool { return d.token && d.seal && d.body }
	either := func(d attempt) bool { return d.token || d.seal && d.body }
	never := func(attempt) bool { return false }
	for _, tt := range []struct {
		name     string
		verifier callback.Verifier
		want     func(attempt) bool
	}{
		{"alone", sealed{}, alone},
		{"careless", careless{}, alone},
		{"AllOf", allOf, both},
		{"AllOf, other order", must(callback.AllOf(sealed{}, token)), both},
		{"AllOf of AllOf", must(callback.AllOf(allOf, callback.Unverified())), both},
		{"AllOf, careless", must(callback.AllOf(token, careless{})), both},
		{"AnyOf", anyOf, either},
		{"AnyOf, other order", must(callback.AnyOf(sealed{}, token)), either},
		{"AnyOf, careless", must(callback.AnyOf(careless{}, token)), either},
		{"AnyOf of AllOf", must(callback.AnyOf(allOf, sealed{})), alone},
		{"AllOf of AnyOf", must(callback.AllOf(anyOf, sealed{})), alone},
		{"hidden", hidden{sealed{}}, never},
		{"hidden in AllOf", must(callback.AllOf(hidden{sealed{}})), never},
		{"hidden in AnyOf", must(callback.AnyOf(hidden{sealed{}}, token)), func(d attempt) bool { return d.token }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for i := range 8 {
				d := attempt{token: i&1 != 0, seal: i&2 != 0, body: i&4 != 0}
				var rec callbacktest.Recorder[callback.Uplink]
				w := callbacktest.Deliver(newHandler(t, rec.Handle, callback.Options{Verifier: tt.verifier}), d.request())
				if tt.want(d) {
					require.Equal(t, http.StatusNoContent, w.Code, "%+v", d)
					require.Len(t, rec.Messages(), 1, "%+v", d)
				} else {
					require.Equal(t, http.StatusUnauthorized, w.Code, "%+v", d)
					require.Empty(t, rec.Messages(), "%+v", d)
				}
			}
		})
	}
}

// Every sort of handler asks before it parses: the body below is no callback.
func TestBodyVerifier_handlers(t *testing.T) {
	t.Parallel()
	decode := func(callback.Input) ([]int, error) {
		t.Error("decoded")
		return nil, nil
	}
	var told []error
	o := callback.Options{Verifier: sealed{}, OnError: func(info callback.ErrorInfo) int {
		told = append(told, info.Err)
		return 0
	}}
	uplinks, err := callback.NewHandler(func(context.Context, callback.Uplink) error { return nil }, o)
	require.NoError(t, err)
	bidirs, err := callback.NewBidirHandler(func(context.Context, callback.Bidir) (downlink.Reply, error) { return downlink.Reply{}, nil }, o)
	require.NoError(t, err)
	others, err := callback.NewDecodedHandler(callback.EventCallback, decode, func(context.Context, int) error { return nil }, o)
	require.NoError(t, err)
	for _, h := range []http.Handler{uplinks, bidirs, others} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodGet} {
			r := httptest.NewRequest(method, "/?device=1", strings.NewReader("%zz"))
			r.Header.Set("X-Seal", "1")
			require.Equal(t, http.StatusUnauthorized, callbacktest.Deliver(h, r).Code)
		}
	}
	require.Len(t, told, 9)
	for _, err := range told {
		require.EqualError(t, err, "callback: request not verified: seal broken")
	}
}

// A request that its headers give away is refused before its body is read, and one that
// is too large before it is checked.
func TestBodyVerifier_early(t *testing.T) {
	t.Parallel()
	h := newHandler(t, (&callbacktest.Recorder[callback.Uplink]{}).Handle, callback.Options{Verifier: sealed{}, MaxBytes: 16})
	r := httptest.NewRequest(http.MethodPost, "/", unread{t})
	require.Equal(t, http.StatusUnauthorized, callbacktest.Deliver(h, r).Code)

	token, err := callback.Header("X-Token", secret)
	require.NoError(t, err)
	all, err := callback.AllOf(sealed{}, token)
	require.NoError(t, err)
	r = httptest.NewRequest(http.MethodPost, "/", unread{t})
	r.Header.Set("X-Seal", "1")
	require.Equal(t, http.StatusUnauthorized, callbacktest.Deliver(
		newHandler(t, (&callbacktest.Recorder[callback.Uplink]{}).Handle, callback.Options{Verifier: all}), r).Code)

	r = httptest.NewRequest(http.MethodPost, "/", strings.NewReader("device=1&x=1234!"))
	r.Header.Set("X-Seal", "1")
	require.Equal(t, http.StatusNoContent, callbacktest.Deliver(h, r).Code)
	r = httptest.NewRequest(http.MethodPost, "/", strings.NewReader("device=1&x=12345!"))
	r.Header.Set("X-Seal", "1")
	require.Equal(t, http.StatusRequestEntityTooLarge, callbacktest.Deliver(h, r).Code)
}

// A secret that the cloud moved into the form is found beside one that checks the body,
// which is still given as it came.
func TestBodyVerifier_secretInForm(t *testing.T) {
	t.Parallel()
	inQuery, err := callback.QuerySecret("key", secret)
	require.NoError(t, err)
	for name, combine := range map[string]func(...callback.Verifier) (callback.Verifier, error){"AllOf": callback.AllOf, "AnyOf": callback.AnyOf} {
		v, err := combine(inQuery, sealed{})
		require.NoError(t, err)
		for body, ok := range map[string]bool{
			"key=" + secret + "&device=1&x=!": true,
			"key=" + secret + "&device=1&x=?": name == "AnyOf",
			"key=wrong&device=1&x=!":          name == "AnyOf",
			"key=wrong&device=1&x=?":          false,
		} {
			r := newRequest(http.MethodPost, "/", typeForm, body)
			r.Header.Set("X-Seal", "1")
			var rec callbacktest.Recorder[callback.Uplink]
			w := callbacktest.Deliver(newHandler(t, rec.Handle, callback.Options{Verifier: v}), r)
			require.Equal(t, ok, w.Code == http.StatusNoContent, "%s %s", name, body)
			require.Equal(t, ok, len(rec.Messages()) == 1)
		}
	}
}

// clocked notes the time that it is asked at.
type clocked struct {
	sealed
	at *time.Time
}

func (c clocked) VerifyBody(_ *http.Request, _ []byte, now time.Time) error {
	*c.at = now
	return nil
}

func TestBodyVerifier_now(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at time.Time
		h := newHandler(t, (&callbacktest.Recorder[callback.Uplink]{}).Handle, callback.Options{Verifier: clocked{at: &at}})
		time.Sleep(time.Hour)
		require.Equal(t, http.StatusNoContent, callbacktest.Deliver(h, attempt{seal: true}.request()).Code)
		require.Equal(t, time.Now(), at)
	})
}
