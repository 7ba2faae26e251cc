package callback

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// Options configure a handler.
type Options struct {
	// Verifier decides which requests are genuine. Required; Unverified() accepts all.
	Verifier Verifier
	// Definition is the callback as it was configured in the cloud: the handler reads
	// exactly what it sends. Default: the documented names and RenamedKeys.
	Definition *Definition
	// Seen recognises messages that were handled before. The cloud sends a message
	// again 1, 2 and 4 minutes after an answer that came late or was not 2xx. Each handler
	// needs its own Seen: a DATA and a DATA_ADVANCED callback for one message have the same
	// key. Default: every request is handled.
	Seen Deduper
	// Claims is a Seen that replicas share or that outlives the process, such as a
	// store.Seen: of the copies of a message that reach several replicas, one is
	// handled. It must not be set together with Seen.
	//
	// A message that another replica is handling is answered 503, and so is every message
	// while the store fails: no function runs without a claim. A message is handled at
	// least once: again if the cloud sends it again after its claim has ended without being
	// settled, because the process died, the store failed or the function took too long.
	Claims Claimer
	// MaxBytes limits the body, and the query, in bytes. Default: 64 KiB.
	MaxBytes int64
	// Timeout limits reading the body and running the function together; the context
	// of the function ends then. The cloud waits 10 s. Default: 8 s.
	Timeout time.Duration
	// OnError is called for each request that is not answered with 2xx, each message of a
	// batch that cannot be read, and each claim that cannot be settled. It returns the
	// status to answer; 0 means ErrorInfo.Status. Default: StatusOf.
	OnError func(ErrorInfo) int
	// Logger gets a line for each error, without secrets and without payloads; those
	// only at level Debug. The text of an error of your function is logged as it is.
	// Default: none.
	Logger *slog.Logger
}

// Deduper remembers which messages were handled. *dedup.Seen is one.
type Deduper interface {
	// Begin claims a message: the caller that is answered dedup.New handles it, and
	// calls Commit or Abort.
	Begin(now time.Time, k sigfox.MessageKey) dedup.State
	// Commit notes that the message was handled.
	Commit(now time.Time, k sigfox.MessageKey)
	// Abort gives the claim up: the message is to be handled when it comes again.
	Abort(now time.Time, k sigfox.MessageKey)
}

// ErrorInfo describes a request, or a message of a batch, that failed.
type ErrorInfo struct {
	// Service is the callback of the handler.
	Service Service
	// Request is the request. Its body is read.
	Request *http.Request
	// Err is the reason.
	Err error
	// Status is what StatusOf says.
	Status int
	// Skipped is true for a message of a batch that cannot be read while others can.
	// The others decide the answer; the status returned for it is ignored.
	Skipped bool
	// Unsettled is true if Options.Claims could not note what became of a message. The
	// function has decided the answer; the status returned here is ignored. If it
	// succeeded, it may run again should the message come again; if it failed, it cannot
	// before the claim ends.
	Unsettled bool
}

const (
	defaultMaxBytes = 64 << 10
	defaultTimeout  = 8 * time.Second
)

func (o Options) withDefaults() (Options, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case o.Verifier == nil:
		return o, errors.New("callback: Options.Verifier is required; Unverified() accepts every request")
	case o.Seen != nil && o.Claims != nil:
		return o, errors.New("callback: Options.Seen and Options.Claims are both set")
	case o.MaxBytes < 0:
		return o, fmt.Errorf("callback: Options.MaxBytes is %d", o.MaxBytes)
	case o.Timeout < 0:
		return o, fmt.Errorf("callback: Options.Timeout is %v", o.Timeout)
	}
	return o, nil
}

// statuses are the answers to errors, in the order in which they are looked for.
var statuses = []struct {
	err    error
	status int
}{
	{ErrUnverified, http.StatusUnauthorized},
	{ErrMethod, http.StatusMethodNotAllowed},
	{ErrTooLarge, http.StatusRequestEntityTooLarge},
	{ErrContentType, http.StatusUnsupportedMediaType},
	{ErrSlow, http.StatusRequestTimeout},
	{ErrRead, http.StatusBadRequest},
	{ErrOverloaded, http.StatusServiceUnavailable},
	{ErrTimeout, http.StatusServiceUnavailable},
	{context.DeadlineExceeded, http.StatusServiceUnavailable},
}

// StatusOf returns the status with which handlers answer an error: 400 for what
// cannot be read, 401, 405, 408, 413 and 415 as said at the errors of this package,
// 503 for ErrOverloaded and functions that took too long, and 500 for every other
// error of a function.
func StatusOf(err error) int {
	for _, s := range statuses {
		if errors.Is(err, s.err) {
			return s.status
		}
	}
	if isUnreadable(err) {
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// isUnreadable reports whether the error is one of reading messages.
func isUnreadable(err error) bool {
	if _, ok := errors.AsType[*FieldError](err); ok {
		return true
	}
	_, ok := errors.AsType[*SyntaxError](err)
	return ok
}
