// Package mail sends the e-mails of EMAIL callbacks over SMTP. It is a
// [dispatch.Mailer], in a module of its own so that only those who send e-mails
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
// # Guarantees
//
//   - The connection is encrypted and the server's certificate is verified, unless
//     NoTLS is set. User and password never go over an unencrypted connection.
//   - Subject and recipient cannot inject headers or commands: line breaks and other
//     control characters in them are refused. There is one recipient.
//   - The text is plain, in UTF-8, whatever characters it has.
//   - Send returns when its context ends, or after Options.Timeout.
//   - An error says whether to try again ([Error.Temporary]), and never contains a
//     password.
//
// A Mailer is safe for concurrent use. Each e-mail has its own connection, so there
// is nothing to close.
//
// # When not to use it
//
// Do not use it for many e-mails. The Sigfox Cloud offers the channel for tests and
// debugging; see https://support.sigfox.com/docs/callback-medium. If the connection
// breaks at the very end, an e-mail is sent again and may arrive twice.
//
// [dispatch.Mailer]: https://pkg.go.dev/github.com/go-sigfox/sigfox/callback/dispatch#Mailer
package mail
