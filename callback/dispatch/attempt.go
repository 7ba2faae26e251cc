package dispatch

import "time"

// Attempt is the record of one attempt to send a request.
type Attempt struct {
	// Number counts from 1.
	Number int
	// Start is when the attempt began, Duration how long it took.
	Start    time.Time
	Duration time.Duration
	// Method and URL are those of the request; user, password and the values of the
	// query are replaced in the URL. Empty for e-mails.
	Method, URL string
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// Reason says why the attempt failed; it is empty for a success.
	Reason Reason
	// Error says the same in words, without secrets.
	Error string
	// Permanent is true if the error of a Mailer says that the e-mail would be refused
	// again: see Mailer.
	Permanent bool
	// RetryAfter is what the answer asked for, 0 if nothing.
	RetryAfter time.Duration
	// Answer is the beginning of the body of the answer, at most Options.AnswerBytes.
	Answer []byte
}

// OK reports whether the attempt succeeded.
func (a *Attempt) OK() bool { return a.Reason == "" }

// Reason is why an attempt failed, in one word for metrics and branches.
type Reason string

// The reasons.
const (
	ReasonDNS       Reason = "dns"       // the name of the host could not be resolved
	ReasonForbidden Reason = "forbidden" // the address is one that must not be dialled
	ReasonRefused   Reason = "refused"   // no connection: refused, reset or unreachable
	ReasonTLS       Reason = "tls"       // no trust, or no common version
	ReasonTimeout   Reason = "timeout"   // the answer was not complete in time
	ReasonProtocol  Reason = "protocol"  // the answer broke off or is no HTTP
	ReasonRedirect  Reason = "redirect"  // the answer is a redirect, which is not followed
	ReasonStatus    Reason = "status"    // the status is not 2xx
	ReasonTooLarge  Reason = "too_large" // the headers of the answer are above the limit
	ReasonRequest   Reason = "request"   // the rendered request cannot be sent
	ReasonSign      Reason = "sign"      // the signer failed
	ReasonMail      Reason = "mail"      // the mailer failed
	ReasonCanceled  Reason = "canceled"  // the dispatcher or the caller gave up
)

// Result is the outcome of a request.
type Result struct {
	// Request is the request.
	Request Request
	// Attempts are its attempts, oldest first.
	Attempts []Attempt
	// Delivered is true if the last attempt succeeded.
	Delivered bool
	// Answer is the body of the answer of the last attempt, at most
	// Options.MaxAnswer bytes.
	Answer []byte
}
