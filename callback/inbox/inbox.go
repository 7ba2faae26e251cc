package inbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/store"
)

// Message is what an Inbox takes: the messages of package callback, and event.Event.
type Message interface {
	comparableByJSON
}

// Options configure an Inbox. A zero field stands for its default.
type Options[M Message] struct {
	// Store keeps the messages. Required.
	Store store.Store
	// Name is the name of the queue in the store. Default: "inbox-" and the kind of
	// message.
	Name string
	// Workers is how many functions run at once. Default: 4.
	Workers int
	// OrderBy returns what messages are kept in order by, such as the device: see the
	// package. Default: they are handled in any order.
	OrderBy func(M) string
	// JobTimeout limits each run of the function. Default: 1 m.
	JobTimeout time.Duration
	// Delays are the waits after the first failure, the second, and so on; after one more
	// the message is dead. With OrderBy a wait is 1 s at least. Default: 1 s, 5 s, 30 s,
	// 2 m, 10 m, 1 h, 6 h.
	Delays []time.Duration
	// Lease is how long after the death of a process its messages are handled by
	// another: at least 1 s. Default: 30 s.
	Lease time.Duration
	// DrainTimeout is how long functions that run may go on when the context of Run
	// ends. Default: 10 s.
	DrainTimeout time.Duration
	// OnError is called for each failure. It may be called several times at once. Default:
	// none.
	OnError func(Failure[M])
	// Logger gets a line for each failure. Default: none.
	Logger *slog.Logger
}

// Failure describes a message whose function failed, or a failure of the store.
type Failure[M Message] struct {
	// ID names the message in the inbox.
	ID string
	// Message is the message.
	Message M
	// Attempt counts from 1.
	Attempt int
	// Err is the reason: that of the function, a *callback.PanicError, or that of the
	// store.
	Err error
	// Dead is true if the message is not tried again; else Next is when it is.
	Dead bool
	Next time.Time
}

// Inbox is safe for concurrent use.
type Inbox[M Message] struct {
	options Options[M]
	fn      func(context.Context, M) error
	queue   store.Queue
	running atomic.Bool

	statsMu sync.Mutex
	stats   Stats
}

// ErrRunning is the error of Run while another Run has not returned.
var ErrRunning = errors.New("inbox: already running")

// minLease is the shortest Options.Lease: a third of it has to be enough to extend it.
const minLease = time.Second

var defaultDelays = []time.Duration{
	time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour,
}

// New returns an inbox whose Run calls fn. The error names the option that is missing
// or out of range, or is that of the store.
func New[M Message](ctx context.Context, fn func(context.Context, M) error, o Options[M]) (*Inbox[M], error) {
	switch {
	case fn == nil:
		return nil, errors.New("inbox: the function is nil")
	case o.Store == nil:
		return nil, errors.New("inbox: Options.Store is nil")
	case o.Workers < 0:
		return nil, errors.New("inbox: Options.Workers is negative")
	case o.JobTimeout < 0 || o.Lease < 0 || o.DrainTimeout < 0:
		return nil, errors.New("inbox: Options.JobTimeout, Lease or DrainTimeout is negative")
	case o.Lease > 0 && o.Lease < minLease:
		return nil, fmt.Errorf("inbox: Options.Lease is %v, not at least %v", o.Lease, minLease)
	case slices.ContainsFunc(o.Delays, func(d time.Duration) bool { return d < 0 }):
		return nil, errors.New("inbox: a wait of Options.Delays is negative")
	}
	var m M
	o.Name = cmp.Or(o.Name, "inbox-"+kindOf(m))
	o.Workers = cmp.Or(o.Workers, 4)
	o.JobTimeout = cmp.Or(o.JobTimeout, time.Minute)
	o.Lease = cmp.Or(o.Lease, 30*time.Second)
	o.DrainTimeout = cmp.Or(o.DrainTimeout, 10*time.Second)
	if o.Delays == nil {
		o.Delays = defaultDelays
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	queue, err := o.Store.Queue(ctx, o.Name)
	if err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	return &Inbox[M]{options: o, fn: fn, queue: queue}, nil
}

// Put stores a message. It is the function for callback.NewHandler. The error wraps
// callback.ErrOverloaded, which is answered 503, if the store does not take it.
func (b *Inbox[M]) Put(ctx context.Context, m M) error {
	now := time.Now()
	rec := record[M]{Version: version, Received: now.UnixMilli(), Message: m}
	data, err := rec.encode()
	if err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	if err := b.queue.Put(ctx, now, store.Item{ID: idOf(m), Data: data}); err != nil {
		b.count(&b.stats.Refused)
		return fmt.Errorf("%w: inbox: %w", callback.ErrOverloaded, err)
	}
	b.count(&b.stats.Accepted)
	return nil
}

// idOf names a message, the same for all copies that the cloud sends of it if they
// can be recognised.
func idOf[M Message](m M) string {
	keyed, ok := any(m).(interface {
		Key() (sigfox.MessageKey, bool)
	})
	if ok {
		if k, ok := keyed.Key(); ok {
			return fmt.Sprintf("%v.%d.%d", k.Device, k.Time, k.Seq)
		}
	}
	return rand.Text()
}
