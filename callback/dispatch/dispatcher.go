package dispatch

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/internal/egress"
)

// The errors of Enqueue, Send, Restore and Run to branch on.
var (
	// ErrQueueFull means that a request was refused because the queue is full.
	ErrQueueFull = errors.New("dispatch: queue is full")
	// ErrDisabled means that a request was refused because its target is disabled.
	ErrDisabled = errors.New("dispatch: target is disabled")
	// ErrStopped means that Run has ended.
	ErrStopped = errors.New("dispatch: dispatcher has stopped")
	// ErrRunning is the error of a second Run.
	ErrRunning = errors.New("dispatch: dispatcher was run before")
)

// Dispatcher sends requests to their targets. It is safe for concurrent use. See the
// package comment.
type Dispatcher struct {
	options   Options
	client    *egress.Client
	userAgent []string

	// One lock for all targets: it is held for moments only, never while something is
	// sent or told.
	mu      sync.Mutex
	phase   phase
	lanes   map[string]*lane
	agenda  agenda[*lane]
	armed   time.Time // when Run wakes; zero if it does not
	pending int       // requests that are accepted and not settled, but for those of Send
	senders int       // calls of Send
	stats   Stats     // without what is counted elsewhere
	news    news

	earlier chan struct{}   // tells Run that it has to wake before armed
	work    context.Context // of the attempts of Run
	workers sync.WaitGroup  // the goroutines of Run, and calls of Enqueue it waits for
}

// connsPerHost is how many connections all targets on one host have together.
const connsPerHost = 256

type phase uint8

const (
	ready phase = iota
	running
	stopped
)

// New returns a Dispatcher. The error names the option that is out of range.
func New(o Options) (*Dispatcher, error) { return newDispatcher(o, net.DefaultResolver) }

func newDispatcher(o Options, resolver *net.Resolver) (*Dispatcher, error) {
	o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	client, err := egress.New(egress.Options{
		AllowPrefixes: o.AllowPrefixes, Ports: o.Ports, Proxy: o.Proxy, MaxAnswer: o.MaxAnswer,
		ConnsPerHost: max(o.Concurrency, connsPerHost), Transport: o.Transport, Resolver: resolver,
	})
	if err != nil {
		return nil, fmt.Errorf("dispatch: %w", err)
	}
	return &Dispatcher{
		options: o, client: client, userAgent: []string{o.UserAgent},
		lanes: make(map[string]*lane), stats: newStats(), earlier: make(chan struct{}, 1),
	}, nil
}

// lock locks mu. The time is that of what is done until unlock is called.
func (d *Dispatcher) lock() time.Time {
	d.mu.Lock()
	return time.Now()
}

// check refuses what cannot be sent, and gives a request an ID that has none.
func (d *Dispatcher) check(r *Request) error {
	if r.Target == nil {
		return errNoTarget
	}
	var ok bool
	switch r.Target.options.Definition.Channel {
	case callback.ChannelBatchURL:
		ok = r.HTTP == nil && r.Mail == nil // a line may be empty
	case callback.ChannelEmail:
		if d.options.Mailer == nil {
			return fmt.Errorf("dispatch: target %s sends e-mails, and Options.Mailer is nil", r.Target.ID())
		}
		ok = r.Mail != nil
	default:
		ok = r.HTTP != nil
	}
	if !ok {
		return fmt.Errorf("dispatch: request for target %s was not rendered for its channel", r.Target.ID())
	}
	if r.ID == "" {
		r.ID = rand.Text()
	}
	return nil
}

// lane returns the lane of the targets with an ID.
func (d *Dispatcher) lane(id string, now time.Time) *lane {
	l := d.lanes[id]
	if l == nil {
		d.forgetIdle(now)
		l = newLane(id, &d.options, now)
		d.lanes[id] = l
	}
	return l
}

// forgetIdle forgets lanes that were not used for long. Run does it too, but need
// not be called where only Send is.
func (d *Dispatcher) forgetIdle(now time.Time) {
	for d.phase != running && len(d.agenda) > 0 && !d.agenda[0].wake.After(now) {
		d.rest(d.agenda.pop(), now)
	}
}

// drop gives up a shipment that was accepted.
func (d *Dispatcher) drop(l *lane, sh *shipment, cause DropCause, now time.Time) {
	d.stats.Dropped[cause] += int64(len(sh.requests))
	d.settled(l, sh, now)
	d.news.drops = append(d.news.drops, dropped{sh, cause, now})
}

func (d *Dispatcher) dropAll(l *lane, cause DropCause, now time.Time) (n int) {
	for _, sh := range l.takeAll() {
		n += len(sh.requests)
		d.drop(l, sh, cause, now)
	}
	return n
}

// settled makes room for others.
func (d *Dispatcher) settled(l *lane, sh *shipment, now time.Time) {
	if sh.direct {
		l.senders--
		d.senders--
	} else {
		l.pending -= len(sh.requests)
		d.pending -= len(sh.requests)
	}
	l.idleSince = now
	d.rest(l, now)
}
