package callbacktest

import (
	"context"
	"slices"
	"sync"
)

// Recorder keeps the messages of a handler: its method Handle is the function to
// give to callback.NewHandler or event.NewHandler. It tests what stands around a
// function, such as routes and verifiers. It is safe for concurrent use; its zero
// value is ready.
type Recorder[M any] struct {
	// Err is what Handle returns.
	Err error

	mu       sync.Mutex
	messages []M
}

// Handle keeps the message.
func (r *Recorder[M]) Handle(_ context.Context, m M) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, m)
	return r.Err
}

// Messages returns the messages, oldest first.
func (r *Recorder[M]) Messages() []M {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.messages)
}
