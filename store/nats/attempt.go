package nats

import (
	"context"
	"errors"
	"time"
)

// pause is how long to wait before the servers are asked again.
const pause = 50 * time.Millisecond

// attempt does f until the servers have answered it, at most for the time of an
// operation. It repeats only what they have certainly not done.
func (s *Store) attempt(ctx context.Context, what string, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	for {
		err := f(ctx)
		if !refused(err) || wait(ctx, pause) != nil {
			return failure(what, err)
		}
	}
}

// insist is attempt for what may be done twice: it does not wait for an answer that was
// lost with a leader.
func (s *Store) insist(ctx context.Context, what string, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	for {
		part, end := context.WithTimeout(ctx, s.options.Timeout/3)
		err := f(part)
		late := part.Err() != nil && errors.Is(err, context.DeadlineExceeded)
		end()
		if !late && !refused(err) || wait(ctx, pause) != nil {
			return failure(what, err)
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
