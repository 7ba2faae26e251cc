package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	client "github.com/nats-io/nats.go"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/inbox"
	"github.com/go-sigfox/sigfox/keepalive"
	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/nats"
)

// lease is how long after the death of a replica others take over.
const lease = 10 * time.Second

// replica is one of the processes behind the proxy: here it is in the same process as
// the others, but shares nothing with them but the servers.
type replica struct {
	name    string
	world   *world
	conn    *client.Conn
	store   *nats.Store
	inbox   *inbox.Inbox[callback.Uplink]
	monitor *keepalive.SharedMonitor
	server  *http.Server
	url     string
	dead    atomic.Bool
	ended   chan struct{} // closed when all of it has ended
	end     context.CancelFunc
}

// startReplica starts a replica. All of them are made like this one; that there are
// several is nowhere said.
func startReplica(ctx context.Context, name string, w *world, conn *client.Conn) (*replica, error) {
	r := &replica{name: name, world: w, conn: conn, ended: make(chan struct{})}
	opening, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := errors.Join(r.open(opening), r.listen(ctx))
	if err != nil {
		conn.Close()
		return nil, err
	}
	ctx, r.end = context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	group.Go(func() { _ = r.inbox.Run(ctx) })
	group.Go(func() { _ = r.monitor.Run(ctx, r.alert) })
	go func() {
		defer close(r.ended)
		group.Wait()
		_ = r.store.Close()
		conn.Close()
	}()
	return r, nil
}

func (r *replica) open(ctx context.Context) (err error) {
	// It cannot know whether the servers sync; those of this program do.
	r.store, err = nats.Open(ctx, r.conn, nats.Options{AcceptLazySync: true, Timeout: 3 * time.Second})
	if err != nil {
		return err
	}
	r.inbox, err = inbox.New(ctx, r.handle, inbox.Options[callback.Uplink]{
		Store: r.store, Lease: lease, DrainTimeout: time.Second, Delays: []time.Duration{time.Second, 5 * time.Second},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	claims, err := r.store.Table(ctx, "seen")
	if err != nil {
		return err
	}
	seen, err := store.NewSeen(claims, store.SeenOptions{})
	if err != nil {
		return err
	}
	devices, err := r.store.Table(ctx, "devices")
	if err != nil {
		return err
	}
	r.monitor, err = keepalive.NewSharedMonitor(devices, keepalive.Options{Delay: silence, MinDelay: silence},
		keepalive.SharedOptions{Flush: 200 * time.Millisecond, Grace: 3 * time.Second, Lease: lease, Resync: time.Second})
	if err != nil {
		return err
	}
	h, err := callback.NewHandler(r.receive, callback.Options{Verifier: callback.Unverified(), Claims: seen})
	r.server = callback.NewServer("", h)
	return err
}

func (r *replica) listen(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil || r.server == nil {
		return err
	}
	r.url = "http://" + l.Addr().String() + "/"
	go func() { _ = r.server.Serve(l) }()
	return nil
}

// receive runs for one of the copies of a message, on one of the replicas.
func (r *replica) receive(ctx context.Context, m callback.Uplink) error {
	if err := r.inbox.Put(ctx, m); err != nil {
		return err
	}
	if m.Device >= watched {
		return r.monitor.Touch(time.Now(), m.Device)
	}
	return nil
}

var errDead = errors.New("the replica is dead")

// handle runs once for a message that was received.
func (r *replica) handle(_ context.Context, m callback.Uplink) error {
	if r.dead.Load() {
		return errDead
	}
	r.world.handled(r, m)
	return nil
}

func (r *replica) alert(_ context.Context, b keepalive.Breach) error {
	if r.dead.Load() {
		return errDead
	}
	r.world.alerted(b)
	return nil
}

// kill ends a replica as kill -9 would: from one moment to the next nothing leaves it.
func (r *replica) kill() {
	r.dead.Store(true)
	r.conn.Close()
	_ = r.server.Close()
	r.end()
}

// stop lets it finish what it is about.
func (r *replica) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := r.server.Shutdown(ctx)
	r.end()
	select {
	case <-r.ended:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%s does not end: %w", r.name, context.Cause(ctx))
	}
}
