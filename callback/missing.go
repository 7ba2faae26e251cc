package callback

import (
	"errors"
	"fmt"

	"github.com/go-sigfox/sigfox/template"
)

// The reasons for which a request has no device, where there is more to say.
var (
	errNoValue   = fmt.Errorf("%w: null, N/A or a variable that was not replaced stands there", ErrMissing)
	errNoBody    = fmt.Errorf("%w: the request has no body", ErrMissing)
	errNotThere  = fmt.Errorf("%w: it is not where the definition has it", ErrMissing)
	errNotSent   = fmt.Errorf("%w: the definition sends none, and none of its variables is there", ErrMissing)
	errNotNamed  = fmt.Errorf("%w: no variable stands under its name; other names, and text, need a definition", ErrMissing)
	errNotFormat = fmt.Errorf("%w: not what the definition sends: %w", ErrMissing, errOtherFormat)
)

// noDevice returns the error of a message without device.
func (r *reader) noDevice() *FieldError {
	err := ErrMissing
	if r.absent.offset > 0 {
		err = errNoValue
	}
	return r.fieldError(catalogue[varDevice].Name, []byte(r.absent.text), r.absent.offset, err)
}

// explain adds to the error of a request without device why there is none. The mismatch
// is the error of reading it by the definition, nil if there is none; anonymous tells that
// this sends no device.
func (r *reader) explain(err, mismatch error, in *Input, anonymous bool) {
	f, ok := errors.AsType[*FieldError](err)
	if !ok || !errors.Is(f.Err, ErrMissing) || f.Line > 0 || f.Offset > 0 {
		return
	}
	match, differs := errors.AsType[*template.MatchError](mismatch)
	there, ok := errors.AsType[*FieldError](mismatch)
	syntax, unreadable := errors.AsType[*template.SyntaxError](mismatch)
	switch {
	case in.start() == len(in.Body) && in.Query == "":
		f.Err = errNoBody
	case differs:
		at := *match
		at.Offset += in.start()
		f.Err = fmt.Errorf("%w: not what the definition sends: %w", ErrMissing, &at)
	case unreadable:
		f.Err = fmt.Errorf("%w: what the definition sends cannot be read back: %w", ErrMissing, syntax)
	case errors.Is(mismatch, errOtherFormat):
		f.Err = errNotFormat
	case ok && there.Offset > 0:
		*f = *there
	case ok && anonymous:
		f.Err = errNotSent
	case ok:
		f.Err = errNotThere
	case r.seen == 0:
		f.Err = errNotNamed
	}
}
