package callback

import (
	"context"
	"sync"

	"github.com/go-sigfox/sigfox"
)

// flight lets requests for one message that arrive at the same time share one run
// of the function and its result.
type flight[R any] struct {
	mu    sync.Mutex
	calls map[sigfox.MessageKey]*call[R]
}

// call is a run that others may wait for.
type call[R any] struct {
	done  chan struct{} // nil as long as nobody waits
	reply R
	err   error
}

// do runs f, or waits for the run that is under way for the same key.
func (g *flight[R]) do(ctx context.Context, k sigfox.MessageKey, f func() (R, error)) (R, error) {
	g.mu.Lock()
	if c, ok := g.calls[k]; ok {
		if c.done == nil {
			c.done = make(chan struct{})
		}
		done := c.done
		g.mu.Unlock()
		select {
		case <-done:
			return c.reply, c.err
		case <-ctx.Done():
			var none R
			return none, context.Cause(ctx)
		}
	}
	// What waiters get if f panics.
	c := &call[R]{err: ErrOverloaded}
	if g.calls == nil {
		g.calls = make(map[sigfox.MessageKey]*call[R])
	}
	g.calls[k] = c
	g.mu.Unlock()

	defer func() {
		g.mu.Lock()
		delete(g.calls, k)
		done := c.done
		g.mu.Unlock()
		if done != nil {
			close(done)
		}
	}()
	c.reply, c.err = f()
	return c.reply, c.err
}
