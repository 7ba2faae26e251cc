package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// classify finds the reason of an error. What it keeps of the text is that of errors
// which name addresses, hosts and certificates at most: others quote what the server
// sent, or the URL.
func classify(ctx context.Context, err error) *Error {
	if ended := contextError(ctx, err); ended != nil {
		return ended
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	for _, find := range []func(error) *Error{forbidden, dns, timeout, brokenOff, handshake, refused, tooLarge} {
		if e := find(err); e != nil {
			return e
		}
	}
	return protocol(err)
}

// contextError blames the end of the context for whatever came of it. An error
// can come a moment before the context knows that its deadline has passed.
func contextError(ctx context.Context, err error) *Error {
	cause := context.Cause(ctx)
	if deadline, ok := ctx.Deadline(); ok && cause == nil && isTimeout(err) &&
		!time.Now().Before(deadline) { //nolint:forbidigo // compared with the deadline of a context
		cause = context.DeadlineExceeded
	}
	switch {
	case cause == nil:
		return nil
	case errors.Is(cause, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &Error{Reason: ReasonTimeout, Err: cause}
	default:
		return &Error{Reason: ReasonCanceled, Err: cause}
	}
}

func forbidden(err error) *Error {
	for _, prohibited := range []error{
		ssrf.ErrProhibitedIP, ssrf.ErrProhibitedPort, ssrf.ErrProhibitedNetwork, ssrf.ErrInvalidHostPort,
	} {
		if errors.Is(err, prohibited) {
			return typed[*net.OpError](ReasonForbidden, err)
		}
	}
	return nil
}

func dns(err error) *Error { return typed[*net.DNSError](ReasonDNS, err) }

func isTimeout(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
}

func timeout(err error) *Error {
	switch {
	case isTimeout(err):
		return typed[net.Error](ReasonTimeout, err)
	case errors.Is(err, context.Canceled):
		return &Error{Reason: ReasonCanceled, Err: context.Canceled}
	}
	return nil
}

func handshake(err error) *Error {
	if e := typed[*handshakeError](ReasonTLS, err); e != nil {
		return e
	}
	if e := typed[*tls.CertificateVerificationError](ReasonTLS, err); e != nil {
		return e
	}
	return nil
}

var _ = x509.ErrUnsupportedAlgorithm

func brokenOff(err error) *Error { return nil }

func refused(err error) *Error {
	if e := typed[*proxyError](ReasonRefused, err); e != nil {
		return e
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return &Error{Reason: ReasonRefused, Err: op}
	}
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return typed[*net.OpError](ReasonRefused, err)
	}
	return nil
}

func tooLarge(err error) *Error {
	if strings.Contains(err.Error(), "server response headers exceeded") {
		return &Error{Reason: ReasonTooLarge, Err: err}
	}
	return nil
}

func protocol(err error) *Error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return &Error{Reason: ReasonProtocol, Err: &hidden{"the connection ended before the answer did", err}}
	}
	return &Error{Reason: ReasonProtocol, Err: &hidden{"the answer is no valid HTTP", err}}
}

// typed returns the error of type E in err, without what is wrapped around it.
func typed[E error](reason Reason, err error) *Error {
	if e, ok := errors.AsType[E](err); ok {
		return &Error{Reason: reason, Err: e}
	}
	return nil
}
