package mail_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"net/mail"
	"strconv"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	sigfoxmail "github.com/go-sigfox/sigfox/mail"
)

const (
	user     = "callbacks"
	password = "correct horse battery staple"
)

// server is an SMTP server that keeps what it takes.
type server struct {
	host  string
	port  int
	roots *x509.CertPool

	// refuse returns the answer to a command, nil to go on.
	refuse func(command string) error

	mu       sync.Mutex
	received []received
	logins   []string
}

// received is an e-mail as it came.
type received struct {
	encrypted bool
	from, to  string
	message   *mail.Message
	body      string
	raw       string
}

type serverOptions struct {
	plain    bool // no STARTTLS
	implicit bool // TLS from the start
	auth     bool // a login is required
	refuse   func(command string) error
}

// serve starts a server, which ends with the test.
func serve(tb testing.TB, o serverOptions) *server {
	tb.Helper()
	certified := httptest.NewTLSServer(nil) // for its certificate
	certified.Close()
	s := &server{refuse: o.refuse, roots: x509.NewCertPool()}
	s.roots.AddCert(certified.Certificate())
	config := &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12}

	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		if err := s.answer("CONNECT"); err != nil {
			return nil, err
		}
		ses := &session{server: s, conn: c}
		if !o.auth {
			return ses, nil
		}
		return &authSession{session: ses}, nil
	}))
	srv.Domain = "mx.example.com"
	srv.ErrorLog = discard{}
	if !o.plain && !o.implicit {
		srv.TLSConfig = config
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	s.host, s.port = split(tb, listener.Addr().String())
	if o.implicit {
		listener = tls.NewListener(listener, config)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(listener) }()
	tb.Cleanup(func() {
		srv.Close()
		listener.Close() // which the server may not have had yet
		<-done
	})
	return s
}

func split(tb testing.TB, addr string) (string, int) {
	tb.Helper()
	host, port, err := net.SplitHostPort(addr)
	require.NoError(tb, err)
	n, err := strconv.Atoi(port)
	require.NoError(tb, err)
	return host, n
}

// options returns what a Mailer needs to send to the server.
func (s *server) options() sigfoxmail.Options {
	return sigfoxmail.Options{
		Host: s.host, Port: s.port, TLSConfig: &tls.Config{RootCAs: s.roots},
		From: "Callbacks <callbacks@example.com>",
	}
}

func (s *server) answer(command string) error {
	if s.refuse == nil {
		return nil
	}
	return s.refuse(command)
}

func (s *server) mails() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.received
}

// session is the conversation of one connection.
type session struct {
	*server
	conn     *smtp.Conn
	from, to string
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return s.answer("MAIL")
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return s.answer("RCPT")
}

func (s *session) Data(r io.Reader) error {
	if err := s.answer("DATA"); err != nil {
		return err
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	got, err := parse(string(raw))
	if err != nil {
		return err
	}
	_, got.encrypted = s.conn.TLSConnectionState()
	got.from, got.to = s.from, s.to
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = append(s.received, got)
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// authSession is a session that needs a login first.
type authSession struct {
	*session
	in bool
}

func (s *authSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *authSession) Auth(mechanism string) (sasl.Server, error) {
	if mechanism != sasl.Plain {
		return nil, errors.New("unknown mechanism")
	}
	return sasl.NewPlainServer(func(_, u, p string) error {
		if err := s.answer("AUTH"); err != nil {
			return err
		}
		if u != user || p != password {
			return smtp.ErrAuthFailed
		}
		s.in = true
		s.mu.Lock()
		defer s.mu.Unlock()
		s.logins = append(s.logins, u)
		return nil
	}), nil
}

func (s *authSession) Mail(from string, o *smtp.MailOptions) error {
	if !s.in {
		return smtp.ErrAuthRequired
	}
	return s.session.Mail(from, o)
}

type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}
