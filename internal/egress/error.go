package egress

// Reason says in one word why a request failed.
type Reason string

// The reasons.
const (
	ReasonDNS       Reason = "dns"       // the name could not be resolved, now or ever
	ReasonForbidden Reason = "forbidden" // the address or port must not be dialled
	ReasonRefused   Reason = "refused"   // no connection: refused, reset, unreachable, or not made by the proxy
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
	// Err is the cause; if the context of the request had ended, the cause of that. Its
	// text is without secrets, but not necessarily those of the errors that it wraps.
	Err error
}

// Error tells the reason and the cause, without secrets.
func (e *Error) Error() string {
	text := string(e.Reason)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// hidden puts a text in front of an error whose own might quote a secret.
type hidden struct {
	text string
	err  error
}

func (h *hidden) Error() string { return h.text }
func (h *hidden) Unwrap() error { return h.err }

// handshakeError marks the errors of TLS handshakes, many of which have no type.
type handshakeError struct{ err error }

func (h *handshakeError) Error() string { return "TLS handshake: " + h.err.Error() }
func (h *handshakeError) Unwrap() error { return h.err }
