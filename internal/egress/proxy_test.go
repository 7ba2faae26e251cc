package egress_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/egress"
)

// startProxy starts a proxy that connects everybody to target, whatever they ask for.
func startProxy(t *testing.T, target string) (proxy *url.URL, asked *atomic.Value) {
	t.Helper()
	asked = new(atomic.Value)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method + " " + r.RequestURI)
		switch {
		case target == "":
			http.Error(w, "no", http.StatusForbidden)
		case r.Method != http.MethodConnect:
			_, _ = io.WriteString(w, "from the proxy")
		default:
			behind, err := net.Dial("tcp", target)
			if err != nil {
				panic(err)
			}
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
			go func() {
				defer behind.Close()
				_, _ = io.Copy(behind, conn)
			}()
			defer conn.Close()
			_, _ = io.Copy(conn, behind)
		}
	}))
	t.Cleanup(server.Close)
	proxy, err := url.Parse(server.URL)
	require.NoError(t, err)
	proxy.User = url.UserPassword("proxy"+secret, secret)
	return proxy, asked
}

// Package http reads the environment once, so that it must be set before the first
// test: to a proxy that there is not.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		if err := os.Setenv(name, "http://127.0.0.1:1"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func TestProxiesOfTheEnvironmentAreIgnored(t *testing.T) {
	t.Parallel()
	server := startTLS(t, ok, nil)
	plain := httptest.NewServer(http.HandlerFunc(ok))
	t.Cleanup(plain.Close)
	// Not by address: no proxy of the environment is ever used for 127.0.0.1.
	plainURL := strings.Replace(plain.URL, "127.0.0.1", "customer.example", 1)
	proxy, err := http.ProxyFromEnvironment(newRequest(t.Context(), t, http.MethodPost, plainURL))
	require.NoError(t, err)
	require.NotNil(t, proxy, "the environment asks for one")

	c := newClient(t, egress.Options{Resolver: customers})
	for _, url := range []string{plainURL, server.named("customer.example")} {
		_, err := post(t, c, url, egress.Profile{RootCAs: server.roots})
		require.NoError(t, err)
	}
}

func TestProxy(t *testing.T) {
	t.Parallel()
	server := startTLS(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "from the server") }, nil)
	proxy, asked := startProxy(t, server.Listener.Addr().String())
	// The proxy is at 127.0.0.1, which is not allowed for targets.
	c, err := egress.New(egress.Options{Proxy: http.ProxyURL(proxy), Resolver: names(nil)})
	require.NoError(t, err)
	t.Cleanup(c.Close)

	answer, err := post(t, c, "http://plain.example/path", egress.Profile{})
	require.NoError(t, err)
	require.Equal(t, "from the proxy", string(answer.Body))
	require.Equal(t, "POST http://plain.example/path?token=S3CR3T", asked.Load())

	eachProfile := []egress.Profile{{RootCAs: server.roots, SNI: true}, {RootCAs: server.roots}}
	for _, p := range eachProfile {
		answer, err = post(t, c, "https://customer.example/", p)
		require.NoError(t, err)
		require.Equal(t, "from the server", string(answer.Body))
		require.Equal(t, "CONNECT customer.example:443", asked.Load())

		_, err = post(t, c, "https://other.example/", p)
		requireReason(t, egress.ReasonTLS, err)

		_, err = post(t, c, "https://127.0.0.1/", p)
		requireReason(t, egress.ReasonForbidden, err)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	require.Equal(t, []string{"customer.example", "other.example", "", ""}, server.hello)
}

func TestProxyFailures(t *testing.T) {
	t.Parallel()
	server := startTLS(t, ok, nil)
	refusing, _ := startProxy(t, "")
	unsafe, _ := startProxy(t, server.Listener.Addr().String())
	closed := *unsafe
	closed.Host = "127.0.0.1:1"
	unknown := *unsafe
	unknown.Host = "proxy.example"
	own, err := url.Parse(server.URL)
	require.NoError(t, err)

	for name, test := range map[string]struct {
		proxy func(*http.Request) (*url.URL, error)
		url   string
		want  egress.Reason
	}{
		"will not":    {http.ProxyURL(refusing), "https://customer.example", egress.ReasonRefused},
		"is down":     {http.ProxyURL(&closed), "https://customer.example", egress.ReasonRefused},
		"has no name": {http.ProxyURL(&unknown), "https://customer.example", egress.ReasonDNS},
		"is verified by the system, not by the profile": {http.ProxyURL(own), "http://customer.example", egress.ReasonTLS},
		"cannot be chosen": {func(*http.Request) (*url.URL, error) {
			return nil, errors.New("invalid proxy address " + secret)
		}, "http://customer.example", egress.ReasonRequest},
		"is not for this one, which is then guarded": {
			func(*http.Request) (*url.URL, error) { return nil, nil }, "http://customer.example", egress.ReasonForbidden,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := egress.New(egress.Options{Proxy: test.proxy, Resolver: names(map[string]string{"customer.example": "127.0.0.1"})})
			require.NoError(t, err)
			t.Cleanup(c.Close)
			_, err = post(t, c, test.url, egress.Profile{RootCAs: server.roots})
			requireReason(t, test.want, err)
		})
	}
}
