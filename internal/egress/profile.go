package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
)

// Profile says how TLS is spoken with a target. It is comparable: requests share
// connections if their profiles are equal, so that whoever sends should keep its
// certificates and pools rather than make them anew.
type Profile struct {
	// Certificate is shown to servers that ask for one. Nil: none.
	Certificate *tls.Certificate
	// RootCAs are the authorities that the certificate of the server must chain to.
	// Nil: those of the system.
	RootCAs *x509.CertPool
	// SNI tells the server in the clear which of its names is meant. Without, the
	// certificate that it shows is verified for the name all the same.
	SNI bool
}

// config returns the configuration of TLS for connections to host.
func (p Profile) config(host string) *tls.Config {
	c := &tls.Config{
		MinVersion: tls.VersionTLS12,
		RootCAs:    p.RootCAs,
		NextProtos: []string{"h2", "http/1.1"},
	}
	if p.Certificate != nil {
		c.Certificates = []tls.Certificate{*p.Certificate}
	}
	if p.SNI {
		c.ServerName = host // sent and verified
		return c
	}
	// Package tls sends the name that it verifies, unless told to leave verification to
	// its caller. An address is not sent; it is here lest http.Transport fill in the name.
	c.ServerName = "0.0.0.0"
	c.InsecureSkipVerify = true // for VerifyConnection does it, on every connection
	c.VerifyConnection = func(s tls.ConnectionState) error { return verify(s.PeerCertificates, p.RootCAs, host) }
	return c
}

// verify does what package tls does with the certificates of a server: it checks the
// chain, the dates, the purpose and the name.
func verify(certificates []*x509.Certificate, roots *x509.CertPool, host string) error {
	// Never empty here: package tls refuses servers without a certificate.
	leaf, others := certificates[0], x509.NewCertPool()
	for _, certificate := range certificates[1:] {
		others.AddCert(certificate)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: others})
	if err == nil {
		err = leaf.VerifyHostname(host)
	}
	if err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: certificates, Err: err}
	}
	return nil
}

// dialer connects to servers with one profile.
type dialer struct {
	*net.Dialer

	profile Profile
}

func (d dialer) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	secure := tls.Client(conn, d.profile.config(host))
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // the error of the handshake is the one that counts
		return nil, &handshakeError{err}
	}
	return secure, nil
}
