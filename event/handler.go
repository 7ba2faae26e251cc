package event

import (
	"context"
	"net/http"

	"github.com/go-sigfox/sigfox/callback"
)

// NewHandler returns a handler for EVENT callbacks, which calls fn with each event
// of a request. It verifies, limits and answers requests like
// [callback.NewHandler], and asks for the same Options. With Options.Definition it
// reads what that sends, renamed or nested members and the lines of a batch included.
//
// Options.Seen and Claims have no effect: nothing in an event tells whether it is new or
// was sent again because the answer to it came late, so fn should be idempotent.
//
// The error is a *callback.DefinitionError if the definition is of another service or
// cannot be compiled.
func NewHandler(fn func(context.Context, Event) error, o callback.Options) (http.Handler, error) {
	decode := parse
	if o.Definition != nil {
		m, err := callback.NewMatcher(callback.EventCallback, o.Definition)
		if err != nil {
			return nil, err
		}
		decode = definedParser{m}.parse
	}
	return callback.NewDecodedHandler(callback.EventCallback, decode, fn, o)
}
