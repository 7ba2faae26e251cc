package egress

import (
	"context"
	"errors"
	"strconv"
)

// Reason says in one word why a request failed.
type Reason string

// The reasons.
const (
	ReasonDNS       Reason = "dns"       // the name could not be resolved, now or ever
	ReasonForbidden Reason = "forbidden" // the address must not be dialled
	ReasonRefused   Reason = "refused"   // no connection: refused, reset, unreachable, or the proxy would not
	ReasonTLS       Reason = "tls"       // the handshake failed: no trust, no common version
	ReasonTimeout   Reason = "timeout"   // the answer was not complete in time
	ReasonProtocol  Reason = "protocol"  // the answer broke off or is no HTTP
	ReasonTooLarge  Reason = "too_large" // the header of the answer is above the limit
	ReasonRequest   Reason = "request"   // the request cannot be sent as it is
	ReasonCanceled  Reason = "canceled"  // the caller gave up
)

// Error is why there is no answer, or not all of it.
type Error struct {
	// Reason is the kind of failure.
	Reason Reason
	// Err is the cause. If the context of the request had ended, it is the cause of that.
	// The texts of the errors that it wraps may tell what its own text does not.
	Err error
}

// Error tells the reason and the cause, without secrets.
func (e *Error) Error() string {
	text := "egress: " + string(e.Reason)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

var errNoCertificate = errors.New("the server showed no certificate")

// hidden is an error whose text might quote a secret, behind one that does not.
type hidden struct {
	text string
	err  error
}

func (h *hidden) Error() string { return h.text }
func (h *hidden) Unwrap() error { return h.err }

// handshakeError marks errors of a TLS handshake, many of which have no type.
type handshakeError struct{ err error }

func (h *handshakeError) Error() string { return "TLS handshake: " + h.err.Error() }
func (h *handshakeError) Unwrap() error { return h.err }

// brokenAnswer marks errors of reading a body.
type brokenAnswer struct{ err error }

func (b *brokenAnswer) Error() string { return "the answer broke off: " + b.err.Error() }
func (b *brokenAnswer) Unwrap() error { return b.err }

// proxyError is a proxy's refusal to connect.
type proxyError struct{ status int }

func (p *proxyError) Error() string { return "the proxy answered " + strconv.Itoa(p.status) }

var _ = context.Canceled
