package egress_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/egress"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Errors that are hard to come by over a socket, wrapped as http.Client would.
func TestReasons(t *testing.T) {
	t.Parallel()
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	inside := &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 40000}
	for name, test := range map[string]struct {
		err  error
		want egress.Reason
	}{
		"name, temporary":  {&net.DNSError{Err: "server misbehaving", Name: "a.example", Server: "10.1.2.3:53", IsTemporary: true}, egress.ReasonDNS},
		"name, timed out":  {&net.DNSError{Err: "timeout", Name: "a.example", IsTimeout: true}, egress.ReasonDNS},
		"network":          {dial(syscall.ENETUNREACH), egress.ReasonRefused},
		"host":             {dial(syscall.EHOSTUNREACH), egress.ReasonRefused},
		"no more sockets":  {dial(syscall.EMFILE), egress.ReasonRefused},
		"dial timed out":   {dial(os.ErrDeadlineExceeded), egress.ReasonTimeout},
		"no answer to SYN": {dial(syscall.ETIMEDOUT), egress.ReasonTimeout},
		"read timed out":   {&net.OpError{Op: "read", Source: inside, Err: os.ErrDeadlineExceeded}, egress.ReasonTimeout},
		"timed out":        {context.DeadlineExceeded, egress.ReasonTimeout},
		"broken pipe":      {&net.OpError{Op: "write", Err: syscall.EPIPE}, egress.ReasonRefused},
		"reset":            {&net.OpError{Op: "read", Source: inside, Err: syscall.ECONNRESET}, egress.ReasonRefused},
		"other":            {&net.OpError{Op: "read", Err: errors.New(secret)}, egress.ReasonProtocol},
		"alert":            {&net.OpError{Op: "remote error", Err: tls.AlertError(42)}, egress.ReasonTLS},
		"record":           {tls.RecordHeaderError{Msg: "not TLS"}, egress.ReasonTLS},
		"end":              {io.ErrUnexpectedEOF, egress.ReasonProtocol},
		"unknown":          {errors.New(secret), egress.ReasonProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := egress.New(egress.Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				err := fmt.Errorf("on %s: %w", secret, test.err)
				return nil, fmt.Errorf("sending %s: %w", secret, &url.Error{Op: "Post", URL: r.URL.String(), Err: err})
			})})
			require.NoError(t, err)
			_, err = post(t, c, "http://127.0.0.1/", egress.Profile{})
			e := requireReason(t, test.want, err)
			require.ErrorIs(t, e, test.err)
			require.True(t, strings.HasPrefix(e.Error(), string(test.want)+": "), e)
			require.NotContains(t, e.Error(), "10.1.2.3", "it is in the network of the sender")
			var quoting *url.Error
			require.NotErrorAs(t, err, &quoting)
		})
	}
	t.Run("deadline", func(t *testing.T) {
		t.Parallel()
		c, err := egress.New(egress.Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})})
		require.NoError(t, err)
		_, err = postUntil(t, soon, c, "http://127.0.0.1/")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, "timeout: no complete answer in time")
	})
	t.Run("guard of a transport of one's own", func(t *testing.T) {
		t.Parallel()
		guarded, err := egress.New(egress.Options{})
		require.NoError(t, err)
		_, err = post(t, guarded, "http://127.0.0.1/", egress.Profile{})
		refusal := fmt.Errorf("on %s: %w", secret, requireReason(t, egress.ReasonForbidden, err).Err)
		c, err := egress.New(egress.Options{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return nil, refusal
		})})
		require.NoError(t, err)
		_, err = post(t, c, "http://customer.example/", egress.Profile{})
		requireReason(t, egress.ReasonForbidden, err)
	})
	t.Run("body", func(t *testing.T) {
		t.Parallel()
		c, err := egress.New(egress.Options{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			body := iotest.ErrReader(errors.New(secret))
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(body)}, nil
		})})
		require.NoError(t, err)
		answer, err := post(t, c, "http://127.0.0.1/", egress.Profile{})
		requireReason(t, egress.ReasonProtocol, err)
		require.Equal(t, http.StatusOK, answer.Status)
	})
	require.Equal(t, "dns", (&egress.Error{Reason: egress.ReasonDNS}).Error())
}

func TestTransportReplacesAll(t *testing.T) {
	t.Parallel()
	c, err := egress.New(egress.Options{MaxAnswer: 3, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(r.Body)}, nil
	})})
	require.NoError(t, err)
	answer, err := post(t, c, "http://127.0.0.1/", egress.Profile{})
	require.NoError(t, err)
	require.Equal(t, egress.Answer{Status: http.StatusOK, Body: []byte("bod"), Truncated: true}, answer)
	c.Close()
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []egress.Options{{MaxAnswer: -1}, {MaxHeader: -1}, {ConnsPerHost: -1}} {
		_, err := egress.New(o)
		require.ErrorContains(t, err, "negative")
	}
}
