package inbox

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/go-sigfox/sigfox/store"
)

// bury gives a message up.
func (r *runner[M]) bury(c store.Claim, f Failure[M]) {
	f.Dead = true
	r.failed(f)
	r.note(c.ID, func(ctx context.Context) error { return r.queue.Bury(ctx, time.Now(), c) })
	r.count(&r.stats.Dead)
}

// giveBack lets a message that was not handled be claimed again from the given time on;
// if that is zero, from its place in the order.
func (r *runner[M]) giveBack(c store.Claim, due time.Time) {
	r.save(c, due, false)
	r.count(&r.stats.Returned)
}

// save notes what is known of a message and when it is due, and gives it back unless
// it is held on to.
func (r *runner[M]) save(c store.Claim, due time.Time, hold bool) store.Claim {
	if !due.IsZero() {
		c.Due = due
	}
	r.note(c.ID, func(ctx context.Context) error {
		saved, err := r.queue.Save(ctx, time.Now(), c, hold)
		if err == nil {
			c = saved
		}
		return err
	})
	return c
}

// note writes to the store, even when Run ends. While the store fails it is tried again,
// lest the message be handled again, as long as the lease may hold and Run goes on. What
// fails to the end is told; the message comes back when its lease ends.
func (r *runner[M]) note(id string, write func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.work), r.options.Lease)
	defer cancel()
	err := write(ctx)
	for err != nil && !errors.Is(err, store.ErrLost) {
		if r.life.Err() != nil || ctx.Err() != nil {
			r.failed(Failure[M]{ID: id, Err: err})
			return
		}
		r.pause(ctx)
		err = write(ctx)
	}
}

// pause returns early if ctx or Run ends.
func (r *runner[M]) pause(ctx context.Context) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-r.life.Done():
	case <-timer.C:
	}
}

// extend keeps what is held until ctx ends.
func (r *runner[M]) extend(ctx context.Context) {
	every := r.options.Lease / 3
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if claims := r.claims(); len(claims) > 0 {
				r.extendOnce(ctx, every, claims)
			}
		}
	}
}

// extendOnce gives up in time for the next.
func (r *runner[M]) extendOnce(ctx context.Context, timeout time.Duration, claims []store.Claim) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := r.queue.Extend(ctx, time.Now(), r.options.Lease, claims...)
	if err != nil && !errors.Is(err, store.ErrLost) {
		r.failed(Failure[M]{Err: err})
	}
}

func (r *runner[M]) claims() []store.Claim {
	r.mu.Lock()
	defer r.mu.Unlock()
	claims := make([]store.Claim, 0, len(r.held))
	for _, j := range r.held {
		claims = append(claims, j.claim)
	}
	return claims
}

func (r *runner[M]) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
}

// failed tells of a failure.
func (b *Inbox[M]) failed(f Failure[M]) {
	b.count(&b.stats.Failures)
	ctx := context.Background()
	b.options.Logger.LogAttrs(ctx, slog.LevelError, "inbox failure",
		slog.String("queue", b.options.Name), slog.String("id", f.ID), slog.Int("attempt", f.Attempt),
		slog.Bool("dead", f.Dead), slog.Any("error", f.Err))
	if b.options.OnError == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			b.options.Logger.LogAttrs(ctx, slog.LevelError, "panic", slog.String("in", "OnError"), slog.Any("value", v))
		}
	}()
	b.options.OnError(f)
}
