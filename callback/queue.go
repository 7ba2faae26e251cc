package callback

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// QueueOptions configure a Queue.
type QueueOptions[M Message] struct {
	// Size is how many messages may wait. Default: 1000.
	Size int
	// Workers is how many functions run at once. Default: 4.
	Workers int
	// JobTimeout limits each run of the function; its context ends then. Default: 1 m.
	JobTimeout time.Duration
	// DrainTimeout is how long Run goes on with the messages that wait when its context
	// ends. Default: 10 s.
	DrainTimeout time.Duration
	// OnError is called for each message whose function returned an error or panicked.
	// Default: none.
	OnError func(QueueError[M])
	// Logger gets a line for each error. Default: none.
	Logger *slog.Logger
}

// QueueError describes a message that was answered with success but failed later.
type QueueError[M Message] struct {
	// Message is the message.
	Message M
	// Err is the reason; a *PanicError if the function panicked.
	Err error
}

// PanicError is the error of a function that panicked, or whose error did when it was asked
// for its text.
type PanicError struct {
	// Value is what it panicked with.
	Value any
	// Stack is where.
	Stack []byte
}

// Error implements error.
func (e *PanicError) Error() string { return fmt.Sprintf("callback: function panicked: %v", e.Value) }

// Queue runs a function for messages after their callbacks were answered, so that a slow
// consumer causes no timeouts. When it falls behind, the queue fills, and callbacks are
// answered 503, which makes the cloud send them again. Its method Handle is the function
// to give to NewHandler.
//
// A message that waits is lost when the process ends without Run having drained
// the queue. A message that must not be lost has to be written to disk before the
// function of the handler returns: see package inbox. BIDIR cannot be queued, since
// its answer carries the reply.
type Queue[M Message] struct {
	options QueueOptions[M]
	fn      func(context.Context, M) error
	jobs    chan job[M]
	ran     atomic.Bool

	mu      sync.RWMutex
	stopped bool
}

type job[M Message] struct {
	ctx     context.Context // for its values only
	message M
}

// ErrQueueRunning is the error of a second Run.
var ErrQueueRunning = errors.New("callback: queue was run before")

// NewQueue returns a queue whose Run calls fn.
func NewQueue[M Message](fn func(context.Context, M) error, o QueueOptions[M]) (*Queue[M], error) {
	if o.Size == 0 {
		o.Size = 1000
	}
	if o.Workers == 0 {
		o.Workers = 4
	}
	if o.JobTimeout == 0 {
		o.JobTimeout = time.Minute
	}
	if o.DrainTimeout == 0 {
		o.DrainTimeout = 10 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case fn == nil:
		return nil, errors.New("callback: the function of a queue is nil")
	case o.Size < 0 || o.Workers < 0 || o.JobTimeout < 0 || o.DrainTimeout < 0:
		return nil, errors.New("callback: Size, Workers, JobTimeout or DrainTimeout of QueueOptions is negative")
	}
	return &Queue[M]{options: o, fn: fn, jobs: make(chan job[M], o.Size)}, nil
}

// Handle puts a message into the queue. The error is ErrOverloaded if the queue is
// full or has stopped. The context of the function keeps the values of ctx, not
// its end.
func (q *Queue[M]) Handle(ctx context.Context, m M) error {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if q.stopped {
		return ErrOverloaded
	}
	select {
	case q.jobs <- job[M]{context.WithoutCancel(ctx), m}:
		return nil
	default:
		return ErrOverloaded
	}
}

// Len returns how many messages wait.
func (q *Queue[M]) Len() int { return len(q.jobs) }

// Run handles messages until ctx ends. It then takes no more, continues with those that
// wait for up to DrainTimeout, and returns the cause of the end of ctx, joined with a
// *DrainError if messages were left. A queue runs once.
func (q *Queue[M]) Run(ctx context.Context) error {
	if q.ran.Swap(true) {
		return ErrQueueRunning
	}
	// Functions under way are not cut short before the time to drain is over.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var workers sync.WaitGroup
	for range q.options.Workers {
		workers.Go(func() { q.work(work) })
	}
	<-ctx.Done()
	q.stop()
	timer := time.AfterFunc(q.options.DrainTimeout, stop)
	defer timer.Stop()
	workers.Wait()
	left := &DrainError[M]{}
	for j := range q.jobs {
		left.Messages = append(left.Messages, j.message)
	}
	if len(left.Messages) > 0 {
		return errors.Join(context.Cause(ctx), left)
	}
	return context.Cause(ctx)
}

// DrainError gives back the messages that a queue could not handle before the end.
type DrainError[M Message] struct {
	// Messages are the messages, oldest first.
	Messages []M
}

// Error implements error.
func (e *DrainError[M]) Error() string {
	return fmt.Sprintf("callback: %d messages of %s left in the queue", len(e.Messages), serviceOf[M]())
}

// stop refuses further messages.
func (q *Queue[M]) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped = true
	close(q.jobs)
}

// work handles messages until the queue is empty and stopped, or ctx ends.
func (q *Queue[M]) work(ctx context.Context) {
	for {
		// A select alone would choose by chance when both are ready.
		if ctx.Err() != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case j, ok := <-q.jobs:
			if !ok {
				return
			}
			q.run(ctx, j)
		}
	}
}

// run calls the function for one message.
func (q *Queue[M]) run(ctx context.Context, j job[M]) {
	jobCtx, cancel := context.WithTimeoutCause(j.ctx, q.options.JobTimeout, ErrTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	err := q.call(jobCtx, j.message)
	if err == nil {
		return
	}
	q.options.Logger.LogAttrs(j.ctx, slog.LevelError, "queued message failed",
		append([]slog.Attr{slog.String("service", serviceOf[M]().String())}, errorAttrs(err)...)...)
	if q.options.OnError != nil {
		q.options.OnError(QueueError[M]{Message: j.message, Err: err})
	}
}

func (q *Queue[M]) call(ctx context.Context, m M) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	if err = q.fn(ctx, m); err != nil {
		_ = err.Error() // an error that is a nil pointer may panic: here, where it is caught
	}
	return err
}

func serviceOf[M Message]() Service {
	var m M
	return m.Service()
}
