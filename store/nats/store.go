package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/go-sigfox/sigfox/store"
)

const (
	minimumVersion = "2.12.0"
	// lossless is how many replicas keep what is acknowledged when a machine is lost.
	lossless = 3
)

// Store is a store.Store on NATS JetStream. The connection is its user's, before and
// after; Close only ends what the store has begun.
type Store struct {
	options  Options
	conn     *client.Conn
	js       jetstream.JetStream
	replicas int
	warnings []string
	synced   bool // certainly
	lazy     bool // certainly

	heartbeat time.Duration // of those that follow a bucket
	writes    atomic.Uint64 // acknowledged

	ctx    context.Context // of what goes on in the background; ended by Close
	cancel context.CancelFunc
	group  sync.WaitGroup

	mu      sync.Mutex
	queues  map[string]*Queue
	tables  map[string]*Table
	fewest  int // replicas of the streams in use
	opening sync.Mutex
}

// Open returns the store in the account of a connection, whose TLS, credentials and
// reconnects are the caller's choice; connect with MaxReconnects(-1), as otherwise it is
// closed for good after two minutes without a server, of which Open warns. A server with
// which nothing could be written for Options.Timeout is left for the next one that the
// connection knows. Streams and buckets are made when a queue or table is asked for
// first. The error is a *VersionError if the server is too old.
func Open(ctx context.Context, conn *client.Conn, o Options) (*Store, error) {
	o, err := o.check()
	if err != nil {
		return nil, err
	}
	if conn == nil {
		return nil, errors.New("store/nats: the connection is nil")
	}
	if err := checkVersion(conn); err != nil {
		return nil, err
	}
	s := &Store{options: o, conn: conn, replicas: o.Replicas, heartbeat: heartbeat, queues: map[string]*Queue{}, tables: map[string]*Table{}}
	if o.Domain == "" {
		s.js, err = jetstream.New(conn)
	} else {
		s.js, err = jetstream.NewWithDomain(conn, o.Domain)
	}
	if err != nil {
		return nil, fmt.Errorf("store/nats: %w", err)
	}
	if s.replicas == 0 {
		s.replicas = 1
		if conn.ConnectedClusterName() != "" {
			s.replicas = lossless
		}
	}
	if err := s.checkAccount(ctx); err != nil {
		return nil, err
	}
	if err := s.checkSync(ctx); err != nil {
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.fewest = s.replicas
	if s.replicas < lossless {
		s.warn(fmt.Sprintf("%d replicas: what is acknowledged is lost with a machine", s.replicas))
	}
	if tries := conn.Opts.MaxReconnect; tries >= 0 {
		s.warn(fmt.Sprintf("the connection is closed for good after %d tries to connect again: give it client.MaxReconnects(-1)", tries))
	}
	return s, nil
}

func checkVersion(conn *client.Conn) error {
	version := conn.ConnectedServerVersion()
	if version == "" {
		return fmt.Errorf("store/nats: open: %w: not connected", store.ErrUnavailable)
	}
	if older(version, minimumVersion) {
		return &VersionError{Server: version, Minimum: minimumVersion}
	}
	return nil
}

// older compares the numbers of versions. What is not a number counts as 0.
func older(a, b string) bool {
	parse := func(version string) (n [3]int) {
		_, _ = fmt.Sscanf(version, "%d.%d.%d", &n[0], &n[1], &n[2]) // as far as it goes
		return n
	}
	x, y := parse(a), parse(b)
	return slices.Compare(x[:], y[:]) < 0
}

// checkAccount returns an error unless JetStream can be used.
func (s *Store) checkAccount(ctx context.Context) error {
	return s.attempt(ctx, "open", func(ctx context.Context) error {
		_, err := s.js.AccountInfo(ctx)
		return err
	})
}

func (s *Store) warn(text string) {
	s.warnings = append(s.warnings, text)
	s.options.Logger.Warn("store/nats: less safe than could be", "prefix", s.options.Prefix, "warning", text)
}

// Warnings says what makes acknowledged data less safe than it could be, or keeps the
// store from coming back after the servers were away.
func (s *Store) Warnings() []string { return slices.Clone(s.warnings) }

// Durability implements store.Store. It is store.Replicated with three replicas and more,
// whose servers must sync always to keep what they promise when all lose power at once;
// if Options.System tells that they do not, it is store.CrashSafe. With fewer replicas it
// is store.Synced if Options.System tells that the server syncs always.
func (s *Store) Durability() store.Durability {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.lazy:
		return store.CrashSafe
	case s.fewest >= lossless:
		return store.Replicated
	case s.synced:
		return store.Synced
	default:
		return store.CrashSafe
	}
}

// Queue implements store.Store. The error is a *SettingError if its stream is there with
// settings that do not fit.
func (s *Store) Queue(ctx context.Context, name string) (store.Queue, error) {
	return open(s, s.queues, name, func() (*Queue, error) {
		b, err := s.bucket(ctx, s.options.Prefix+"_queue_"+name, s.options.Prefix+".queue."+name+".")
		if err != nil {
			return nil, err
		}
		return newQueue(b), nil
	})
}

// Table implements store.Store. Its values are those of a key-value bucket of JetStream.
// The error is a *SettingError if that is there with settings that do not fit.
func (s *Store) Table(ctx context.Context, name string) (store.Table, error) {
	return open(s, s.tables, name, func() (*Table, error) {
		bucket := s.options.Prefix + "_" + name
		b, err := s.bucket(ctx, "KV_"+bucket, "$KV."+bucket+".")
		if err != nil {
			return nil, err
		}
		return &Table{b}, nil
	})
}

// open returns what has this name, or makes it.
func open[T any](s *Store, all map[string]*T, name string, makeIt func() (*T, error)) (*T, error) {
	if err := store.CheckName(name); err != nil {
		return nil, err
	}
	s.opening.Lock() // while the servers are asked
	defer s.opening.Unlock()
	s.mu.Lock()
	found := all[name]
	s.mu.Unlock()
	if found != nil {
		return found, nil
	}
	made, err := makeIt()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all[name] = made
	return made, nil
}

// Close ends what the store has begun, and leaves the connection open.
func (s *Store) Close() error {
	s.cancel()
	s.group.Wait()
	return nil
}
