package connector_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const endpoint = "a1b2c3-ats.iot.eu-west-1.amazonaws.com"

// published is a message that the server took.
type published struct {
	topic, qos, body string
	date             time.Time
}

// broker is AWS IoT as far as publishing goes.
type broker struct {
	verifier
	failures int // of the first requests

	mu       sync.Mutex
	requests []error // what verify said
	taken    []published
}

// ServeHTTP implements http.Handler.
func (b *broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = b.verify(r, body, time.Now())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests = append(b.requests, err)
	date, _ := time.Parse(dateFormat, r.Header.Get("X-Amz-Date"))
	switch {
	case err != nil:
		http.Error(w, `{"message":"Forbidden"}`, http.StatusForbidden)
	case len(b.requests) <= b.failures:
		http.Error(w, `{"message":"ServiceUnavailable"}`, http.StatusServiceUnavailable)
	default:
		b.taken = append(b.taken, published{r.URL.Path, r.URL.Query().Get("qos"), string(body), date})
		_, _ = w.Write([]byte(`{"message":"OK"}`))
	}
}

// serve starts a TLS server and returns a transport whose connections all lead there,
// whatever the name, which the server must be certified for.
func serve(t *testing.T, h http.Handler, network network) http.RoundTripper {
	t.Helper()
	certificate, roots := certify(t)
	srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(tls.NewListener(network, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}))
	}()
	transport := &http.Transport{
		DialContext:     func(ctx context.Context, _, _ string) (net.Conn, error) { return network.dial(ctx) },
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		require.NoError(t, srv.Close())
		<-done
	})
	return transport
}

// certify makes a certificate for the endpoint.
func certify(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{endpoint},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// network is where a server listens.
type network interface {
	net.Listener
	dial(ctx context.Context) (net.Conn, error)
}

// loopback is a TCP port of this machine.
type loopback struct{ net.Listener }

func newLoopback(t *testing.T) loopback {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return loopback{l}
}

func (l loopback) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", l.Addr().String())
}

// pipes is a network in memory, for the bubbles of synctest.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{accept: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.accept <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }
