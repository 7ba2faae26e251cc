package mail

import (
	"crypto/rand"
	"fmt"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/go-sigfox/sigfox/callback"
)

// compose checks an e-mail and puts it together. The error wraps ErrMessage.
func (m *Mailer) compose(c callback.Mail) (*gomail.Msg, error) {
	to, err := parseAddress(c.Recipient)
	if err != nil {
		return nil, fmt.Errorf("%w: recipient: %w", ErrMessage, err)
	}
	if hasControl(c.Subject) {
		return nil, fmt.Errorf("%w: subject: control character", ErrMessage)
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(m.from)
	msg.ToMailAddress(to)
	msg.Subject(c.Subject)
	msg.SetDate()
	domain := m.from.Address[strings.LastIndexByte(m.from.Address, '@')+1:]
	msg.SetMessageIDWithValue(rand.Text() + "@" + domain)
	// Nobody is there to read automatic answers: RFC 3834.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, c.Message)
	return msg, nil
}

// transfer hands a message over. A nil error means that the server has taken it.
func transfer(s *smtp.Client, msg *gomail.Msg) error {
	from, err := msg.GetSender(false)
	if err != nil {
		return err
	}
	to, err := msg.GetRecipients()
	if err != nil {
		return err
	}
	if err := s.Mail(from); err != nil {
		return err
	}
	if err := s.Rcpt(to[0]); err != nil {
		return err
	}
	w, err := s.Data()
	if err != nil {
		return err
	}
	if _, err := msg.WriteTo(w); err != nil {
		return err // without the end of the data the server takes nothing
	}
	return w.Close()
}
