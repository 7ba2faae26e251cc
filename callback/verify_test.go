package callback_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
)

// header returns a request with values of a header.
func header(name string, values ...string) *http.Request {
	r := newRequest("POST", "/", "", "")
	r.Header[name] = values
	return r
}

func basic(user, password string) *http.Request {
	r := newRequest("POST", "/", "", "")
	r.SetBasicAuth(user, password)
	return r
}

func path(value string) *http.Request {
	r := newRequest("POST", "/", "", "")
	r.SetPathValue("secret", value)
	return r
}

func query(q string) *http.Request { return newRequest("POST", "/?"+q, "", "") }

func TestVerifiers(t *testing.T) {
	t.Parallel()
	must := func(v callback.Verifier, err error) callback.Verifier {
		require.NoError(t, err)
		return v
	}
	long := strings.Repeat("x", 1000)
	tests := []struct {
		name        string
		verifier    callback.Verifier
		good, wrong []*http.Request
	}{
		{"Unverified", callback.Unverified(), []*http.Request{query("")}, nil},
		{
			"BearerToken", must(callback.BearerToken("new", "old", "older")),
			[]*http.Request{
				header("Authorization", "Bearer new"), header("Authorization", "bearer old"),
				header("Authorization", "BEARER  older"),
			},
			[]*http.Request{
				query(""), header("Authorization", "Bearer"), header("Authorization", "Bearer "), header("Authorization", "Bearernew"),
				header("Authorization", "Bearer New"), header("Authorization", "Bearer new "), header("Authorization", "Basic new"),
				header("Authorization", "new"), header("Authorization", "Bearer new", "Bearer new"), header("Authorization", "Bearer ne"),
				header("Authorization", "Bearer newold"),
			},
		},
		{
			"Authorization", must(callback.Authorization("Token new", "Token old")),
			[]*http.Request{header("Authorization", "Token new"), header("Authorization", "Token old")},
			[]*http.Request{header("Authorization", "token new"), header("Authorization", "Bearer new"), header("Authorization", "Token new", "Token old"), query("")},
		},
		{
			"BasicAuth", must(callback.BasicAuth(callback.Credentials{User: "sigfox", Password: "new:1"}, callback.Credentials{Password: "old"})),
			[]*http.Request{basic("sigfox", "new:1"), basic("", "old")},
			[]*http.Request{basic("sigfox", "old"), basic("Sigfox", "new:1"), basic("sigfox", ""), header("Authorization", "Bearer x"), query("")},
		},
		{
			"Header", must(callback.Header("x-token", "new", long)),
			[]*http.Request{header("X-Token", "new"), header("X-Token", long)},
			[]*http.Request{header("X-Token", "new", "new"), header("X-Token"), header("X-Token", ""), header("X-Token", long+"x"), query("x-token=new")},
		},
		{
			"QuerySecret", must(callback.QuerySecret("the key", "n&w", "old")),
			[]*http.Request{query("a=b&the+key=n%26w"), query("the%20key=old"), query("the+key=old&the+key=old")},
			[]*http.Request{
				query(""), query("the+key"), query("the+key=wrong"), query("The+key=old"), query("the+key=old&the+key=n%26w"),
				query("the+key=old&the+key="), query("the+key=old%zz"), query("%zz=old"), header("the key", "old"),
			},
		},
		{
			"PathSecret", must(callback.PathSecret("secret", "new", "old")),
			[]*http.Request{path("new"), path("old")},
			[]*http.Request{query(""), path(""), path("newer")},
		},
		{
			"AllOf", must(callback.AllOf(must(callback.Header("X-A", "a")), must(callback.Header("X-B", "b")))),
			[]*http.Request{{Header: http.Header{"X-A": {"a"}, "X-B": {"b"}}}},
			[]*http.Request{header("X-A", "a"), header("X-B", "b"), query("")},
		},
		{
			"AnyOf", must(callback.AnyOf(must(callback.Header("X-A", "a")), must(callback.Header("X-B", "b")))),
			[]*http.Request{header("X-A", "a"), header("X-B", "b"), {Header: http.Header{"X-A": {"wrong"}, "X-B": {"b"}}}},
			[]*http.Request{header("X-A", "b"), header("X-B", "a"), query("")},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for i, r := range tt.good {
				require.NoError(t, tt.verifier.Verify(r), i)
			}
			for i, r := range tt.wrong {
				err := tt.verifier.Verify(r)
				require.ErrorIs(t, err, callback.ErrUnverified, i)
				for _, s := range []string{"new", "old", "n&w", long} {
					require.NotContains(t, err.Error(), s, "an error holds no secret")
				}
			}
		})
	}
}

// What could not accept any request is a mistake to be told at once: a token read from a
// file with the line break at its end, say.
func TestVerifiers_impossible(t *testing.T) {
	t.Parallel()
	basic := func(user string) func() (callback.Verifier, error) {
		return func() (callback.Verifier, error) {
			return callback.BasicAuth(callback.Credentials{User: user, Password: "s3cret"})
		}
	}
	for name, construct := range map[string]func() (callback.Verifier, error){
		"no header":         func() (callback.Verifier, error) { return callback.Header("", "s3cret") },
		"no name of header": func() (callback.Verifier, error) { return callback.Header("X Token", "s3cret") },
		"line break":        func() (callback.Verifier, error) { return callback.BearerToken("s3cret\n") },
		"old line break":    func() (callback.Verifier, error) { return callback.BearerToken("new", "s3cret\r\n") },
		"space":             func() (callback.Verifier, error) { return callback.Authorization("Token s3cret ") },
		"colon":             basic("a:b"),
		"no parameter":      func() (callback.Verifier, error) { return callback.QuerySecret("", "s3cret") },
		"no wildcard":       func() (callback.Verifier, error) { return callback.PathSecret("", "s3cret") },
	} {
		v, err := construct()
		require.Nil(t, v, name)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "s3cret", name)
	}
}

func TestVerifiers_empty(t *testing.T) {
	t.Parallel()
	for name, construct := range map[string]func(current string, previous ...string) (callback.Verifier, error){
		"BearerToken":   callback.BearerToken,
		"Authorization": callback.Authorization,
		"Header": func(current string, previous ...string) (callback.Verifier, error) {
			return callback.Header("X-Token", current, previous...)
		},
		"QuerySecret": func(current string, previous ...string) (callback.Verifier, error) {
			return callback.QuerySecret("key", current, previous...)
		},
		"PathSecret": func(current string, previous ...string) (callback.Verifier, error) {
			return callback.PathSecret("secret", current, previous...)
		},
		"BasicAuth": func(current string, previous ...string) (callback.Verifier, error) {
			var list []callback.Credentials
			for _, p := range previous {
				list = append(list, callback.Credentials{User: "sigfox", Password: p})
			}
			return callback.BasicAuth(callback.Credentials{User: "sigfox", Password: current}, list...)
		},
	} {
		for _, secrets := range [][]string{{""}, {"new", ""}, {"", "old"}, {"new", "old", ""}} {
			v, err := construct(secrets[0], secrets[1:]...)
			require.ErrorIs(t, err, callback.ErrEmptySecret, name)
			require.Nil(t, v, name)
		}
	}
	for name, construct := range map[string]func(...callback.Verifier) (callback.Verifier, error){"AllOf": callback.AllOf, "AnyOf": callback.AnyOf} {
		for _, list := range [][]callback.Verifier{nil, {nil}, {callback.Unverified(), nil}} {
			_, err := construct(list...)
			require.ErrorIs(t, err, callback.ErrNoVerifier, name)
		}
	}
}

// Secrets of all lengths are told from what is almost the same.
func TestVerifiers_lengths(t *testing.T) {
	t.Parallel()
	for n := range 200 {
		s := strings.Repeat("k", n+1)
		v, err := callback.Header("X-Token", s)
		require.NoError(t, err)
		require.NoError(t, v.Verify(header("X-Token", s)), n)
		for _, wrong := range []string{s[1:], s + "k", s + "\x00", s[1:] + "\x00", s[1:] + "K", "K" + s[1:], s[1:] + "\xff", s + s} {
			require.ErrorIs(t, v.Verify(header("X-Token", wrong)), callback.ErrUnverified, "%q for %q", wrong, s)
		}
	}
}

// Whoever changes the list later does not change the verifier.
func TestAllOf_keepsItsList(t *testing.T) {
	t.Parallel()
	list := []callback.Verifier{bearer(t)}
	v, err := callback.AllOf(list...)
	require.NoError(t, err)
	list[0] = callback.Unverified()
	require.ErrorIs(t, v.Verify(query("")), callback.ErrUnverified)
}

func TestVerifierFunc(t *testing.T) {
	t.Parallel()
	down := errors.New("no connection to the key store")
	h := newHandler(t, (&callbacktest.Recorder[callback.Uplink]{}).Handle, callback.Options{
		Verifier: callback.VerifierFunc(func(*http.Request) error { return down }),
	})
	require.Equal(t, http.StatusInternalServerError, callbacktest.Deliver(h, query("device=1")).Code, "not the sender's fault")
}

// The scheme to use is told, also from inside a combination.
func TestVerifiers_challenge(t *testing.T) {
	t.Parallel()
	source, err := callback.Source(callback.SourceOptions{})
	require.NoError(t, err)
	basicAuth, err := callback.BasicAuth(callback.Credentials{User: "sigfox", Password: secret})
	require.NoError(t, err)
	all, err := callback.AllOf(source, basicAuth)
	require.NoError(t, err)
	sources, err := callback.AnyOf(source, source)
	require.NoError(t, err)
	for want, v := range map[string]callback.Verifier{`Basic realm="callback"`: all, `Bearer realm="callback"`: bearer(t), "": sources} {
		w := callbacktest.Deliver(newHandler(t, (&callbacktest.Recorder[callback.Uplink]{}).Handle, callback.Options{Verifier: v}), query("device=1"))
		require.Equal(t, http.StatusUnauthorized, w.Code)
		require.Equal(t, want, w.Header().Get("Www-Authenticate"))
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	require.Equal(t, "185.110.96.0/22", callback.SigfoxPrefix().String())
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	tests := []struct {
		name                string
		options             callback.SourceOptions
		remote, header, say string
		ok                  bool
	}{
		{"Sigfox", callback.SourceOptions{}, "185.110.96.1:1", "", "", true},
		{"Sigfox, last address", callback.SourceOptions{}, "185.110.99.255:1", "", "", true},
		{"Sigfox, mapped", callback.SourceOptions{}, "[::ffff:185.110.97.1]:1", "", "", true},
		{"next to Sigfox", callback.SourceOptions{}, "185.110.100.0:1", "", "", false},
		{"no address", callback.SourceOptions{}, "@", "", "", false},
		{"header without trusted proxy", callback.SourceOptions{}, "203.0.113.5:1", "X-Forwarded-For", "185.110.96.1", false},
		{"other network", callback.SourceOptions{Prefixes: []netip.Prefix{netip.MustParsePrefix("2001:db8::/32")}}, "[2001:db8::1]:1", "", "", true},
		{"Sigfox, other network wanted", callback.SourceOptions{Prefixes: proxies}, "185.110.96.1:1", "", "", false},
		{"proxy", callback.SourceOptions{TrustedProxies: proxies}, "10.0.0.1:1", "X-Forwarded-For", "185.110.96.1", true},
		{"proxy, spoofed", callback.SourceOptions{TrustedProxies: proxies}, "10.0.0.1:1", "X-Forwarded-For", "185.110.96.1, 203.0.113.5", false},
		{"proxy, other header", callback.SourceOptions{TrustedProxies: proxies}, "10.0.0.1:1", "Forwarded", "for=185.110.96.1", false},
		{
			"proxy with Forwarded",
			callback.SourceOptions{TrustedProxies: proxies, ForwardedHeader: "forwarded"},
			"10.0.0.1:1", "Forwarded", `for="185.110.96.1:4711";proto=https`, true,
		},
		{
			"proxy with Forwarded, other header",
			callback.SourceOptions{TrustedProxies: proxies, ForwardedHeader: "Forwarded"},
			"10.0.0.1:1", "X-Forwarded-For", "185.110.96.1", false,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v, err := callback.Source(tt.options)
			require.NoError(t, err)
			r := header(tt.header, tt.say)
			r.RemoteAddr = tt.remote
			if err = v.Verify(r); tt.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, callback.ErrUnverified)
			}
		})
	}
	mapped := []netip.Prefix{netip.MustParsePrefix("::ffff:185.110.96.0/118")} // would contain no client
	for _, o := range []callback.SourceOptions{
		{Prefixes: []netip.Prefix{{}}},
		{TrustedProxies: []netip.Prefix{{}}},
		{ForwardedHeader: "X-Real-IP"},
		{Prefixes: mapped},
		{TrustedProxies: mapped},
	} {
		_, err := callback.Source(o)
		require.Error(t, err)
	}
}

// certificate returns a certificate for client authentication, signed by itself.
func certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "proxy"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		IsCA:        true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestClientCertificate(t *testing.T) {
	t.Parallel()
	known, other := certificate(t), certificate(t)
	roots := x509.NewCertPool()
	roots.AddCert(known.Leaf)
	roots.AddCert(other.Leaf)
	verifiers := map[string]callback.Verifier{
		"any":   callback.ClientCertificate(nil),
		"known": callback.ClientCertificate(callback.Fingerprints(sha256.Sum256([]byte("the next one")), sha256.Sum256(known.Leaf.Raw))),
	}
	tests := []struct {
		name, verifier string
		certificates   []tls.Certificate
		status         int
	}{
		{"any", "any", []tls.Certificate{other}, 204},
		{"none", "any", nil, 401},
		{"known", "known", []tls.Certificate{known}, 204},
		{"not known", "known", []tls.Certificate{other}, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var rec callbacktest.Recorder[callback.Uplink]
			s := httptest.NewUnstartedServer(newHandler(t, rec.Handle, callback.Options{Verifier: verifiers[tt.verifier]}))
			s.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: roots}
			s.StartTLS()
			defer s.Close()
			client := s.Client()
			client.Transport.(*http.Transport).TLSClientConfig.Certificates = tt.certificates
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/?device=1", nil)
			require.NoError(t, err)
			answer, err := client.Do(r)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Equal(t, tt.status, answer.StatusCode)
		})
	}
	t.Run("not verified by the server", func(t *testing.T) {
		t.Parallel()
		r := query("")
		r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{known.Leaf}}
		require.ErrorIs(t, verifiers["any"].Verify(r), callback.ErrUnverified)
	})
}
