package callback

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/netip"
	"slices"

	"github.com/go-sigfox/sigfox/internal/receive"
)

// SigfoxPrefix is the network from which the Sigfox Cloud sends callbacks. Sigfox
// announces changes in its release notes.
// Source: https://support.sigfox.com/docs/callback-integration
func SigfoxPrefix() netip.Prefix { return netip.MustParsePrefix("185.110.96.0/22") }

// SourceOptions configure Source.
type SourceOptions struct {
	// Prefixes are the networks that callbacks may come from. Those of IPv4, here and in
	// TrustedProxies, are written as such, not mapped into IPv6. Default: SigfoxPrefix.
	Prefixes []netip.Prefix
	// TrustedProxies are the networks of your own proxies. Only if the connection
	// comes from one of them is Header read: the client is its right-most address
	// that is not a trusted proxy. Default: none.
	TrustedProxies []netip.Prefix
	// ForwardedHeader is the header that your proxies write: "X-Forwarded-For" or
	// "Forwarded". Default: X-Forwarded-For.
	ForwardedHeader string
}

// Source accepts requests by the address they come from. An address proves little
// by itself, since all customers of the Sigfox Cloud share its addresses; combine
// it with a secret by AllOf.
func Source(o SourceOptions) (Verifier, error) {
	prefixes, trusted := slices.Clone(o.Prefixes), slices.Clone(o.TrustedProxies)
	if len(prefixes) == 0 {
		prefixes = []netip.Prefix{SigfoxPrefix()}
	}
	for _, p := range slices.Concat(prefixes, trusted) {
		if !p.IsValid() || p.Addr().Is4In6() { // clients are compared as IPv4
			return nil, fmt.Errorf("callback: %v is no prefix of IPv4 or IPv6", p)
		}
	}
	header := o.ForwardedHeader
	switch http.CanonicalHeaderKey(header) {
	case "":
		header = "X-Forwarded-For"
	case "X-Forwarded-For", "Forwarded":
	default:
		return nil, fmt.Errorf("callback: header %q does not hold client addresses", header)
	}
	return VerifierFunc(func(r *http.Request) error {
		addr, err := receive.Client(r, header, trusted)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnverified, err)
		}
		if !receive.Contains(prefixes, addr) {
			return fmt.Errorf("%w: address %s", ErrUnverified, addr)
		}
		return nil
	}), nil
}

// ClientCertificate accepts requests over TLS with a client certificate that the
// server's tls.Config has verified and that accept approves of; nil approves of
// all. The server must ask for certificates (tls.VerifyClientCertIfGiven or
// stricter). Whether the Sigfox Cloud can send one is not documented; proxies can.
func ClientCertificate(accept func(leaf *x509.Certificate) bool) Verifier {
	return VerifierFunc(func(r *http.Request) error {
		if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
			return fmt.Errorf("%w: no verified client certificate", ErrUnverified)
		}
		if accept != nil && !accept(r.TLS.VerifiedChains[0][0]) {
			return fmt.Errorf("%w: client certificate not accepted", ErrUnverified)
		}
		return nil
	})
}

// Fingerprints approves of certificates by the SHA-256 of their DER form, for
// ClientCertificate. Give the old and the new one while certificates are changed.
func Fingerprints(accepted ...[sha256.Size]byte) func(*x509.Certificate) bool {
	return func(leaf *x509.Certificate) bool {
		return slices.Contains(accepted, sha256.Sum256(leaf.Raw))
	}
}
