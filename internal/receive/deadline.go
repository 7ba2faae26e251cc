package receive

import (
	"context"
	"sync/atomic"
	"time"
)

// Deadline is a context that ends at a fixed time. Unlike one of
// context.WithDeadline it makes its timer only when somebody asks whether it is
// done, which most functions that handle a message never do.
type Deadline struct {
	parent context.Context
	at     time.Time
	cause  error

	inner atomic.Pointer[inner] // nil until it is needed
	ended atomic.Bool
}

// inner is the context of the standard library that does the work.
type inner struct {
	context.Context

	cancel context.CancelFunc
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
	c.ended.Store(true)
	if in := c.inner.Load(); in != nil {
		in.cancel()
	}
}

// context returns the inner context. If End is called meanwhile, one of the two sees
// what the other has done.
func (c *Deadline) context() context.Context {
	in := c.inner.Load()
	if in == nil {
		in = &inner{}
		in.Context, in.cancel = context.WithDeadlineCause(c.parent, c.at, c.cause)
		if !c.inner.CompareAndSwap(nil, in) {
			in.cancel()
			in = c.inner.Load()
		}
	}
	if c.ended.Load() {
		in.cancel()
	}
	return in
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
	if in := c.inner.Load(); in != nil {
		return in.Value(key)
	}
	return c.parent.Value(key)
}
