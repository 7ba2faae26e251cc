package nats

import (
	"fmt"
	"log/slog"
	"time"

	client "github.com/nats-io/nats.go"

	"github.com/go-sigfox/sigfox/store"
)

// Options configure Open. The zero value of each field is its default.
type Options struct {
	// Prefix begins the names of all streams and buckets, so that several stores share
	// an account: 1 to 32 letters, digits, "-" and "_". Default: "sigfox".
	Prefix string
	// Replicas is on how many nodes everything is kept, 1 to 5. Default: that of what is
	// there; of what is made 3 in a cluster, 1 otherwise.
	Replicas int
	// Domain is the JetStream domain. Default: that of the server.
	Domain string
	// Timeout is how long an operation may wait for the servers, and for a leader among
	// them, before it fails with store.ErrUnavailable. If nothing was written meanwhile,
	// the connection goes to another server. Default: 5 s.
	Timeout time.Duration

	// MaxItems is how many items a queue may hold, dead ones included; more are refused
	// with store.ErrFull. Default: no limit.
	MaxItems int
	// MaxBytes is how much a queue or a table may take on each of its nodes. It is
	// looked up once a second, and may be exceeded by what is put meanwhile. Put and
	// Create are refused with store.ErrFull; everything else goes on, so that the queue
	// can be worked off. Default: no limit.
	MaxBytes int64
	// MaxAge is how long dead items are kept, in whole seconds, at least one. Default:
	// until they are purged.
	MaxAge time.Duration

	// System is a connection to the system account, by which Open asks the servers
	// whether they sync always. Default: it cannot know, and warns.
	System *client.Conn
	// AcceptLazySync keeps Open from warning of servers that do not sync always, or of
	// which it cannot know.
	AcceptLazySync bool
	// Logger gets warnings. Default: none.
	Logger *slog.Logger
}

const (
	defaultPrefix  = "sigfox"
	defaultTimeout = 5 * time.Second
	maxReplicas    = 5
)

// check returns the options with their defaults.
func (o Options) check() (Options, error) {
	if o.Prefix == "" {
		o.Prefix = defaultPrefix
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := store.CheckName(o.Prefix); err != nil {
		return o, fmt.Errorf("store/nats: Options.Prefix: %w", err)
	}
	switch {
	case o.Replicas < 0 || o.Replicas > maxReplicas:
		return o, fmt.Errorf("store/nats: Options.Replicas is %d, not 1 to %d", o.Replicas, maxReplicas)
	case o.Timeout < 0:
		return o, fmt.Errorf("store/nats: Options.Timeout is %v", o.Timeout)
	case o.MaxItems < 0:
		return o, fmt.Errorf("store/nats: Options.MaxItems is %d", o.MaxItems)
	case o.MaxBytes < 0:
		return o, fmt.Errorf("store/nats: Options.MaxBytes is %d", o.MaxBytes)
	case o.MaxAge != 0 && o.MaxAge < time.Second:
		return o, fmt.Errorf("store/nats: Options.MaxAge is %v, less than a second", o.MaxAge)
	}
	return o, nil
}
