package signature_test

import (
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/signature"
)

var officialNow = time.Unix(officialTime, 0)

func newVerifier(t testing.TB, o signature.VerifierOptions, keys ...string) *signature.Verifier {
	t.Helper()
	for _, k := range keys {
		o.Keys = append(o.Keys, parseKey(t, k).Public())
	}
	v, err := signature.NewVerifier(o)
	require.NoError(t, err)
	return v
}

// official returns the request of the official vectors.
func official(signatures string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("webhook-id", officialID)
	r.Header.Set("webhook-timestamp", officialTimeText)
	r.Header.Set("webhook-signature", signatures)
	return r
}

// wrongHMAC is the wrong signature of the official tests.
const wrongHMAC = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="

// What the official tests do to a request, and more: each change is refused for its
// reason, by Verify already if no body is needed to tell.
func TestVerifier(t *testing.T) {
	t.Parallel()
	both := officialHMAC + " " + officialEd25519
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	list := func(value string) func(*http.Request) { return set("webhook-signature", value) }
	for _, tt := range []struct {
		name   string
		change func(*http.Request)
		reason string // "" if it is accepted
		late   bool   // only the body tells
	}{
		{"both", list(both), "", true},
		{"HMAC", list(officialHMAC), "", true},
		{"ed25519", list(officialEd25519), "", true},
		{"first of several", list(officialHMAC + " " + wrongHMAC + " v2,x"), "", true},
		{"last of several", list(wrongHMAC + " v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= " + officialHMAC), "", true},
		{"in the middle", list(wrongHMAC + " v2,x " + officialEd25519 + " " + wrongHMAC), "", true},
		{"other white space", list(" " + officialHMAC + "  "), "", true},
		{"a version to come that is long", list("v9," + strings.Repeat("x", 6000) + " " + officialHMAC), "", true},
		{"as many as may be", list(strings.Repeat(wrongHMAC+" ", 7) + officialHMAC), "", true},

		{"no id", func(r *http.Request) { r.Header.Del("webhook-id") }, "header webhook-id, webhook-timestamp or webhook-signature missing or repeated", false},
		{"no timestamp", func(r *http.Request) { r.Header.Del("webhook-timestamp") }, "header webhook-id, webhook-timestamp or webhook-signature missing or repeated", false},
		{"no signature", func(r *http.Request) { r.Header.Del("webhook-signature") }, "header webhook-id, webhook-timestamp or webhook-signature missing or repeated", false},
		{"two ids", func(r *http.Request) { r.Header.Add("webhook-id", officialID) }, "header webhook-id, webhook-timestamp or webhook-signature missing or repeated", false},
		{"two lists", func(r *http.Request) { r.Header.Add("webhook-signature", officialHMAC) }, "header webhook-id, webhook-timestamp or webhook-signature missing or repeated", false},
		{"empty id", set("webhook-id", ""), "webhook-id invalid", false},
		{"id with a dot", set("webhook-id", officialID+".1"), "webhook-id invalid", false},
		{"another id", set("webhook-id", "msg_1"), "signature wrong", true},
		{"empty timestamp", set("webhook-timestamp", ""), "webhook-timestamp invalid", false},
		{"timestamp of words", set("webhook-timestamp", "hello"), "webhook-timestamp invalid", false},
		{"timestamp with sign", set("webhook-timestamp", "+1614265330"), "webhook-timestamp invalid", false},
		{"timestamp below 0", set("webhook-timestamp", "-1"), "webhook-timestamp invalid", false},
		{"timestamp with leading zero", set("webhook-timestamp", "01614265330"), "webhook-timestamp invalid", false},
		{"timestamp with fraction", set("webhook-timestamp", "1614265330.0"), "webhook-timestamp invalid", false},
		{"timestamp in nanoseconds", set("webhook-timestamp", "1614265330000000000"), "webhook-timestamp invalid", false},
		{"another timestamp", set("webhook-timestamp", "1614265331"), "signature wrong", true},
		{"timestamp 0", set("webhook-timestamp", "0"), "webhook-timestamp too old", true},

		{"wrong HMAC", list(wrongHMAC), "signature wrong", true},
		{"wrong ed25519", list("v1a," + encode("", 64)), "signature wrong", true},
		{"empty list", list(""), "no signature of a known version", false},
		{"version alone", list("v1,"), "no signature of a known version", false},
		{"versions alone", list("v1 v1a v1a,"), "no signature of a known version", false},
		{"cut", list(officialHMAC[:10]), "no signature of a known version", false},
		{"too long", list(officialHMAC + "AAAA"), "no signature of a known version", false},
		{"other alphabet", list(strings.ReplaceAll(officialHMAC, "+", "-")), "no signature of a known version", false},
		{"base64 with loose bits", list(strings.Replace(officialHMAC, "OE=", "OF=", 1)), "no signature of a known version", false},
		{"HMAC with a byte more", list(strings.TrimSuffix(officialHMAC, "=") + "A"), "no signature of a known version", false},
		{"ed25519 with bytes more", list(strings.TrimSuffix(officialEd25519, "==") + "AA"), "no signature of a known version", false},
		{"HMAC as ed25519", list("v1a," + officialHMAC[3:]), "no signature of a known version", false},
		{"ed25519 as HMAC", list("v1," + officialEd25519[4:]), "no signature of a known version", false},
		{"version in capitals", list("V1" + officialHMAC[2:]), "no signature of a known version", false},
		{"comma between", list(wrongHMAC + "," + officialHMAC), "no signature of a known version", false},
		{"one more", list(strings.Repeat(wrongHMAC+" ", 8) + officialHMAC), "webhook-signature too long", false},
		{"long list", list(officialHMAC + strings.Repeat(" ", 8<<10)), "webhook-signature too long", false},
		{"query", func(r *http.Request) { r.URL.RawQuery = "device=1" }, "URL with a query, which is not signed", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := newVerifier(t, signature.VerifierOptions{}, officialSecret, officialPrivate)
			r := official(both)
			tt.change(r)
			early, late := v.Verify(r), v.VerifyBody(r, []byte(officialBody), officialNow)
			require.ErrorIs(t, early, callback.ErrUnverified, "never accepted without the body")
			require.Equal(t, tt.late, errors.Is(early, callback.ErrBodyUnverified))
			if tt.reason == "" {
				require.NoError(t, late)
				return
			}
			require.ErrorIs(t, late, callback.ErrUnverified)
			require.EqualError(t, late, "callback: request not verified: "+tt.reason)
			if !tt.late {
				require.Equal(t, early, late)
			}
		})
	}
}

// The body must be the one that was signed, byte for byte, and there must be one.
func TestVerifier_body(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, signature.VerifierOptions{}, officialSecret, officialPrivate)
	for _, list := range []string{officialHMAC, officialEd25519} {
		r := official(list)
		require.NoError(t, v.VerifyBody(r, []byte(officialBody), officialNow))
		for _, body := range []string{officialBody + " ", officialBody[1:], strings.Replace(officialBody, "2", "3", 1)} {
			require.EqualError(t, v.VerifyBody(r, []byte(body), officialNow), "callback: request not verified: signature wrong")
		}
	}
	for _, body := range [][]byte{nil, {}} {
		require.EqualError(t, v.VerifyBody(official(officialHMAC), body, officialNow), "callback: request not verified: no body, and nothing else is signed")
	}
}

// What is signed cannot be divided in another way: with a dot allowed, the id "a" at 5 with
// the body "6.x" would be the id "a.5" at 6 with the body "x".
func TestVerifier_divided(t *testing.T) {
	t.Parallel()
	r := signed(t, "6.x", "a", time.Unix(5, 0), officialSecret)
	v := newVerifier(t, signature.VerifierOptions{}, officialSecret)
	require.NoError(t, v.VerifyBody(r, []byte("6.x"), time.Unix(5, 0)))
	r.Header.Set("webhook-id", "a.5")
	r.Header.Set("webhook-timestamp", "6")
	require.EqualError(t, v.VerifyBody(r, []byte("x"), time.Unix(5, 0)), "callback: request not verified: webhook-id invalid")
}

// The tolerance is an option and has two sides. No clock is read: the requests are of 2021.
func TestVerifier_tolerance(t *testing.T) {
	t.Parallel()
	const second, ms = time.Second, time.Millisecond
	for _, tt := range []struct {
		name              string
		tolerance, passed time.Duration // since the timestamp
		want              string
	}{
		{"at once", 0, 0, ""},
		{"default, old", 0, 5*time.Minute + 999*ms, ""},
		{"default, too old", 0, 5*time.Minute + second, "too old"},
		{"default, early", 0, -5 * time.Minute, ""},
		{"default, too early", 0, -5*time.Minute - second, "too new"},
		{"short", second, second, ""},
		{"short, too old", second, 2 * second, "too old"},
		{"short, too early", second, -2 * second, "too new"},
		{"below a second", ms, 999 * ms, ""},
		{"below a second, too old", ms, second, "too old"},
		{"a day", 24 * time.Hour, 24 * time.Hour, ""},
		{"any time, late", signature.AnyTime, math.MaxInt64, ""},
		{"any time, early", signature.AnyTime, -40 * 365 * 24 * time.Hour, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := newVerifier(t, signature.VerifierOptions{Tolerance: tt.tolerance}, officialSecret, officialPrivate)
			for _, list := range []string{officialHMAC, officialEd25519} {
				err := v.VerifyBody(official(list), []byte(officialBody), officialNow.Add(tt.passed))
				if tt.want == "" {
					require.NoError(t, err)
				} else {
					require.EqualError(t, err, "callback: request not verified: webhook-timestamp "+tt.want)
				}
			}
		})
	}
	r := official(officialHMAC)
	r.Header.Set("webhook-timestamp", "999999999999")
	v := newVerifier(t, signature.VerifierOptions{}, officialSecret)
	for _, now := range []time.Time{{}, time.Unix(math.MinInt64, 0), time.Unix(math.MaxInt64, 0)} {
		require.ErrorIs(t, v.VerifyBody(r, []byte(officialBody), now), callback.ErrUnverified, "far away")
	}
}

// Keys change without a request refused, whichever side comes first; a key that is gone
// is refused.
func TestVerifier_rotation(t *testing.T) {
	t.Parallel()
	secretA, secretB := encode("whsec_", 24), encode("whsec_", 40)
	privateA, privateB := officialPrivate, encode("whsk_", 32)
	all := [][]string{{secretA}, {secretB}, {privateA}, {privateB}, {secretA, secretB}, {privateA, privateB}, {secretA, privateB}, {privateA, secretB}}
	shared := func(a, b []string) bool {
		return slices.ContainsFunc(a, func(k string) bool { return slices.Contains(b, k) })
	}
	for _, sender := range all {
		r := signed(t, officialBody, officialID, officialNow, sender...)
		require.Len(t, strings.Fields(r.Header.Get("webhook-signature")), len(sender))
		for _, receiver := range all {
			v := newVerifier(t, signature.VerifierOptions{}, receiver...)
			err := v.VerifyBody(r, []byte(officialBody), officialNow)
			require.Equal(t, shared(sender, receiver), err == nil, "%v %v", sender, receiver)
		}
	}
}

func TestVerifier_allowQuery(t *testing.T) {
	t.Parallel()
	r := official(officialHMAC)
	r.URL.RawQuery = "tenant=5"
	require.NoError(t, newVerifier(t, signature.VerifierOptions{AllowQuery: true}, officialSecret).VerifyBody(r, []byte(officialBody), officialNow))
}

func TestNewVerifier_errors(t *testing.T) {
	t.Parallel()
	secret, private := parseKey(t, officialSecret), parseKey(t, officialPrivate)
	for want, keys := range map[string][]signature.Key{
		"0 keys, not 1 to 8":     nil,
		"9 keys, not 1 to 8":     make([]signature.Key, 9),
		"whsk_… does not verify": {secret, private},
		"no key does not verify": {{}},
	} {
		_, err := signature.NewVerifier(signature.VerifierOptions{Keys: keys})
		require.ErrorIs(t, err, signature.ErrKey)
		require.EqualError(t, err, "signature: invalid key: "+want)
	}
	_, err := signature.NewVerifier(signature.VerifierOptions{Keys: []signature.Key{secret}, Tolerance: -1})
	require.EqualError(t, err, "signature: VerifierOptions.Tolerance is -1ns")
}

// Large bodies verify, and one verifier serves many at once.
func TestVerifier_concurrent(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, signature.VerifierOptions{}, officialSecret, officialPrivate)
	for i, size := range []int{1, 100, 70_000, 1 << 20} {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			t.Parallel()
			body := strings.Repeat(strconv.Itoa(i), size)
			for _, key := range []string{officialSecret, officialPrivate} {
				r := signed(t, body, officialID, officialNow, key)
				for range 20 {
					require.NoError(t, v.VerifyBody(r, []byte(body), officialNow))
					require.ErrorIs(t, v.VerifyBody(r, []byte(body+"x"), officialNow), callback.ErrUnverified)
				}
			}
		})
	}
}
