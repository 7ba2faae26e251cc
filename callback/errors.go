package callback

import (
	"errors"
	"fmt"

	"github.com/go-sigfox/sigfox"
)

// The reasons for which a request is refused. Handlers answer each with the status
// given here.
var (
	// ErrUnverified is the error of a request that its Verifier does not know: 401.
	ErrUnverified = errors.New("callback: request not verified")
	// ErrMethod is the error of a method other than GET, POST and PUT: 405.
	ErrMethod = errors.New("callback: method not allowed")
	// ErrTooLarge is the error of a body or query above the limit, and of a query, path or
	// header that is too long to be read for each message of a batch: 413.
	ErrTooLarge = errors.New("callback: request too large")
	// ErrContentType is the error of a content type or encoding that the Sigfox
	// Cloud does not send: 415.
	ErrContentType = errors.New("callback: unsupported content type")
	// ErrSlow is the error of a body that did not arrive within Options.Timeout: 408.
	ErrSlow = errors.New("callback: body too slow")
	// ErrRead is the error of a body that could not be read to its end: 400.
	ErrRead = errors.New("callback: body not read")
	// ErrOverloaded is the error of a function that has no capacity left: 503.
	ErrOverloaded = errors.New("callback: overloaded")
	// ErrTimeout is the cause with which the context of a function ends after
	// Options.Timeout: 503.
	ErrTimeout = errors.New("callback: function took too long")
)

// The reasons inside a FieldError.
var (
	// ErrMissing means that the variable is required and absent.
	ErrMissing = errors.New("missing")
	// ErrComposite means that the value is an object or array where a scalar belongs.
	ErrComposite = errors.New("object or array instead of a value")
	// ErrRange means that the number is outside the range of the variable.
	ErrRange = errors.New("out of range")
)

// FieldError reports which value of a callback cannot be read: status 400.
type FieldError struct {
	// Service is the callback.
	Service Service
	// Line is the number of the message in a batch, from 1; 0 if there is no batch.
	Line int
	// Field is the documented name of the variable.
	Field string
	// Value is the offending text, cut to 64 bytes; with ErrMissing one that stands for no
	// value, such as {device}, if there is one.
	Value string
	// Offset is where the value starts in the body or query, in bytes.
	Offset int
	// Err is the reason.
	Err error
}

const maxErrorValue = 64

// Error implements error.
func (e *FieldError) Error() string {
	line := ""
	if e.Line > 0 {
		line = fmt.Sprintf(" line %d", e.Line)
	}
	// The error of a value quotes it already.
	if p, ok := errors.AsType[*sigfox.ParseError](e.Err); ok {
		return fmt.Sprintf("callback: %s%s: %s at offset %d: %q: %s", e.Service, line, e.Field, e.Offset, p.Text, p.Msg)
	}
	if errors.Is(e.Err, ErrMissing) && e.Offset == 0 {
		return fmt.Sprintf("callback: %s%s: %s: %v", e.Service, line, e.Field, e.Err)
	}
	return fmt.Sprintf("callback: %s%s: %s at offset %d: %q: %v", e.Service, line, e.Field, e.Offset, e.Value, e.Err)
}

// Unwrap returns the reason.
func (e *FieldError) Unwrap() error { return e.Err }

// SyntaxError reports where a body is neither JSON nor a form: status 400.
type SyntaxError struct {
	// Service is the callback.
	Service Service
	// Line is the number of the message in a batch, from 1; 0 if there is no batch.
	Line int
	// Offset is the position in the body or query, in bytes.
	Offset int
	// Msg is the reason.
	Msg string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	line := ""
	if e.Line > 0 {
		line = fmt.Sprintf(" line %d", e.Line)
	}
	return fmt.Sprintf("callback: %s%s: %s at offset %d", e.Service, line, e.Msg, e.Offset)
}
