package signature_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/callback/signature"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/event"
)

const uplink = `{"device":"2C30EA","time":1546929254,"data":"00ff","seqNumber":7}`

// Handlers refuse what is not signed before they parse it, without a word of why in the
// answer and without a secret in the log.
func TestHandler(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		key    string
		age    time.Duration
		change func(*http.Request)
		status int
	}{
		{"signed", officialSecret, 0, func(*http.Request) {}, http.StatusNoContent},
		{"signed with the other key", officialPrivate, time.Minute, func(*http.Request) {}, http.StatusNoContent},
		{"by another key", encode("whsec_", 24), 0, func(*http.Request) {}, http.StatusUnauthorized},
		{"not signed", officialSecret, 0, func(r *http.Request) { r.Header = nil }, http.StatusUnauthorized},
		{"without body", officialSecret, 0, func(r *http.Request) { r.Body = http.NoBody }, http.StatusUnauthorized},
		{"another body, and no callback", officialSecret, 0, func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader("{"))
		}, http.StatusUnauthorized},
		{"old", officialSecret, 6 * time.Minute, func(*http.Request) {}, http.StatusUnauthorized},
		{"of the future", officialSecret, -6 * time.Minute, func(*http.Request) {}, http.StatusUnauthorized},
		{"GET", officialSecret, 0, func(r *http.Request) { r.Method = http.MethodGet }, http.StatusUnauthorized},
		{"GET with variables", officialSecret, 0, func(r *http.Request) {
			r.Method, r.URL.RawQuery = http.MethodGet, "device=1"
		}, http.StatusUnauthorized},
		{"query that would fill the message", officialSecret, 0, func(r *http.Request) { r.URL.RawQuery = "rssi=-100" }, http.StatusUnauthorized},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				var uplinks callbacktest.Recorder[callback.Uplink]
				var events callbacktest.Recorder[event.Event]
				o := callback.Options{
					Verifier: newVerifier(t, signature.VerifierOptions{}, officialSecret, officialPrivate),
					Logger:   slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
				}
				uplinkHandler, err := callback.NewHandler(uplinks.Handle, o)
				require.NoError(t, err)
				eventHandler, err := event.NewHandler(events.Handle, o)
				require.NoError(t, err)
				for _, h := range []http.Handler{uplinkHandler, eventHandler} {
					r := signed(t, uplink, "a", time.Now().Add(-tt.age), tt.key)
					tt.change(r)
					w := callbacktest.Deliver(h, r)
					require.Equal(t, tt.status, w.Code)
					require.Empty(t, w.Body.String())
				}
				if tt.status == http.StatusNoContent {
					require.Len(t, uplinks.Messages(), 1)
					require.Len(t, events.Messages(), 1)
					return
				}
				require.Empty(t, uplinks.Messages())
				require.Empty(t, events.Messages())
				require.Contains(t, log.String(), "not verified")
				require.NotContains(t, log.String(), officialSecret[6:])
				require.NotContains(t, log.String(), "v1,")
				require.NotContains(t, log.String(), "00ff")
			})
		})
	}
}

// A request that was recorded is answered again, but handled once; after the tolerance it
// is refused.
func TestHandler_replay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen, err := dedup.NewSeen(dedup.SeenOptions{})
		require.NoError(t, err)
		var rec callbacktest.Recorder[callback.Uplink]
		h, err := callback.NewHandler(rec.Handle, callback.Options{
			Verifier: newVerifier(t, signature.VerifierOptions{}, officialPrivate), Seen: seen,
		})
		require.NoError(t, err)
		recorded := signed(t, uplink, "a", time.Now(), officialPrivate).Header
		for i, want := range []int{204, 204, 204, 401} {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(uplink))
			r.Header = recorded
			require.Equal(t, want, callbacktest.Deliver(h, r).Code, i)
			time.Sleep(2 * time.Minute)
		}
		require.Len(t, rec.Messages(), 1)
	})
}

// Both ends: a team signs what it sends to a customer, who verifies it. The customer can
// only verify: the private key stays with the team.
func Example() {
	private := signature.GeneratePrivate()
	signer, err := signature.NewSigner(private)
	if err != nil {
		fmt.Println(err)
		return
	}

	// The receiver is given the text private.Public().Reveal().
	public, err := signature.ParseKey(private.Public().Reveal())
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := signature.NewVerifier(signature.VerifierOptions{Keys: []signature.Key{public}})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler, err := callback.NewHandler(func(_ context.Context, m callback.Uplink) error {
		fmt.Println(m.Device, m.Data)
		return nil
	}, callback.Options{Verifier: verifier})
	if err != nil {
		fmt.Println(err)
		return
	}

	for _, body := range []string{uplink, strings.Replace(uplink, "00ff", "0000", 1)} {
		r := httptest.NewRequest(http.MethodPost, "/uplink", strings.NewReader(body))
		if err := signer.Sign(r, []byte(uplink), "request-1", time.Now()); err != nil {
			fmt.Println(err)
			return
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// 2C30EA 00ff
	// 204
	// 401
}

// A secret is replaced by an ed25519 key: the sender signs with both until the customer
// has changed over.
func ExampleNewSigner_rotation() {
	secret, private := signature.GenerateSecret(), signature.GeneratePrivate()
	signer, err := signature.NewSigner(private, secret)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest(http.MethodPost, "/uplink", strings.NewReader(uplink))
	if err := signer.Sign(r, []byte(uplink), "request-1", time.Now()); err != nil {
		fmt.Println(err)
		return
	}
	for _, key := range []signature.Key{secret, private.Public()} {
		v, err := signature.NewVerifier(signature.VerifierOptions{Keys: []signature.Key{key}})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(key, v.VerifyBody(r, []byte(uplink), time.Now()))
	}
	// Output:
	// whsec_… <nil>
	// whpk_… <nil>
}

// Old callers have a token, new ones sign: either is enough for now.
func ExampleNewVerifier_migration() {
	token, err := callback.BearerToken("token from the configuration")
	if err != nil {
		fmt.Println(err)
		return
	}
	signed, err := signature.NewVerifier(signature.VerifierOptions{
		Keys: []signature.Key{signature.GenerateSecret()}, Tolerance: time.Minute,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := callback.AnyOf(token, signed)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest(http.MethodPost, "/uplink", strings.NewReader(uplink))
	fmt.Println(verifier.Verify(r))
	r.Header.Set("Authorization", "Bearer token from the configuration")
	fmt.Println(verifier.Verify(r))
	// Output:
	// callback: request not verified: header webhook-id, webhook-timestamp or webhook-signature missing or repeated
	// <nil>
}
