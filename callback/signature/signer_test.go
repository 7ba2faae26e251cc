package signature_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback/signature"
)

// A Signer is what package dispatch asks for.
var _ interface {
	Sign(r *http.Request, body []byte, id string, now time.Time) error
} = (*signature.Signer)(nil)

// The official vectors: TestWebhookSign and TestAsymmetricWebhookSign of libraries/go, and
// "sign function works" of libraries/javascript.
const (
	officialID       = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	officialBody     = `{"test": 2432232314}`
	officialTime     = 1614265330
	officialHMAC     = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	officialEd25519  = "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="
	officialTimeText = "1614265330"
)

func newSigner(t testing.TB, keys ...string) *signature.Signer {
	t.Helper()
	var parsed []signature.Key
	for _, k := range keys {
		parsed = append(parsed, parseKey(t, k))
	}
	s, err := signature.NewSigner(parsed...)
	require.NoError(t, err)
	return s
}

// signed returns a request that was signed with the keys.
func signed(t testing.TB, body, id string, at time.Time, keys ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	require.NoError(t, newSigner(t, keys...).Sign(r, []byte(body), id, at))
	return r
}

func TestSigner_Sign(t *testing.T) {
	t.Parallel()
	at := time.Unix(officialTime, 999_999_999)
	for _, tt := range []struct {
		name string
		keys []string
		want string
	}{
		{"HMAC", []string{officialSecret}, officialHMAC},
		{"ed25519", []string{officialPrivate}, officialEd25519},
		{"both", []string{officialSecret, officialPrivate}, officialHMAC + " " + officialEd25519},
		{"the other order", []string{officialPrivate, officialSecret}, officialEd25519 + " " + officialHMAC},
		{
			"three keys",
			[]string{encode("whsec_", 24), officialSecret, officialPrivate},
			"v1,Htz38v6cGLHglxw6rliOnHp0i3xtSyYfszKlZj+Od8A= " + officialHMAC + " " + officialEd25519,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.Header.Set("webhook-id", "of the template")
			r.Header.Add("webhook-signature", "v1,one")
			r.Header.Add("webhook-signature", "v1,two")
			require.NoError(t, newSigner(t, tt.keys...).Sign(r, []byte(officialBody), officialID, at))
			require.Equal(t, http.Header{
				"Webhook-Id": {officialID}, "Webhook-Timestamp": {officialTimeText}, "Webhook-Signature": {tt.want},
			}, r.Header)
		})
	}
}

func TestSigner_Sign_errors(t *testing.T) {
	t.Parallel()
	s := newSigner(t, officialSecret)
	for _, id := range []string{"", "a.b", ".", "a b", "a\n", "é", "\x7f", strings.Repeat("x", 257)} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		require.ErrorIs(t, s.Sign(r, []byte("x"), id, time.Unix(1, 0)), signature.ErrID, id)
		require.Empty(t, r.Header)
	}
	r := httptest.NewRequest(http.MethodGet, "/?device=1", nil)
	require.ErrorIs(t, s.Sign(r, nil, "a", time.Unix(1, 0)), signature.ErrNoBody)
	require.EqualError(t, s.Sign(r, []byte("x"), "a", time.Unix(-1, 0)), "signature: time -1 before 1970")
	require.Empty(t, r.Header)
	require.NoError(t, s.Sign(r, []byte("x"), strings.Repeat("x", 256), time.Unix(0, 0)))
}

func TestNewSigner_errors(t *testing.T) {
	t.Parallel()
	private := parseKey(t, officialPrivate)
	for want, keys := range map[string][]signature.Key{
		"0 keys, not 1 to 8":   nil,
		"9 keys, not 1 to 8":   make([]signature.Key, 9),
		"whpk_… does not sign": {private, private.Public()},
		"no key does not sign": {{}},
	} {
		_, err := signature.NewSigner(keys...)
		require.ErrorIs(t, err, signature.ErrKey)
		require.EqualError(t, err, "signature: invalid key: "+want)
	}
}

// One signer serves all attempts at once.
func TestSigner_concurrent(t *testing.T) {
	t.Parallel()
	s := newSigner(t, officialSecret, officialPrivate)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				r := httptest.NewRequest(http.MethodPost, "/", nil)
				if err := s.Sign(r, []byte(officialBody), officialID, time.Unix(officialTime, 0)); err != nil {
					t.Error(err)
				}
				if r.Header.Get("webhook-signature") != officialHMAC+" "+officialEd25519 {
					t.Error(r.Header)
				}
			}
		})
	}
	wg.Wait()
}
