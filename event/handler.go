package event

import (
	"context"
	"net/http"

	"github.com/go-sigfox/sigfox/callback"
)

// NewHandler returns a handler for EVENT callbacks, which calls fn with each event
// of a request. It verifies, limits and answers requests like
// [callback.NewHandler], and asks for the same Options.
//
// Options.Definition and Options.Seen have no effect. Events are no part of the
// callbacks resource that a Definition describes. Nothing in an event tells whether
// it is new or was sent again because the answer to it came late, so fn should be
// idempotent.
func NewHandler(fn func(context.Context, Event) error, o callback.Options) (http.Handler, error) {
	return callback.NewDecodedHandler(callback.EventCallback, parse, fn, o)
}
