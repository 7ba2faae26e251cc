package outbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/internal/barrier"
	"github.com/go-sigfox/sigfox/store"
)

// Options configure an Outbox. A zero field stands for its default.
type Options struct {
	// Store keeps the requests. Required.
	Store store.Store
	// Name is the name of the queue in the store. Default: "outbox".
	Name string
	// Targets finds the target of a request by its ID, as routing.Registry.Target does.
	// Requests whose target is gone are given up. Required.
	Targets func(id string) (*dispatch.Target, bool)
	// Held is how many requests are taken out of the store at once: those that are
	// attempted and those that wait for another attempt. Default: 10 000.
	Held int
	// HeldPerTarget is how many of them one target may have. Default: a tenth of Held.
	HeldPerTarget int
	// Lease is how long after the death of a process its requests are sent by another: at
	// least 1 s. Default: 30 s.
	Lease time.Duration
	// DiscardDead forgets what was given up. Default: it is kept, see Dead.
	DiscardDead bool
	// OnError is called for each failure of the store, and for each request that cannot be
	// sent. It may be called several times at once. Default: none.
	OnError func(error)
	// Logger gets a line for each of them. Default: none.
	Logger *slog.Logger
}

// Outbox is safe for concurrent use.
type Outbox struct {
	options Options
	queue   store.Queue
	running atomic.Bool
	freed   chan struct{} // told when something was settled

	mu       sync.Mutex
	life     context.Context     // of Run, until it is to end
	held     map[string]*holding // by Request.ID
	quotas   map[string]*quota   // by target
	barriers barrier.Barriers    // by target
	stats    Stats
}

// holding is a request that this process has.
type holding struct {
	claim store.Claim
	quota *quota
}

var (
	// ErrRunning is the error of Run while another Run has not returned.
	ErrRunning = errors.New("outbox: already running")
	// ErrBypassed is the error of Dispatcher.Enqueue for a dispatcher that has an Outbox:
	// requests are given to Outbox.Enqueue.
	ErrBypassed = errors.New("outbox: enqueue into the outbox, not into its dispatcher")
	// errTargetGone is why a request is given up whose target is not known.
	errTargetGone = errors.New("outbox: unknown target")
)

// minLease is the shortest Options.Lease: a third of it has to be enough to extend it.
const minLease = time.Second

// New returns an outbox. The error names the option that is missing or out of range,
// or is that of the store.
func New(ctx context.Context, o Options) (*Outbox, error) {
	switch {
	case o.Store == nil:
		return nil, errors.New("outbox: Options.Store is nil")
	case o.Targets == nil:
		return nil, errors.New("outbox: Options.Targets is nil")
	case o.Held < 0 || o.HeldPerTarget < 0:
		return nil, errors.New("outbox: Options.Held or HeldPerTarget is negative")
	case o.Lease < 0:
		return nil, errors.New("outbox: Options.Lease is negative")
	case o.Lease > 0 && o.Lease < minLease:
		return nil, fmt.Errorf("outbox: Options.Lease is %v, not at least %v", o.Lease, minLease)
	}
	o.Name = cmp.Or(o.Name, "outbox")
	o.Held = cmp.Or(o.Held, 10_000)
	o.HeldPerTarget = cmp.Or(o.HeldPerTarget, max(o.Held/10, 1))
	o.Lease = cmp.Or(o.Lease, 30*time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	queue, err := o.Store.Queue(ctx, o.Name)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	return &Outbox{
		options: o, queue: queue, freed: make(chan struct{}, 1), held: make(map[string]*holding), quotas: make(map[string]*quota),
	}, nil
}

// Enqueue stores a request, to be sent by whichever Run has room for it. The error is
// that of the store: store.ErrFull, store.ErrUnavailable.
func (b *Outbox) Enqueue(ctx context.Context, r dispatch.Request) error {
	if r.Target == nil {
		return errors.New("outbox: request without target")
	}
	if r.ID == "" {
		r.ID = rand.Text()
	}
	now := time.Now()
	data, err := encode(&dispatch.Delivery{Request: r, Accepted: now})
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	if err := b.queue.Put(ctx, now, store.Item{ID: r.ID, Data: data}); err != nil {
		b.count(&b.stats.Refused)
		return fmt.Errorf("outbox: %w", err)
	}
	b.count(&b.stats.Accepted)
	return nil
}

// Len returns how many requests wait or are under way, and how many are dead.
func (b *Outbox) Len(ctx context.Context) (waiting, dead int, err error) { return b.queue.Len(ctx) }

// failed tells what went wrong with the store.
func (b *Outbox) failed(ctx context.Context, id string, err error) {
	b.count(&b.stats.Failures)
	b.options.Logger.LogAttrs(ctx, slog.LevelError, "outbox failure",
		slog.String("queue", b.options.Name), slog.String("id", id), slog.Any("error", err))
	if b.options.OnError == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			b.options.Logger.LogAttrs(ctx, slog.LevelError, "panic", slog.String("in", "OnError"), slog.Any("value", v))
		}
	}()
	b.options.OnError(fmt.Errorf("outbox: request %q: %w", id, err))
}
