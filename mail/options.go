package mail

import (
	"cmp"
	"crypto/tls"
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// Options configure a Mailer. A zero field stands for its default.
type Options struct {
	// Host is the name or address of the SMTP server. Required.
	Host string
	// Port is its TCP port. Default: 587 for StartTLS, 465 for ImplicitTLS, 25 for NoTLS.
	Port int
	// TLS says how the connection is encrypted. Default: StartTLS.
	TLS TLSPolicy
	// TLSConfig is for the connection to the server. Default: the authorities of the
	// system, and Host as the name of the server. At least TLS 1.2 is spoken.
	TLSConfig *tls.Config
	// Username and Password are proven to the server by the first that it offers of
	// SCRAM-SHA-256, PLAIN and LOGIN, else by CRAM-MD5 or the like. Default: none.
	Username, Password string
	// From is the sender, such as "Callbacks <callbacks@example.com>". Required.
	From string
	// Hello is the name that this machine tells the server. Default: its host name.
	Hello string
	// Timeout limits one e-mail, from the lookup of the name to the last answer of the
	// server. Default: 10 s.
	Timeout time.Duration
}

// TLSPolicy is how the connection to the server is encrypted.
type TLSPolicy uint8

// The policies. There is none that takes an unencrypted connection if the server, or
// somebody in between, offers no other.
const (
	StartTLS    TLSPolicy = iota // STARTTLS, and no e-mail if the server does not know it
	ImplicitTLS                  // TLS from the start
	NoTLS                        // not encrypted, for a relay on the same machine
)

// port returns the port that is customary for the policy.
func (p TLSPolicy) port() int {
	switch p {
	case ImplicitTLS:
		return 465
	case NoTLS:
		return 25
	default:
		return 587
	}
}

func (o *Options) validate() error {
	switch {
	case o.Host == "":
		return errors.New("mail: Options.Host is empty")
	case hasControl(o.Host) || hasControl(o.Hello):
		return errors.New("mail: control character in Options.Host or Options.Hello")
	case o.Port < 0 || o.Port > 65535:
		return errors.New("mail: Options.Port is out of range")
	case o.TLS > NoTLS:
		return errors.New("mail: unknown Options.TLS")
	case (o.Username == "") != (o.Password == ""):
		return errors.New("mail: only one of Options.Username and Options.Password is set")
	case o.Username != "" && o.TLS == NoTLS:
		return errors.New("mail: Options.Password without TLS")
	case o.Timeout < 0:
		return errors.New("mail: Options.Timeout is negative")
	}
	return nil
}

// withDefaults returns the options with nothing left to default.
func (o Options) withDefaults() Options {
	o.Port = cmp.Or(o.Port, o.TLS.port())
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	if o.TLSConfig == nil {
		o.TLSConfig = &tls.Config{}
	}
	o.TLSConfig = o.TLSConfig.Clone()
	o.TLSConfig.ServerName = cmp.Or(o.TLSConfig.ServerName, o.Host)
	o.TLSConfig.MinVersion = max(o.TLSConfig.MinVersion, tls.VersionTLS12)
	return o
}

// client returns the options of the library.
func (o *Options) client() []gomail.Option {
	// The context of Send ends first.
	list := []gomail.Option{gomail.WithTLSConfig(o.TLSConfig), gomail.WithTimeout(2 * o.Timeout)}
	switch o.TLS {
	case StartTLS:
		list = append(list, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case ImplicitTLS, NoTLS:
		list = append(list, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if o.Hello != "" {
		list = append(list, gomail.WithHELO(o.Hello))
	}
	if o.Username != "" {
		list = append(list,
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin),
			gomail.WithUsername(o.Username), gomail.WithPassword(o.Password))
	}
	return list
}

// parseAddress reads one address. Its error does not repeat it.
func parseAddress(s string) (*mail.Address, error) {
	if hasControl(s) {
		return nil, errors.New("control character")
	}
	a, err := mail.ParseAddress(s)
	if err != nil {
		return nil, errors.New("no e-mail address")
	}
	return a, nil
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }
