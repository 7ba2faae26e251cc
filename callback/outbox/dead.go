package outbox

import (
	"context"
	"iter"
	"time"

	"github.com/go-sigfox/sigfox/callback/dispatch"
)

const (
	// causeGone is why a request was given up whose target is not known.
	causeGone dispatch.DropCause = "gone"
	// causeRefused is why one was given up that the dispatcher does not take.
	causeRefused dispatch.DropCause = "refused"
)

// Dead is a request that was given up.
type Dead struct {
	// ID names it for Revive and Purge. It is Request.ID.
	ID string
	// TargetID is the ID of its target.
	TargetID string
	// Delivery is all that is known of it. Its Target is nil if that is gone.
	Delivery dispatch.Delivery
	// Cause says why: that of the dispatcher, "gone" if the target was not known, or
	// "refused" if it had changed so that the request was not for it any more.
	Cause dispatch.DropCause
}

// Dead yields the requests that were given up, oldest first. After an error, further
// requests may be missing, unless the error says that one cannot be read.
func (b *Outbox) Dead(ctx context.Context) iter.Seq2[Dead, error] {
	return func(yield func(Dead, error) bool) {
		for item, err := range b.queue.Dead(ctx) {
			dead := Dead{ID: item.ID}
			if err == nil {
				var rec *record
				if rec, err = decode(item.Data); err == nil {
					target, _ := b.options.Targets(rec.Target)
					dead.TargetID, dead.Delivery, dead.Cause = rec.Target, rec.delivery(target), rec.Cause
				}
			}
			if !yield(dead, err) {
				return
			}
		}
	}
}

// Revive puts a dead request back, to be sent again, beginning with its next attempt. The
// error is store.ErrNotFound if there is none with this ID.
func (b *Outbox) Revive(ctx context.Context, id string) error {
	return b.queue.Revive(ctx, time.Now(), id)
}

// Purge removes a dead request. The error is store.ErrNotFound if there is none with
// this ID.
func (b *Outbox) Purge(ctx context.Context, id string) error { return b.queue.Purge(ctx, id) }
