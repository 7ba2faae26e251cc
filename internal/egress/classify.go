package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
)

// phase is how far a request had come when it failed.
type phase int

const (
	unsent  phase = iota // not valid, so that no connection was looked for
	sending              // until the header of the answer is read
	reading              // the body of the answer
)

// classify finds the reason of an error: the end of the context, whatever came of it,
// or else what the error says. Errors that name no more than addresses, hosts and
// certificates keep their text, but for what it tells of the network of the sender: the
// customer reads it. Others may quote the URL, or a server that echoes the request, and get
// another.
func classify(ctx context.Context, at phase, err error) *Error {
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(cause, context.DeadlineExceeded) {
			if cause == context.DeadlineExceeded { //nolint:errorlint // not what wraps it, which says more
				cause = &hidden{"no complete answer in time", cause}
			}
			return &Error{ReasonTimeout, cause}
		}
		return &Error{ReasonCanceled, cause}
	}
	for u, ok := errors.AsType[*url.Error](err); ok; u, ok = errors.AsType[*url.Error](err) {
		err = u.Err
	}
	for _, recognise := range []func(error) *Error{forbidden, dns, timeout, handshake} {
		if e := recognise(err); e != nil {
			return e
		}
	}
	switch at {
	case unsent:
		return &Error{ReasonRequest, &hidden{"the method or a header is not valid HTTP", err}}
	case sending:
		if e := refused(err); e != nil {
			return e
		}
		return protocol(err)
	default:
		return &Error{ReasonProtocol, &hidden{"the body of the answer broke off", err}}
	}
}

func forbidden(err error) *Error {
	for _, prohibited := range []error{
		ssrf.ErrProhibitedIP, ssrf.ErrProhibitedPort, ssrf.ErrProhibitedNetwork, ssrf.ErrInvalidHostPort,
	} {
		if !errors.Is(err, prohibited) {
			continue
		}
		if e := as[*net.OpError](ReasonForbidden, err); e != nil {
			return e
		}
		return &Error{ReasonForbidden, prohibited}
	}
	return nil
}

func dns(err error) *Error {
	e, ok := errors.AsType[*net.DNSError](err)
	if !ok {
		return nil
	}
	shown := *e
	shown.Server = "" // it is in the network of the sender
	return &Error{ReasonDNS, &hidden{shown.Error(), e}}
}

func timeout(err error) *Error {
	if e, ok := errors.AsType[net.Error](err); !ok || !e.Timeout() {
		return nil
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return &Error{ReasonTimeout, withoutSource(op)}
	}
	return &Error{ReasonTimeout, &hidden{"timed out", err}}
}

func handshake(err error) *Error {
	if e := as[*handshakeError](ReasonTLS, err); e != nil {
		return e
	}
	// With TLS 1.3, a server tells what it thinks of the client's certificate only after
	// the handshake; and http.Transport itself shakes hands through a proxy.
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "remote error" || op.Op == "local error") {
		return &Error{ReasonTLS, op}
	}
	if e := as[tls.RecordHeaderError](ReasonTLS, err); e != nil {
		return e
	}
	return as[*tls.CertificateVerificationError](ReasonTLS, err)
}

func refused(err error) *Error {
	if e := as[*proxyError](ReasonRefused, err); e != nil {
		return e
	}
	op, ok := errors.AsType[*net.OpError](err)
	if !ok {
		return nil
	}
	switch op.Op {
	case "dial", "proxyconnect", "socks connect":
		return &Error{ReasonRefused, withoutSource(op)}
	}
	for _, reset := range resets {
		if errors.Is(op, reset) {
			return &Error{ReasonRefused, withoutSource(op)}
		}
	}
	return nil
}

// withoutSource keeps the address of the sender out of the text of an error.
func withoutSource(op *net.OpError) error {
	shown := *op
	shown.Source = nil
	return &hidden{shown.Error(), op}
}

// resets are what systems say of a connection that the other side has broken off. The last
// two are those of Windows, which are other values than those that package syscall has
// there under the same names.
var resets = [...]error{
	syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, syscall.Errno(10054), syscall.Errno(10053),
}

func protocol(err error) *Error {
	switch text := err.Error(); {
	// Package http has neither type nor value for these two.
	case strings.Contains(text, "server response headers exceeded"), // HTTP/1
		strings.Contains(text, "response header list larger"): // HTTP/2
		return &Error{ReasonTooLarge, &hidden{"the header of the answer is too large", err}}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{ReasonProtocol, &hidden{"the connection was closed without an answer", err}}
	}
	return &Error{ReasonProtocol, &hidden{"no valid answer", err}}
}

// as returns the error of type E in err, without what is wrapped around it.
func as[E error](reason Reason, err error) *Error {
	if e, ok := errors.AsType[E](err); ok {
		return &Error{reason, e}
	}
	return nil
}
