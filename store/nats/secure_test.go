package nats_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	client "github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/nats"
	"github.com/go-sigfox/sigfox/store/nats/natstest"
)

// The connection brings TLS and credentials, of a user who may do no more than doc.go
// says is needed.
func TestSecure(t *testing.T) {
	t.Parallel()
	certificate, roots := certificates(t)
	c, err := natstest.Start(t.TempDir(), 1, func(o *server.Options) {
		o.TLS, o.TLSTimeout = true, 5
		o.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13}
		o.Users = []*server.User{{Username: "sigfox", Password: "secret", Permissions: &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: []string{"$JS.API.>", "sigfox.queue.>", "$KV.sigfox_t.>"}},
			Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
		}}}
	})
	require.NoError(t, err)
	t.Cleanup(c.StopAll)
	_, err = c.Connect(client.Secure(&tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS13}), client.UserInfo("sigfox", "wrong"))
	require.ErrorIs(t, err, client.ErrAuthorization)
	_, err = c.Connect(client.UserInfo("sigfox", "secret"))
	require.Error(t, err, "the server's certificate is of nobody known")

	refused := make(chan error, 100)
	conn := connect(t, c,
		client.Secure(&tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS13}), client.UserInfo("sigfox", "secret"),
		client.ErrorHandler(func(_ *client.Conn, _ *client.Subscription, err error) { refused <- err }))
	q, table := parts(t, open(t, conn, nats.Options{}))
	now := time.Now()
	require.NoError(t, q.Put(t.Context(), now, store.Item{ID: "a"}))
	require.NoError(t, q.Put(t.Context(), now, store.Item{ID: "b"}, store.Item{ID: "c"}))
	claims := claim(t, q, 3)
	require.NoError(t, q.Done(t.Context(), claims[0]))
	require.NoError(t, q.Bury(t.Context(), now, claims[1]))
	revision, err := table.Create(t.Context(), now, "k", []byte("v"), 0)
	require.NoError(t, err)
	for e, err := range table.All(t.Context(), now) {
		require.NoError(t, err)
		require.Equal(t, store.Entry{Key: "k", Value: []byte("v"), Revision: revision}, e)
	}
	require.NoError(t, table.Delete(t.Context(), now, "k", revision))
	require.Empty(t, refused)
}

// certificates returns one for 127.0.0.1, and the pool that knows it.
func certificates(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}
