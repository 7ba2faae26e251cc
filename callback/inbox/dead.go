package inbox

import (
	"context"
	"iter"
	"time"
)

// Dead is a message that was given up.
type Dead[M Message] struct {
	// ID names it for Revive and Purge.
	ID string
	// Message is the message, zero if what is stored cannot be read.
	Message M
	// Received is when it came.
	Received time.Time
	// Attempts is how often the function failed.
	Attempts int
	// Error is the last failure, in words.
	Error string
}

// Dead yields the messages that were given up, oldest first. After an error, further
// messages may be missing, unless the error says that one cannot be read.
func (b *Inbox[M]) Dead(ctx context.Context) iter.Seq2[Dead[M], error] {
	return func(yield func(Dead[M], error) bool) {
		for item, err := range b.queue.Dead(ctx) {
			d := Dead[M]{ID: item.ID}
			if err == nil {
				var r record[M]
				if r, err = read[M](item.Data); err == nil {
					d.Message, d.Attempts, d.Error = r.Message, r.Attempts, r.Error
					d.Received = time.UnixMilli(r.Received).UTC()
				}
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// Revive puts a dead message back, to be handled again. The error is store.ErrNotFound if
// there is none with this ID.
func (b *Inbox[M]) Revive(ctx context.Context, id string) error {
	return b.queue.Revive(ctx, time.Now(), id)
}

// Purge removes a dead message. The error is store.ErrNotFound if there is none with
// this ID.
func (b *Inbox[M]) Purge(ctx context.Context, id string) error { return b.queue.Purge(ctx, id) }

// Len returns how many messages wait or are being handled, and how many are dead.
func (b *Inbox[M]) Len(ctx context.Context) (waiting, dead int, err error) {
	return b.queue.Len(ctx)
}
