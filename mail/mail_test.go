package mail_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	sigfoxmail "github.com/go-sigfox/sigfox/mail"
)

var _ dispatch.Mailer = (*sigfoxmail.Mailer)(nil)

var hello = callback.Mail{Recipient: "ops@example.org", Subject: "Device 2F3A", Message: "data: 00ff"}

// parse reads a message and decodes its body.
func parse(raw string) (received, error) {
	msg, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return received{}, err
	}
	if got := msg.Header.Get("Content-Transfer-Encoding"); got != "quoted-printable" {
		return received{}, fmt.Errorf("encoding %q", got)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(msg.Body))
	return received{message: msg, body: lines(string(body)), raw: raw}, err
}

// lines returns a text with one kind of line break and none at the end: SMTP ends
// each line, the last one too.
func lines(text string) string {
	return strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
}

func newMailer(tb testing.TB, o sigfoxmail.Options) *sigfoxmail.Mailer {
	tb.Helper()
	m, err := sigfoxmail.New(o)
	require.NoError(tb, err)
	return m
}

func TestSend(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		server serverOptions
		change func(*sigfoxmail.Options)
	}{
		"STARTTLS": {},
		"login":    {serverOptions{auth: true}, func(o *sigfoxmail.Options) { o.Username, o.Password = user, password }},
		"implicit TLS": {
			serverOptions{implicit: true, auth: true},
			func(o *sigfoxmail.Options) { o.TLS, o.Username, o.Password = sigfoxmail.ImplicitTLS, user, password },
		},
		"own name": {serverOptions{}, func(o *sigfoxmail.Options) { o.Hello = "sender.example.com" }},
		"no TLS":   {serverOptions{plain: true}, func(o *sigfoxmail.Options) { o.TLS = sigfoxmail.NoTLS }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, test.server)
			o := s.options()
			if test.change != nil {
				test.change(&o)
			}
			require.NoError(t, newMailer(t, o).Send(t.Context(), hello))

			require.Len(t, s.mails(), 1)
			got := s.mails()[0]
			require.Equal(t, o.TLS != sigfoxmail.NoTLS, got.encrypted)
			require.Equal(t, "callbacks@example.com", got.from)
			require.Equal(t, "ops@example.org", got.to)
			require.Equal(t, test.server.auth, len(s.logins) == 1)
			h := got.message.Header
			require.Equal(t, `"Callbacks" <callbacks@example.com>`, h.Get("From"))
			require.Equal(t, "<ops@example.org>", h.Get("To"))
			require.Equal(t, "Device 2F3A", h.Get("Subject"))
			require.Equal(t, "text/plain; charset=UTF-8", h.Get("Content-Type"))
			require.Equal(t, "auto-generated", h.Get("Auto-Submitted"))
			require.Regexp(t, `^<[A-Z2-7]+@example\.com>$`, h.Get("Message-Id"))
			require.Empty(t, h.Get("User-Agent"))
			_, err := h.Date()
			require.NoError(t, err)
			require.Equal(t, "data: 00ff", got.body)
		})
	}
}

// TestText sends what variables may bring in, and reads it back.
func TestText(t *testing.T) {
	t.Parallel()
	tests := map[string]callback.Mail{
		"UTF-8":         {Subject: "Gerät 2F3A: 25 °C — 温度", Message: "Temperatur 25 °C\n温度"},
		"empty":         {},
		"long subject":  {Subject: strings.Repeat("é", 2000), Message: strings.Repeat("x", 5000)},
		"long ASCII":    {Subject: strings.Repeat("word ", 500) + "end"},
		"dots":          {Message: "a\n.\nb\n..\n.c\n"},
		"commands":      {Message: "a\r\n.\r\nMAIL FROM:<evil@example.com>\r\n"},
		"zero bytes":    {Message: "a\x00b\x1bc"},
		"invalid UTF-8": {Message: "a\xffb"},
		"encoded word":  {Subject: "=?utf-8?q?x?="},
		"looks encoded": {Message: "=3D=\n= 20"},
	}
	s := serve(t, serverOptions{})
	m := newMailer(t, s.options())
	for name, want := range tests {
		want.Recipient = "ops@example.org"
		require.NoError(t, m.Send(t.Context(), want), name)
		got := s.mails()[len(s.mails())-1]
		subject, err := new(mime.WordDecoder).DecodeHeader(got.message.Header.Get("Subject"))
		require.NoError(t, err, name)
		if name != "encoded word" { // readers show it decoded
			require.Equal(t, want.Subject, subject, name)
		}
		require.Equal(t, lines(want.Message), got.body, name)
		for line := range strings.Lines(got.raw) {
			require.LessOrEqual(t, len(line), 1000, name)
		}
	}
	require.Len(t, s.mails(), len(tests))
}

// TestInjection shows that no message brings in headers, recipients or commands.
func TestInjection(t *testing.T) {
	t.Parallel()
	s := serve(t, serverOptions{})
	m := newMailer(t, s.options())
	for name, bad := range map[string]callback.Mail{
		"subject CRLF":       {Recipient: "ops@example.org", Subject: "x\r\nBcc: evil@example.com"},
		"subject LF":         {Recipient: "ops@example.org", Subject: "x\nBcc: evil@example.com"},
		"subject CR":         {Recipient: "ops@example.org", Subject: "x\rBcc: evil@example.com"},
		"subject zero":       {Recipient: "ops@example.org", Subject: "x\x00"},
		"subject NEL":        {Recipient: "ops@example.org", Subject: "x\u0085y"},
		"recipient CRLF":     {Recipient: "ops@example.org\r\nBcc: evil@example.com"},
		"recipient in name":  {Recipient: "\"a\nb\" <ops@example.org>"},
		"recipient quoted":   {Recipient: "\"a\r\nDATA\"@example.org"},
		"several recipients": {Recipient: "ops@example.org, evil@example.com"},
		"no recipient":       {},
		"no address":         {Recipient: "secret"},
	} {
		err := m.Send(t.Context(), bad)
		require.ErrorIs(t, err, sigfoxmail.ErrMessage, name)
		got, ok := errors.AsType[*sigfoxmail.Error](err)
		require.True(t, ok, name)
		require.False(t, got.Temporary(), name)
		require.Zero(t, got.Code, name)
		require.NotContains(t, err.Error(), "evil", name)
		require.NotContains(t, err.Error(), "secret", name)
	}
	require.Empty(t, s.mails())

	// An odd local part stays one: a blank or ">" in it does not end the command.
	require.NoError(t, m.Send(t.Context(), callback.Mail{Recipient: `"a> SIZE=1"@example.org`}))
	require.Equal(t, `a> SIZE=1@example.org`, s.mails()[0].to)
}

// TestRefused shows which answers of the server are temporary.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"CONNECT", "AUTH", "MAIL", "RCPT", "DATA"} {
		for _, answer := range []*smtp.SMTPError{
			{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"},
			{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "never\x1b " + password + strings.Repeat("é", 200)},
		} {
			t.Run(fmt.Sprint(command, answer.Code), func(t *testing.T) {
				t.Parallel()
				s := serve(t, serverOptions{auth: true, refuse: func(c string) error {
					if c == command {
						return answer
					}
					return nil
				}})
				o := s.options()
				o.Username, o.Password = user, password
				err := newMailer(t, o).Send(t.Context(), hello)
				got, ok := errors.AsType[*sigfoxmail.Error](err)
				require.True(t, ok, "%v", err)
				require.Equal(t, answer.Code, got.Code, err)
				require.Equal(t, answer.Code < 500, got.Temporary())
				requireDiscreet(t, err)
				require.Empty(t, s.mails())
			})
		}
	}
}

// requireDiscreet fails if the error, or one that it wraps, tells the password, or if
// its text is long or more than a line.
func requireDiscreet(t *testing.T, err error) {
	t.Helper()
	require.Less(t, len(err.Error()), 300)
	require.NotContains(t, err.Error(), "\n")
	require.NotContains(t, err.Error(), "\x1b")
	for ; err != nil; err = errors.Unwrap(err) {
		for _, secret := range []string{
			password,
			base64.StdEncoding.EncodeToString([]byte(password)),
			base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password)),
		} {
			require.NotContains(t, err.Error(), secret)
		}
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	s := serve(t, serverOptions{auth: true})
	o := s.options()
	o.Username, o.Password = user, "wrong"
	err := newMailer(t, o).Send(t.Context(), hello)
	got, ok := errors.AsType[*sigfoxmail.Error](err)
	require.True(t, ok)
	require.Equal(t, 535, got.Code)
	require.NotContains(t, err.Error(), "wrong")
}

// TestNotEncrypted shows that nothing is sent, the password least of all, where the
// server is not the right one or does not encrypt.
func TestNotEncrypted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		server serverOptions
		change func(*sigfoxmail.Options)
	}{
		"no STARTTLS":    {serverOptions{plain: true, auth: true}, func(*sigfoxmail.Options) {}},
		"no trust":       {serverOptions{auth: true}, func(o *sigfoxmail.Options) { o.TLSConfig = nil }},
		"wrong name":     {serverOptions{auth: true}, func(o *sigfoxmail.Options) { o.TLSConfig.ServerName = "mx.example.net" }},
		"plain port":     {serverOptions{plain: true}, func(o *sigfoxmail.Options) { o.TLS = sigfoxmail.ImplicitTLS }},
		"implicit trust": {serverOptions{implicit: true}, func(o *sigfoxmail.Options) { o.TLS, o.TLSConfig = sigfoxmail.ImplicitTLS, nil }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, test.server)
			o := s.options()
			o.Username, o.Password = user, password
			test.change(&o)
			err := newMailer(t, o).Send(t.Context(), hello)
			got, ok := errors.AsType[*sigfoxmail.Error](err)
			require.True(t, ok)
			require.True(t, got.Temporary(), "somebody may mend it")
			require.Zero(t, got.Code)
			requireDiscreet(t, err)
			require.Empty(t, s.mails())
			require.Empty(t, s.logins)
		})
	}
}

func TestOldTLS(t *testing.T) {
	t.Parallel()
	s := serve(t, serverOptions{})
	o := s.options()
	o.TLSConfig.MinVersion, o.TLSConfig.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	require.Error(t, newMailer(t, o).Send(t.Context(), hello))
}

// script is a server that says its lines, one for each that it hears, and no more.
func script(t *testing.T, lines ...string) sigfoxmail.Options {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		heard := bufio.NewReader(conn)
		for _, line := range lines {
			_, _ = io.WriteString(conn, line+"\r\n")
			for l := ""; l == "" || strings.HasPrefix(line, "354") && l != ".\r\n"; {
				if l, err = heard.ReadString('\n'); err != nil {
					return
				}
			}
		}
		_, _ = io.Copy(io.Discard, conn) // until the client goes
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	host, port := split(t, listener.Addr().String())
	return sigfoxmail.Options{Host: host, Port: port, TLS: sigfoxmail.NoTLS, From: "callbacks@example.com"}
}

// TestHangs cancels at each step of the conversation.
func TestHangs(t *testing.T) {
	t.Parallel()
	talk := []string{"220 hello", "250 hello", "250 from", "250 to", "354 go on"}
	for step := range len(talk) + 1 {
		t.Run(fmt.Sprint("step", step), func(t *testing.T) {
			t.Parallel()
			gone := errors.New("shutting down")
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(50*time.Millisecond, func() { cancel(gone) })
			err := newMailer(t, script(t, talk[:step]...)).Send(ctx, hello)
			require.ErrorIs(t, err, gone)
			got, _ := errors.AsType[*sigfoxmail.Error](err)
			require.True(t, got.Temporary())
		})
	}
	t.Run("timeout", func(t *testing.T) {
		t.Parallel()
		o := script(t)
		o.Timeout = 50 * time.Millisecond
		err := newMailer(t, o).Send(t.Context(), hello)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, "mail: not sent within 50ms: context deadline exceeded")
	})
	t.Run("TLS handshake", func(t *testing.T) {
		t.Parallel()
		o := script(t)
		o.TLS, o.Timeout = sigfoxmail.ImplicitTLS, 50*time.Millisecond
		require.ErrorIs(t, newMailer(t, o).Send(t.Context(), hello), context.DeadlineExceeded)
	})
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, newMailer(t, script(t)).Send(ctx, hello), context.Canceled)
	})
}

// TestFarewell shows that an e-mail that was taken is no failure, whatever comes after.
func TestFarewell(t *testing.T) {
	t.Parallel()
	talk := []string{"220 hello", "250 hello", "250 from", "250 to", "354 go on", "250 taken"}
	for name, lines := range map[string][]string{
		"silence": talk,
		"refusal": append(slices.Clip(talk), "421 too late"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, newMailer(t, script(t, lines...)).Send(t.Context(), hello))
		})
	}
}

func TestBroken(t *testing.T) {
	t.Parallel()
	t.Run("no server", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		listener.Close()
		host, port := split(t, listener.Addr().String())
		err = newMailer(t, sigfoxmail.Options{Host: host, Port: port, From: "a@example.com"}).Send(t.Context(), hello)
		got, _ := errors.AsType[*sigfoxmail.Error](err)
		require.True(t, got.Temporary())
		_, ok := errors.AsType[*net.OpError](err)
		require.True(t, ok)
	})
	t.Run("no SMTP", func(t *testing.T) {
		t.Parallel()
		err := newMailer(t, script(t, "HTTP/1.1 400 Bad Request")).Send(t.Context(), hello)
		got, _ := errors.AsType[*sigfoxmail.Error](err)
		require.True(t, got.Temporary())
	})
	t.Run("several lines", func(t *testing.T) {
		t.Parallel()
		err := newMailer(t, script(t, "554-no\r\n554 mail here")).Send(t.Context(), hello)
		require.EqualError(t, err, "mail: the server answered 554 no mail here")
	})
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	s := serve(t, serverOptions{auth: true})
	o := s.options()
	o.Username, o.Password = user, password
	m := newMailer(t, o)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if err := m.Send(t.Context(), callback.Mail{Recipient: "ops@example.org", Subject: strconv.Itoa(i)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	subjects := map[string]bool{}
	for _, r := range s.mails() {
		subjects[r.message.Header.Get("Subject")] = true
	}
	require.Len(t, subjects, 20)
}

func TestNew(t *testing.T) {
	t.Parallel()
	good := sigfoxmail.Options{Host: "smtp.example.com", From: "callbacks@example.com"}
	for want, change := range map[string]func(*sigfoxmail.Options){
		"mail: Options.Host is empty":                                    func(o *sigfoxmail.Options) { o.Host = "" },
		"mail: control character in Options.Host or Options.Hello":       func(o *sigfoxmail.Options) { o.Hello = "a\r\nb" },
		"mail: Options.Port is out of range":                             func(o *sigfoxmail.Options) { o.Port = 65536 },
		"mail: unknown Options.TLS":                                      func(o *sigfoxmail.Options) { o.TLS = 9 },
		"mail: only one of Options.Username and Options.Password is set": func(o *sigfoxmail.Options) { o.Username = "u" },
		"mail: Options.Password without TLS": func(o *sigfoxmail.Options) {
			o.Username, o.Password, o.TLS = "u", "p", sigfoxmail.NoTLS
		},
		"mail: Options.Timeout is negative":     func(o *sigfoxmail.Options) { o.Timeout = -1 },
		"mail: Options.From: no e-mail address": func(o *sigfoxmail.Options) { o.From = "" },
		"mail: Options.From: control character": func(o *sigfoxmail.Options) { o.From = "a@b.c\n" },
	} {
		o := good
		change(&o)
		_, err := sigfoxmail.New(o)
		require.EqualError(t, err, want)
	}
	for _, policy := range []sigfoxmail.TLSPolicy{sigfoxmail.StartTLS, sigfoxmail.ImplicitTLS, sigfoxmail.NoTLS} {
		o := good
		o.TLS = policy
		_, err := sigfoxmail.New(o)
		require.NoError(t, err)
	}
}
