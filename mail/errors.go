package mail

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"unicode"
)

// ErrMessage means that the e-mail cannot be sent to any server: its recipient is no
// address, or recipient or subject have control characters, such as line breaks.
var ErrMessage = errors.New("bad message")

// Error reports why an e-mail was not sent. It holds no password.
type Error struct {
	// Code is the answer of the server: 400 to 499 if it may be willing later, 500 to
	// 599 if not, 0 if it gave none.
	Code int
	// Err is the reason.
	Err error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Code != 0 {
		return fmt.Sprintf("mail: the server answered %d %v", e.Code, e.Err)
	}
	return fmt.Sprintf("mail: %v", e.Err)
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// Temporary reports whether the same e-mail may be taken later: the server said so,
// or was not reached. An e-mail that it refused for good, or that ErrMessage is
// about, need not be sent again.
func (e *Error) Temporary() bool {
	if e.Code != 0 {
		return e.Code < 500
	}
	return !errors.Is(e.Err, ErrMessage)
}

// explain makes an Error of what the library returned. The text of an answer is kept
// in one line and without password, should the server repeat it.
func (m *Mailer) explain(err error) *Error {
	reply, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		return &Error{Err: err}
	}
	const limit = 200
	text := m.redact(reply.Msg)
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "..."
	}
	return &Error{Code: reply.Code, Err: errors.New(text)}
}

func (m *Mailer) redact(text string) string {
	o := &m.options
	if o.Password != "" {
		encode := base64.StdEncoding.EncodeToString
		text = strings.NewReplacer(
			o.Password, "xxxxx",
			encode([]byte(o.Password)), "xxxxx",
			encode([]byte("\x00"+o.Username+"\x00"+o.Password)), "xxxxx",
		).Replace(text)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
