package dispatch

import (
	"context"

	"github.com/go-sigfox/sigfox/callback"
)

// Mailer sends e-mails, for callbacks of the channel EMAIL. The module
// github.com/go-sigfox/sigfox/mail has one that speaks SMTP.
type Mailer interface {
	// Send returns nil once a server has taken the e-mail. It returns when ctx ends.
	// It may be called concurrently. The text of its error gets into records and logs. If
	// the error has a method Temporary() bool, but is not a net.Error, the method says
	// whether the same e-mail may be taken later, which Attempt.Permanent records.
	Send(ctx context.Context, m callback.Mail) error
}
