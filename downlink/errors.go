package downlink

import (
	"errors"
	"fmt"
)

// The errors that callers branch on. Those of the parsers come in a *ParseError, which
// says where and why.
var (
	// ErrInvalidData means that a text is not the data of a downlink: 16 hex digits.
	// The cloud reports such data with InvalidPayload.
	ErrInvalidData = errors.New("downlink: invalid data")
	// ErrInvalidAnswer means that a body is not the answer to a BIDIR callback.
	ErrInvalidAnswer = errors.New("downlink: invalid answer")
	// ErrInvalidDirect means that a text is not a template of DIRECT mode.
	ErrInvalidDirect = errors.New("downlink: invalid direct template")
	// ErrQueueFull means that a Queue has no room for one more downlink.
	ErrQueueFull = errors.New("downlink: queue full")
)

// ParseError reports what is wrong with data, an answer or a DIRECT template.
type ParseError struct {
	// Err is ErrInvalidData, ErrInvalidAnswer or ErrInvalidDirect.
	Err error
	// Text is the offending text, cut to 64 bytes.
	Text string
	// Offset is the position in bytes of what cannot be read; in an answer, of the
	// end of what could be read before it.
	Offset int
	// Msg is the reason.
	Msg string
}

// Error implements error.
func (e *ParseError) Error() string {
	return fmt.Sprintf("%v %q: %s at offset %d", e.Err, e.Text, e.Msg, e.Offset)
}

// Unwrap returns Err.
func (e *ParseError) Unwrap() error { return e.Err }

const maxErrorText = 64

func parseError[T string | ~[]byte](err error, text T, offset int, msg string) *ParseError {
	return &ParseError{Err: err, Text: string(text[:min(len(text), maxErrorText)]), Offset: offset, Msg: msg}
}
