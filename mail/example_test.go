package mail_test

import (
	"fmt"
	"os"

	"github.com/go-sigfox/sigfox/callback/dispatch"
	sigfoxmail "github.com/go-sigfox/sigfox/mail"
)

func Example() {
	mailer, err := sigfoxmail.New(sigfoxmail.Options{
		Host:     "smtp.example.com",
		Username: "callbacks",
		Password: os.Getenv("SMTP_PASSWORD"),
		From:     "Callbacks <callbacks@example.com>",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = dispatch.Options{Mailer: mailer}
	// Output:
	// mail: only one of Options.Username and Options.Password is set
}
