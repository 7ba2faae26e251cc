package egress_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/egress"
)

// authority issues certificates.
type authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	roots       *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	pair := a.issue(t, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	a.key, a.certificate = pair.PrivateKey.(*ecdsa.PrivateKey), pair.Leaf
	a.roots = x509.NewCertPool()
	a.roots.AddCert(a.certificate)
	return a
}

// issue returns a certificate for customer.example and 127.0.0.1, or what edit makes
// of it. It is self-signed if the authority has no key yet.
func (a *authority) issue(t *testing.T, edit func(*x509.Certificate)) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "customer"},
		DNSNames:     []string{"customer.example"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if edit != nil {
		edit(template)
	}
	parent, signer := a.certificate, a.key
	if signer == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// tlsServer is a server at 127.0.0.1 that is trusted by roots.
type tlsServer struct {
	*httptest.Server

	*authority

	conns atomic.Int64
	mu    sync.Mutex
	hello []string // the names that clients asked for
}

func startTLS(t *testing.T, handler http.HandlerFunc, edit func(*tls.Config, *authority)) *tlsServer {
	t.Helper()
	s := &tlsServer{Server: httptest.NewUnstartedServer(handler), authority: newAuthority(t)}
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.conns.Add(1)
		}
	}
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hello = append(s.hello, h.ServerName)
		return nil, nil
	}}
	if edit != nil {
		edit(s.TLS, s.authority)
	}
	if s.TLS.Certificates == nil {
		s.TLS.Certificates = []tls.Certificate{*s.issue(t, nil)}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// named returns the URL of the server with a name that customers resolves.
func (s *tlsServer) named(name string) string { return strings.Replace(s.URL, "127.0.0.1", name, 1) }

var customers = names(map[string]string{
	"customer.example": "127.0.0.1", "other.example": "127.0.0.1",
})

func ok(http.ResponseWriter, *http.Request) {}

func eachSNI(t *testing.T, test func(t *testing.T, p egress.Profile)) {
	t.Helper()
	for name, sni := range map[string]bool{"with SNI": true, "without SNI": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, egress.Profile{SNI: sni})
		})
	}
}

func TestCertificatesAreVerified(t *testing.T) {
	t.Parallel()
	with := func(edit func(*x509.Certificate)) func(*testing.T, *tls.Config, *authority) {
		return func(t *testing.T, c *tls.Config, a *authority) {
			t.Helper()
			c.Certificates = []tls.Certificate{*a.issue(t, edit)}
		}
	}
	for name, edit := range map[string]func(*testing.T, *tls.Config, *authority){
		"expired":     with(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }),
		"not yet":     with(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }),
		"other host":  with(func(c *x509.Certificate) { c.DNSNames = []string{"other.example"} }),
		"no name":     with(func(c *x509.Certificate) { c.DNSNames = nil }),
		"for clients": with(func(c *x509.Certificate) { c.ExtKeyUsage = c.ExtKeyUsage[1:] }),
		"self-signed": func(t *testing.T, c *tls.Config, _ *authority) {
			t.Helper()
			c.Certificates = []tls.Certificate{*new(authority).issue(t, nil)}
		},
		"other authority": func(t *testing.T, c *tls.Config, _ *authority) {
			t.Helper()
			c.Certificates = []tls.Certificate{*newAuthority(t).issue(t, nil)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startTLS(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") },
				func(c *tls.Config, a *authority) { edit(t, c, a) })
			eachSNI(t, func(t *testing.T, p egress.Profile) {
				t.Helper()
				p.RootCAs = server.roots
				_, err := post(t, newClient(t, egress.Options{Resolver: customers}), server.named("customer.example"), p)
				var e *tls.CertificateVerificationError
				require.ErrorAs(t, requireReason(t, egress.ReasonTLS, err), &e)
				require.NotEmpty(t, e.UnverifiedCertificates)
			})
		})
	}
	t.Run("by the system", func(t *testing.T) {
		t.Parallel()
		server := startTLS(t, ok, nil)
		eachSNI(t, func(t *testing.T, p egress.Profile) {
			t.Helper()
			_, err := post(t, newClient(t, egress.Options{}), server.URL, p)
			requireReason(t, egress.ReasonTLS, err)
		})
	})
	t.Run("over intermediates", func(t *testing.T) {
		t.Parallel()
		server := startTLS(t, ok, func(c *tls.Config, root *authority) {
			middle := root.issue(t, func(c *x509.Certificate) {
				c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
			})
			below := &authority{key: middle.PrivateKey.(*ecdsa.PrivateKey), certificate: middle.Leaf}
			leaf := below.issue(t, nil)
			leaf.Certificate = append(leaf.Certificate, middle.Certificate...)
			c.Certificates = []tls.Certificate{*leaf}
		})
		eachSNI(t, func(t *testing.T, p egress.Profile) {
			t.Helper()
			p.RootCAs = server.roots
			_, err := post(t, newClient(t, egress.Options{Resolver: customers}), server.named("customer.example"), p)
			require.NoError(t, err)
		})
	})
}

func TestSNI(t *testing.T) {
	t.Parallel()
	eachSNI(t, func(t *testing.T, p egress.Profile) {
		t.Helper()
		server := startTLS(t, ok, nil)
		p.RootCAs = server.roots
		c := newClient(t, egress.Options{Resolver: customers})

		_, err := post(t, c, server.named("customer.example"), p)
		require.NoError(t, err)
		_, err = post(t, c, server.URL, p) // an address is never sent
		require.NoError(t, err)
		_, err = post(t, c, server.named("other.example"), p)
		requireReason(t, egress.ReasonTLS, err) // verified all the same

		want := []string{"", "", ""}
		if p.SNI {
			want = []string{"customer.example", "", "other.example"}
		}
		server.mu.Lock()
		defer server.mu.Unlock()
		require.Equal(t, want, server.hello)
	})
}

func TestHandshakes(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(*net.TCPConn){
		"plain HTTP": func(conn *net.TCPConn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 400 "+secret+"\r\n\r\n")
			untilClosed(conn)
		},
		"closed": func(conn *net.TCPConn) {
			_ = conn.CloseWrite()
			untilClosed(conn)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			closed := make(chan struct{})
			address := listen(t, func(conn *net.TCPConn) {
				serve(conn)
				close(closed)
			})
			_, err := post(t, newClient(t, egress.Options{}), "https://"+address, egress.Profile{})
			requireReason(t, egress.ReasonTLS, err)
			<-closed
		})
	}
	t.Run("TLS 1.1", func(t *testing.T) {
		t.Parallel()
		server := startTLS(t, ok, func(c *tls.Config, _ *authority) { c.MaxVersion = tls.VersionTLS11 })
		eachSNI(t, func(t *testing.T, p egress.Profile) {
			t.Helper()
			p.RootCAs = server.roots
			_, err := post(t, newClient(t, egress.Options{}), server.URL, p)
			requireReason(t, egress.ReasonTLS, err)
		})
	})
	t.Run("TLS 1.2", func(t *testing.T) {
		t.Parallel()
		server := startTLS(t, ok, func(c *tls.Config, _ *authority) { c.MaxVersion = tls.VersionTLS12 })
		_, err := post(t, newClient(t, egress.Options{}), server.URL, egress.Profile{RootCAs: server.roots})
		require.NoError(t, err)
	})
}

func TestClientCertificates(t *testing.T) {
	t.Parallel()
	who := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}
	server := startTLS(t, who, func(c *tls.Config, a *authority) {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, a.roots
		c.MaxVersion = tls.VersionTLS12 // so that the refusal is part of the handshake
	})
	named := func(name string) *tls.Certificate {
		return server.issue(t, func(c *x509.Certificate) { c.Subject.CommonName = name })
	}
	c := newClient(t, egress.Options{})
	for _, name := range []string{"first", "second"} {
		answer, err := post(t, c, server.URL, egress.Profile{RootCAs: server.roots, Certificate: named(name)})
		require.NoError(t, err)
		require.Equal(t, name, string(answer.Body))
	}
	_, err := post(t, c, server.URL, egress.Profile{RootCAs: server.roots})
	requireReason(t, egress.ReasonTLS, err)

	t.Run("refused after the handshake", func(t *testing.T) {
		t.Parallel()
		certificate := *server.issue(t, nil)
		address := listen(t, func(conn *net.TCPConn) {
			_ = tls.Server(conn, &tls.Config{
				MinVersion:   tls.VersionTLS13,
				Certificates: []tls.Certificate{certificate},
				ClientAuth:   tls.RequireAnyClientCert,
			}).Handshake()
			untilClosed(conn)
		})
		_, err := post(t, c, "https://"+address, egress.Profile{RootCAs: server.roots})
		requireReason(t, egress.ReasonTLS, err)
	})
}
