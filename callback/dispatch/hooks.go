package dispatch

import (
	"context"
	"net/http"
	"time"
)

// Hooks observe what the dispatcher does. Each may be nil. They are called by the
// goroutine that does the work, several at once, and delay it, so they should return
// soon. They must not modify the contents of the slices they are given. A panic of a hook
// is logged.
type Hooks struct {
	// BeforeAttempt is called before an attempt; the context it returns, made from the
	// one it is given, is that of the attempt and of OnAttempt. It may set headers of
	// HTTP requests, before they are signed.
	BeforeAttempt func(context.Context, AttemptStart) context.Context
	// OnAttempt is called for each attempt.
	OnAttempt func(context.Context, AttemptEnd)
	// OnRetry is called when a request is to be sent again.
	OnRetry func(RetryInfo)
	// OnDrop is called for each request that is given up: after its last attempt, or
	// because there was no room for it.
	OnDrop func(Drop)
	// OnHealth is called when the health of a target changes, with one change after the
	// other.
	OnHealth func(Health)
	// OnJournalError is called with what Options.Journal could not note.
	OnJournalError func(JournalError)
}

// AttemptStart describes an attempt that is to begin.
type AttemptStart struct {
	// Target is where it goes.
	Target *Target
	// Requests are what it carries: one, or the messages of a batch.
	Requests []Request
	// Contexts are those that Requests were enqueued with, one for each; they do not
	// end. The context of the attempt has the values of the first.
	Contexts []context.Context
	// ID is that of the HTTP request, the same for all its attempts: Request.ID, or
	// for a batch one of its own.
	ID string
	// Number counts from 1.
	Number int
	// Header holds the headers of the HTTP request; nil for e-mails.
	Header http.Header
}

// AttemptEnd describes an attempt that has ended.
type AttemptEnd struct {
	// Target is where it went.
	Target *Target
	// Requests are what it carried: one, or the messages of a batch.
	Requests []Request
	// ID is that of the HTTP request, as in AttemptStart.
	ID string
	// Attempt is its record.
	Attempt Attempt
	// Answer is the body of the answer, at most Options.MaxAnswer bytes; for BIDIR the
	// downlinks are in it.
	Answer []byte
}

// RetryInfo describes a request that is to be sent again.
type RetryInfo struct {
	// Target is where it goes.
	Target *Target
	// Requests are what it carries.
	Requests []Request
	// Attempt is the record of the attempt that failed.
	Attempt Attempt
	// At is when it is sent again.
	At time.Time
}

// Drop describes a request that was given up.
type Drop struct {
	// Request is the request.
	Request Request
	// Attempts are its attempts, oldest first; none if it was refused.
	Attempts []Attempt
	// Cause says why.
	Cause DropCause
	// At is when it was given up.
	At time.Time
}

// DropCause is why a request was given up.
type DropCause string

// The causes.
const (
	DropAttempts  DropCause = "attempts"  // the last attempt failed
	DropFinal     DropCause = "final"     // an attempt failed in a way that is not retried
	DropExpired   DropCause = "expired"   // it waited for longer than RetryPolicy.MaxAge
	DropQueueFull DropCause = "full"      // there was no room in the queue
	DropDisabled  DropCause = "disabled"  // the target is disabled
	DropDiscarded DropCause = "discarded" // Discard was called for the target
)
