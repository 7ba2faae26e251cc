package receive

import (
	"context"
	"sync"
	"time"
)

// Deadline is a context that ends at a fixed time. Unlike one of
// context.WithDeadline it makes its timer only when somebody asks whether it is
// done, which most functions that handle a message never do.
type Deadline struct {
	parent context.Context
	at     time.Time
	cause  error

	mu     sync.Mutex
	inner  context.Context // nil until it is needed
	cancel context.CancelFunc
	ended  bool
}

var _ context.Context = (*Deadline)(nil)

// Deadlines makes Deadline contexts, many with one allocation: each is used once,
// since whoever was given one may keep it. The zero value is ready; it must not be
// used by two goroutines at once.
type Deadlines struct{ free []Deadline }

const deadlinesAtOnce = 32

// New returns a context that ends at the given time with the given cause, or
// with its parent, or when End is called.
func (d *Deadlines) New(parent context.Context, at time.Time, cause error) *Deadline {
	if len(d.free) == 0 {
		d.free = make([]Deadline, deadlinesAtOnce)
	}
	c := &d.free[0]
	d.free = d.free[1:]
	c.parent, c.at, c.cause = parent, at, cause
	return c
}

// End ends the context: the function that was given it has returned.
func (c *Deadline) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.cancel != nil {
		c.cancel()
	}
}

// context returns the context of the standard library that does the work.
func (c *Deadline) context() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner == nil {
		c.inner, c.cancel = context.WithDeadlineCause(c.parent, c.at, c.cause)
		if c.ended {
			c.cancel()
		}
	}
	return c.inner
}

// Deadline implements context.Context.
func (c *Deadline) Deadline() (time.Time, bool) {
	if at, ok := c.parent.Deadline(); ok && at.Before(c.at) {
		return at, true
	}
	return c.at, true
}

// Done implements context.Context.
func (c *Deadline) Done() <-chan struct{} { return c.context().Done() }

// Err implements context.Context.
func (c *Deadline) Err() error { return c.context().Err() }

// Value implements context.Context.
func (c *Deadline) Value(key any) any {
	// context.Cause looks for the context that ends with a key of this type, and
	// must not find the parent's.
	if _, ok := key.(*int); ok {
		return c.context().Value(key)
	}
	return c.parent.Value(key)
}
