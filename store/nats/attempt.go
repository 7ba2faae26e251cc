package nats

import (
	"context"
	"errors"
	"time"

	client "github.com/nats-io/nats.go"
)

// pause is how long to wait before the servers are asked again.
const pause = 50 * time.Millisecond

var errAway = errors.New("store/nats: not connected")

// attempt does f until the servers have answered it, at most for the time of an
// operation. It repeats only what they have certainly not done.
func (s *Store) attempt(ctx context.Context, what string, f func(context.Context) error) error {
	ctx, done := s.limit(ctx)
	defer done()
	for {
		if err := s.connected(ctx); err != nil {
			return failure(what, err)
		}
		err := f(ctx)
		if !refused(err) || wait(ctx, pause) != nil {
			return failure(what, err)
		}
	}
}

// insist is attempt for what may be done twice: it does not wait for an answer that was
// lost with a leader.
func (s *Store) insist(ctx context.Context, what string, f func(context.Context) error) error {
	ctx, done := s.limit(ctx)
	defer done()
	for {
		if err := s.connected(ctx); err != nil {
			return failure(what, err)
		}
		part, end := context.WithTimeout(ctx, s.options.Timeout/3)
		err := f(part)
		late := part.Err() != nil && errors.Is(err, context.DeadlineExceeded)
		end()
		if !late && !refused(err) || wait(ctx, pause) != nil {
			return failure(what, err)
		}
	}
}

// connected waits for the connection. What is asked of one that is lost would be kept by
// the client, for as long as that takes, and be done when its caller has long given up.
func (s *Store) connected(ctx context.Context) error {
	for !s.conn.IsConnected() {
		if s.conn.IsClosed() {
			return errors.Join(errAway, client.ErrConnectionClosed)
		}
		if err := wait(ctx, pause); err != nil {
			return errors.Join(errAway, s.conn.LastError(), err)
		}
	}
	return nil
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
