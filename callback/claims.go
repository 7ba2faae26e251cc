package callback

import (
	"context"
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// Claimer is a Deduper that replicas share or that outlives the process, and that
// therefore may fail. *store.Seen is one.
//
// An error of Begin is answered 503, and the function does not run: the cloud sends it
// again. An error of Commit or Abort does not change the answer, and is told to
// Options.OnError with ErrorInfo.Unsettled.
type Claimer interface {
	// Begin claims a message: the caller that is answered dedup.New handles it, and
	// calls Commit or Abort.
	Begin(ctx context.Context, now time.Time, k sigfox.MessageKey) (dedup.State, error)
	// Commit notes that the message was handled.
	Commit(ctx context.Context, now time.Time, k sigfox.MessageKey) error
	// Abort gives the claim up: the message is to be handled when it comes again.
	Abort(ctx context.Context, now time.Time, k sigfox.MessageKey) error
}

// settleTimeout limits Commit and Abort, which go on when the time of the request is
// over: what became of a message is worth noting all the same.
const settleTimeout = 5 * time.Second

// claimer returns what tells which messages were handled, nil if nothing does.
func (o *Options) claimer() Claimer {
	switch {
	case o.Claims != nil:
		return sharedClaims{o.Claims}
	case o.Seen != nil:
		return localClaims{o.Seen}
	default:
		return nil
	}
}

// localClaims is a Claimer that never fails.
type localClaims struct{ seen Deduper }

// Begin implements Claimer.
func (c localClaims) Begin(_ context.Context, now time.Time, k sigfox.MessageKey) (dedup.State, error) {
	return c.seen.Begin(now, k), nil
}

// Commit implements Claimer.
func (c localClaims) Commit(_ context.Context, now time.Time, k sigfox.MessageKey) error {
	c.seen.Commit(now, k)
	return nil
}

// Abort implements Claimer.
func (c localClaims) Abort(_ context.Context, now time.Time, k sigfox.MessageKey) error {
	c.seen.Abort(now, k)
	return nil
}

// sharedClaims is a Claimer whose errors are those of a handler.
type sharedClaims struct{ claims Claimer }

// Begin implements Claimer.
func (c sharedClaims) Begin(ctx context.Context, now time.Time, k sigfox.MessageKey) (dedup.State, error) {
	state, err := c.claims.Begin(ctx, now, k)
	return state, claimError(k, err)
}

// Commit implements Claimer.
func (c sharedClaims) Commit(ctx context.Context, now time.Time, k sigfox.MessageKey) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	return claimError(k, c.claims.Commit(ctx, now, k))
}

// Abort implements Claimer.
func (c sharedClaims) Abort(ctx context.Context, now time.Time, k sigfox.MessageKey) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	return claimError(k, c.claims.Abort(ctx, now, k))
}

// claimError returns an error that is answered 503.
func claimError(k sigfox.MessageKey, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: claim of a message of device %v: %w", ErrOverloaded, k.Device, err)
}
