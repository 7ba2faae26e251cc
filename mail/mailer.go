package mail

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/mail"
	"slices"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/go-sigfox/sigfox/callback"
)

// Mailer sends e-mails over SMTP. It is safe for concurrent use.
type Mailer struct {
	options Options
	client  []gomail.Option
	from    *mail.Address
	timeout error
}

// New returns a Mailer. It does not connect to the server. The error names the option
// that is wrong.
func New(o Options) (*Mailer, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	from, err := parseAddress(o.From)
	if err != nil {
		return nil, fmt.Errorf("mail: Options.From: %w", err)
	}
	o = o.withDefaults()
	return &Mailer{
		options: o,
		client:  o.client(),
		from:    from,
		timeout: fmt.Errorf("not sent within %v: %w", o.Timeout, context.DeadlineExceeded),
	}, nil
}

// Send sends one e-mail of plain text and returns nil once the server has taken it.
// The error is an *Error; if ctx ended it wraps its cause.
func (m *Mailer) Send(ctx context.Context, c callback.Mail) error {
	msg, err := m.compose(c)
	if err != nil {
		return &Error{Err: err}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, m.options.Timeout, m.timeout)
	defer cancel()
	if err := m.deliver(ctx, msg); err != nil {
		if ctx.Err() != nil {
			return &Error{Err: context.Cause(ctx)}
		}
		return m.explain(err)
	}
	return nil
}

// deliver hands the message to the server over a connection of its own, which is
// closed when ctx ends: go-mail heeds its context only until the connection is there.
func (m *Mailer) deliver(ctx context.Context, msg *gomail.Msg) error {
	conn, err := m.dial(ctx)
	if err != nil {
		return err
	}
	defer hangUp(conn)
	defer context.AfterFunc(ctx, func() { hangUp(conn) })()

	session, err := m.hello(ctx, conn)
	if err != nil {
		return err
	}
	if err := transfer(session, msg); err != nil {
		return err
	}
	// The server has the message. A farewell that fails or lasts must not make it a
	// failure, for it would be sent again.
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	_ = session.Quit()
	return nil
}

// dial connects to the server.
func (m *Mailer) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(m.options.Host, strconv.Itoa(m.options.Port)))
	if err != nil || m.options.TLS != ImplicitTLS {
		return conn, err
	}
	encrypted := tls.Client(conn, m.options.TLSConfig)
	if err := encrypted.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return encrypted, nil
}

// hangUp closes a connection without the farewell of TLS, which could block.
func hangUp(conn net.Conn) {
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	_ = conn.Close()
}

// hello greets the server, encrypts the connection and logs in, as the options say.
func (m *Mailer) hello(ctx context.Context, conn net.Conn) (*smtp.Client, error) {
	use := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	// A client of the library changes as it works, so each connection has its own.
	list := append(slices.Clip(m.client), gomail.WithDialContextFunc(use))
	client, err := gomail.NewClient(m.options.Host, list...)
	if err != nil {
		return nil, err
	}
	return client.DialToSMTPClientWithContext(ctx)
}
