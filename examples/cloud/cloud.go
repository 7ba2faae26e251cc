package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/pipeline"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/examples/cloud/board"
	"github.com/go-sigfox/sigfox/examples/cloud/demo"
	"github.com/go-sigfox/sigfox/examples/cloud/radio"
	"github.com/go-sigfox/sigfox/keepalive"
)

// cloud is the whole network: the world of devices and stations, and what turns
// their frames into callbacks.
type cloud struct {
	config      config
	clock       clock
	registry    *routing.Registry
	dispatcher  *dispatch.Dispatcher
	pipeline    *pipeline.Pipeline
	undelivered *dispatch.UndeliveredLog
	board       *board.Board
	demo        *demo.Receiver // nil if callbacks go elsewhere
	token       string         // of the demo receiver

	mu    sync.Mutex
	world *radio.World
}

// operatorName is the operator of the network.
const operatorName = "SIGFOX_Demo_Network"

// vienna is where the demo network stands.
var vienna = radio.Position{Lat: 48.208, Lng: 16.373}

func newCloud(ctx context.Context, c config) (*cloud, error) {
	n := &cloud{
		config: c, clock: clock{start: time.Now().Truncate(time.Second), speed: c.speed},
		board: board.New(),
	}
	n.world = radio.New(radio.Options{
		Seed: c.seed, Start: n.clock.start, Centre: vienna, Radius: 6000, Stations: c.stations, Loss: 0.02,
	})
	base, err := n.target(ctx)
	if err != nil {
		return nil, err
	}
	if n.registry, err = routing.New(routing.Options{NewID: newID(c.seed)}); err != nil {
		return nil, err
	}
	if n.undelivered, err = dispatch.NewUndeliveredLog(dispatch.UndeliveredOptions{}); err != nil {
		return nil, err
	}
	if err := errors.Join(n.newDispatcher(base), n.newPipeline()); err != nil {
		return nil, err
	}
	if err := setUp(n.registry, n.world, base, n.token, c.devices); err != nil {
		return nil, err
	}
	return n, n.play()
}

// target returns the base of the URLs that callbacks are sent to.
func (n *cloud) target(ctx context.Context) (base string, err error) {
	if n.config.target != "" {
		return n.config.target, nil
	}
	n.token = rand.Text()
	if n.demo, err = demo.New(n.token, func(callback.Service) {}); err != nil {
		return "", err
	}
	return n.demo.Start(ctx)
}

// newDispatcher makes the sender. Its waits are those of the Sigfox Cloud by the
// clock of the network; a receiver has its full ten seconds to answer all the same.
func (n *cloud) newDispatcher(base string) (err error) {
	retry := dispatch.SigfoxCloud()
	for i, d := range retry.Delays {
		retry.Delays[i] = n.clock.real(d)
	}
	retry.MaxAge, retry.MaxRetryAfter = n.clock.real(retry.MaxAge), n.clock.real(retry.MaxRetryAfter)
	allowed := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	if prefix, ok := prefixOf(base); ok {
		allowed = append(allowed, prefix)
	}
	n.dispatcher, err = dispatch.New(dispatch.Options{
		Retry: &retry, AllowPrefixes: allowed, Mailer: mailer{}, DrainTimeout: time.Second, Hooks: n.hooks(),
		Breaker: dispatch.BreakerOptions{Window: n.clock.real(5 * time.Minute), Pause: max(n.clock.real(time.Minute), time.Second)},
	})
	return err
}

func (n *cloud) newPipeline() error {
	monitor, err := keepalive.New(keepalive.Options{})
	if err != nil {
		return err
	}
	n.pipeline, err = pipeline.New(pipeline.Options{
		Registry: n.registry, Sender: n, KeepAlive: monitor,
		OperatorName: operatorName, CountryCode: sigfox.Some(40), // Austria
		Emit: n.emit, Locate: n.locate, Rollover: n.rollover, Describe: describe,
		Hooks: pipeline.Hooks{OnMessage: n.onMessage, OnEvent: n.onEvent, OnDownlink: n.onDownlink, OnDrop: n.onDrop},
	})
	return err
}

// Enqueue implements pipeline.Sender.
func (n *cloud) Enqueue(ctx context.Context, r dispatch.Request) error {
	n.board.Sent(&r)
	return n.dispatcher.Enqueue(ctx, r)
}

// run plays the network until ctx ends, and returns once nothing is under way.
func (n *cloud) run(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { n.board.Run(ctx, n.clock.now) })
	all.Go(func() { n.drive(ctx) })
	err := n.dispatcher.Run(ctx)
	if ctx.Err() != nil {
		return nil // what was under way is lost with the demo
	}
	return err
}

// mailer takes e-mails without sending them: the page shows them.
type mailer struct{}

// Send implements dispatch.Mailer.
func (mailer) Send(context.Context, callback.Mail) error { return nil }
