// Package mail sends the e-mails of callbacks of the channel EMAIL over SMTP. It is
// a [dispatch.Mailer], in a module of its own so that only those who send e-mails
// depend on github.com/wneessen/go-mail:
//
//	mailer, err := mail.New(mail.Options{
//		Host:     "smtp.example.com",
//		Username: "callbacks",
//		Password: os.Getenv("SMTP_PASSWORD"),
//		From:     "Callbacks <callbacks@example.com>",
//	})
//	...
//	d, err := dispatch.New(dispatch.Options{Mailer: mailer})
//
// # What it guarantees
//
//   - The connection is encrypted and the server's certificate verified, unless NoTLS
//     is asked for; user and password never go over one that is not.
//   - Subject and recipient cannot bring in headers or commands: line breaks and other
//     control characters in them are refused. There is one recipient.
//   - The text is plain, in UTF-8, whatever characters it has.
//   - Send returns when its context ends, or after Options.Timeout.
//   - An error tells whether to try again ([Error.Temporary]), and never a password.
//
// A Mailer is safe for concurrent use. Each e-mail has a connection of its own, so
// there is nothing to close.
//
// # When not to use it
//
// For many e-mails. The Sigfox Cloud offers the channel for tests and debugging; see
// https://support.sigfox.com/docs/callback-medium. An e-mail of which the connection
// breaks at the very end may arrive twice, when it is sent again.
//
// [dispatch.Mailer]: https://pkg.go.dev/github.com/go-sigfox/sigfox/callback/dispatch#Mailer
package mail
