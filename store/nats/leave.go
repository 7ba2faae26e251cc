package nats

import (
	"context"
	"errors"
	"fmt"
)

// errSlow is why an operation ended, if not by its caller's wish.
var errSlow = errors.New("store/nats: the servers took too long")

// signs are those by which a server is known to be of use.
type signs struct{ reconnects, writes uint64 }

func (s *Store) signs() signs { return signs{s.conn.Stats().Reconnects, s.writes.Load()} }

// limit gives an operation its time. When that is over, and nobody could write anything
// meanwhile, the connection goes to another server: the one it has may be cut off from the
// others, which it does not tell its clients, and which would keep them from all that the
// others do for as long as that lasts. What is read is no sign, as a leader that is cut
// off goes on answering for a while.
func (s *Store) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	before := s.signs()
	ctx, cancel := context.WithTimeoutCause(ctx, s.options.Timeout, fmt.Errorf("%w: %w", errSlow, context.DeadlineExceeded))
	return ctx, func() {
		if errors.Is(context.Cause(ctx), errSlow) && s.conn.IsConnected() && s.signs() == before {
			s.options.Logger.WarnContext(ctx, "store/nats: leave a server with which nothing can be written",
				"server", s.conn.ConnectedUrlRedacted(), "after", s.options.Timeout)
			_ = s.conn.ForceReconnect() // fails if it is closed
		}
		cancel()
	}
}
