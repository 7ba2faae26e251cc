package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	client "github.com/nats-io/nats.go"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/inbox"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/keepalive"
	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/nats"
	"github.com/go-sigfox/sigfox/store/nats/natstest"
)

// times are those that decide how soon replicas take over from each other.
type times struct {
	lease time.Duration // of messages and alerts
	claim time.Duration // on messages: longer than one takes
	grace time.Duration // of alerts
}

var defaultTimes = times{lease: 10 * time.Second, claim: 10 * time.Second, grace: 3 * time.Second}

// inboxStream is where the messages of the inbox are.
const inboxStream = "sigfox_queue_inbox-data-uplink"

// replica is one of the processes behind the proxy: here it is in the same process as
// the others, but shares nothing with them but the servers.
type replica struct {
	name    string
	world   *world
	times   times
	link    *natstest.Link
	conn    *client.Conn
	store   *nats.Store
	inbox   *inbox.Inbox[callback.Uplink]
	handled *store.Seen
	monitor *keepalive.SharedMonitor
	server  *http.Server
	url     string
	dead    atomic.Bool
	unwell  atomic.Bool   // it last answered that it cannot
	ended   chan struct{} // closed when all of it has ended
	end     context.CancelFunc
}

// startReplica starts a replica. All of them are made like this one; that there are
// several is nowhere said.
func startReplica(ctx context.Context, name string, w *world, link *natstest.Link, t times) (*replica, error) {
	r := &replica{name: name, world: w, times: t, link: link, ended: make(chan struct{})}
	opening, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := errors.Join(r.open(opening), r.listen(ctx)); err != nil {
		r.close()
		return nil, err
	}
	ctx, r.end = context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	group.Go(func() { _ = r.inbox.Run(ctx) })
	group.Go(func() { _ = r.monitor.Run(ctx, r.alert) })
	go func() {
		defer close(r.ended)
		group.Wait()
		r.close()
	}()
	return r, nil
}

func (r *replica) close() {
	if r.store != nil {
		_ = r.store.Close()
	}
	if r.conn != nil {
		r.conn.Close()
	}
	r.link.Close()
}

func (r *replica) open(ctx context.Context) (err error) {
	if r.conn, err = r.link.Connect(); err != nil {
		return err
	}
	// It cannot know whether the servers sync; those of this program do.
	r.store, err = nats.Open(ctx, r.conn, nats.Options{AcceptLazySync: true, Timeout: 3 * time.Second})
	if err != nil {
		return err
	}
	r.inbox, err = inbox.New(ctx, r.handle, inbox.Options[callback.Uplink]{
		Store: r.store, Lease: r.times.lease, DrainTimeout: time.Second, Delays: slices.Repeat([]time.Duration{time.Second}, 600),
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	claims, err := r.store.Table(ctx, "seen")
	if err != nil {
		return err
	}
	received, err := store.NewSeen(claims, store.SeenOptions{Prefix: "received"})
	if err != nil {
		return err
	}
	r.handled, err = store.NewSeen(claims, store.SeenOptions{Prefix: "handled", ClaimTimeout: r.times.claim})
	if err != nil {
		return err
	}
	devices, err := r.store.Table(ctx, "devices")
	if err != nil {
		return err
	}
	r.monitor, err = keepalive.NewSharedMonitor(devices, keepalive.Options{Delay: silence, MinDelay: silence},
		keepalive.SharedOptions{Flush: 200 * time.Millisecond, Grace: r.times.grace, Lease: r.times.lease, Resync: time.Second})
	if err != nil {
		return err
	}
	h, err := callback.NewHandler(r.inbox.Put, callback.Options{Verifier: callback.Unverified(), Claims: received})
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

var (
	errDead      = errors.New("the replica is dead")
	errElsewhere = errors.New("another replica handles the message, or died with it")
)

// handle runs for a message that was received, perhaps again: after a replica has died,
// or because the cloud has sent it again. The claim has it have an effect once.
func (r *replica) handle(ctx context.Context, m callback.Uplink) error {
	k, _ := m.Key()
	switch state, err := r.handled.Begin(ctx, time.Now(), k); {
	case err != nil:
		return err
	case state == dedup.Done:
		return nil
	case state == dedup.InFlight:
		return errElsewhere
	}
	if m.Device >= watched {
		if err := r.hear(ctx, m.Device); err != nil {
			return errors.Join(err, r.handled.Abort(ctx, time.Now(), k))
		}
	}
	if r.dead.Load() {
		return errDead
	}
	r.world.handled(r, m)
	return r.commit(ctx, k)
}

// hear notes that a device was heard, in the table as well: what is only in memory is lost
// with the replica, and the device would not be missed.
func (r *replica) hear(ctx context.Context, id sigfox.DeviceID) error {
	now := time.Now()
	r.world.heard(id)
	if err := r.monitor.Touch(now, id); err != nil {
		return err
	}
	return r.monitor.Flush(ctx, now)
}

// commit notes that a message had its effect, for as long as it takes.
func (r *replica) commit(ctx context.Context, k sigfox.MessageKey) error {
	for {
		err := r.handled.Commit(ctx, time.Now(), k)
		if err == nil || errors.Is(err, store.ErrLost) {
			return nil
		}
		if ctx.Err() != nil || r.dead.Load() {
			return err
		}
		pause(ctx, 100*time.Millisecond)
	}
}

func (r *replica) alert(_ context.Context, b keepalive.Breach) error {
	if r.dead.Load() {
		return errDead
	}
	r.world.alerted(r, b)
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
