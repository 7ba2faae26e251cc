package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/inbox"
	"github.com/go-sigfox/sigfox/callback/outbox"
	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/bolt"
)

// relay receives messages and sends them on. Whatever it has answered 2xx for is in its
// file, from which it goes on after a crash.
type relay struct {
	store      *bolt.Store
	inbox      *inbox.Inbox[callback.Uplink]
	outbox     *outbox.Outbox
	dispatcher *dispatch.Dispatcher
	target     *dispatch.Target
	handler    http.Handler
}

// openRelay opens the file, and sends to the customer at the URL.
func openRelay(ctx context.Context, file, customer string, lease time.Duration) (*relay, error) {
	s, err := bolt.Open(bolt.Options{Path: file})
	if err != nil {
		return nil, err
	}
	r := &relay{store: s}
	if err := errors.Join(r.openOutbox(ctx, customer, lease), r.openInbox(ctx, lease)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return r, nil
}

// openOutbox has what is sent survive: one queue, one dispatcher.
func (r *relay) openOutbox(ctx context.Context, customer string, lease time.Duration) (err error) {
	r.target, err = dispatch.NewTarget(dispatch.TargetOptions{ID: "customer", Definition: callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, Method: http.MethodPost, URL: customer,
		ContentType: "application/json", BodyTemplate: `{"device":"{device}","data":"{data}"}`,
	}})
	if err != nil {
		return err
	}
	r.outbox, err = outbox.New(ctx, outbox.Options{
		Store: r.store, Lease: lease,
		Targets: func(id string) (*dispatch.Target, bool) { return r.target, id == r.target.ID() },
	})
	if err != nil {
		return err
	}
	r.dispatcher, err = dispatch.New(dispatch.Options{
		Journal: r.outbox, IDHeader: idHeader, Concurrency: 16, DrainTimeout: time.Second,
		Retry:         &dispatch.RetryPolicy{Delays: []time.Duration{100 * time.Millisecond, time.Second, 5 * time.Second, time.Minute}},
		AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, // the customer is this machine
	})
	return err
}

// openInbox has what is received survive, and recognises what comes again.
func (r *relay) openInbox(ctx context.Context, lease time.Duration) (err error) {
	r.inbox, err = inbox.New(ctx, r.forward, inbox.Options[callback.Uplink]{
		Store: r.store, Lease: lease, Workers: 16, OrderBy: func(m callback.Uplink) string { return m.Device.String() },
		DrainTimeout: time.Second,
	})
	if err != nil {
		return err
	}
	table, err := r.store.Table(ctx, "seen")
	if err != nil {
		return err
	}
	seen, err := store.NewSeen(table, store.SeenOptions{})
	if err != nil {
		return err
	}
	// A receiver that others can reach has a verifier.
	r.handler, err = callback.NewHandler(r.inbox.Put, callback.Options{Verifier: callback.Unverified(), Claims: seen})
	return err
}

// idHeader is where the customer finds what is the same whenever a message is sent.
const idHeader = "Idempotency-Key"

// forward is the function of the inbox. It may be called again for a message, for which
// the request then has the same ID.
func (r *relay) forward(ctx context.Context, m callback.Uplink) error {
	request, err := dispatch.NewRequest(r.target, m)
	if err != nil {
		return err
	}
	if k, ok := m.Key(); ok {
		request.ID = fmt.Sprintf("%v.%d.%d", k.Device, k.Time, k.Seq)
	}
	return r.outbox.Enqueue(ctx, request)
}

// run serves until ctx ends, and closes the file.
func (r *relay) run(ctx context.Context, l net.Listener) error {
	server := callback.NewServer("", r.handler)
	var group sync.WaitGroup
	group.Go(func() { _ = server.Serve(l) })
	group.Go(func() { _ = r.inbox.Run(ctx) })
	group.Go(func() { _ = r.outbox.Run(ctx, r.dispatcher) })
	<-ctx.Done()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := server.Shutdown(last)
	group.Wait()
	return errors.Join(err, r.store.Close())
}

// waiting counts what is in the file: received and not handled, accepted and not
// delivered, and given up.
func (r *relay) waiting(ctx context.Context) (received, unsent, dead int, err error) {
	received, deadIn, err := r.inbox.Len(ctx)
	if err != nil {
		return 0, 0, 0, err
	}
	unsent, deadOut, err := r.outbox.Len(ctx)
	return received, unsent, deadIn + deadOut, err
}
