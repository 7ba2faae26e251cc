package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/pipeline"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/examples/cloud/apiv2"
	"github.com/go-sigfox/sigfox/examples/cloud/board"
	"github.com/go-sigfox/sigfox/examples/cloud/demo"
	"github.com/go-sigfox/sigfox/examples/cloud/radio"
	"github.com/go-sigfox/sigfox/keepalive"
)

// cloud is the whole network: the world of devices and stations, and what turns
// their frames into callbacks.
type cloud struct {
	config      config
	clock       *clock
	registry    *routing.Registry
	dispatcher  *dispatch.Dispatcher
	pipeline    *pipeline.Pipeline
	undelivered *dispatch.UndeliveredLog
	board       *board.Board
	demo        *demo.Receiver // nil if callbacks go elsewhere
	stopDemo    func()
	token       string // of the demo receiver

	mu      sync.Mutex
	world   *radio.World
	heard   map[sigfox.DeviceID]apiv2.DeviceState // by the last message of each device
	grammar grammars
	events  eventPlan
}

// operatorName is the operator of the network.
const operatorName = "SIGFOX_Demo_Network"

// vienna is where the demo network stands.
var vienna = radio.Position{Lat: 48.208, Lng: 16.373}

// newCloud returns a network whose time begins at start. transport carries the
// callbacks; nil for that of the dispatcher.
func newCloud(ctx context.Context, c config, start time.Time, transport http.RoundTripper) (*cloud, error) {
	start = start.Truncate(time.Second)
	n := &cloud{
		config: c, clock: newClock(start, c.speed), board: board.New(),
		heard: make(map[sigfox.DeviceID]apiv2.DeviceState), events: eventPlan{next: start.Add(eventEvery)},
	}
	n.world = radio.New(radio.Options{
		Seed: c.seed, Start: start, Centre: vienna, Radius: 6000, Stations: c.stations, Loss: 0.02,
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
	if err := errors.Join(n.newDispatcher(base, transport), n.newPipeline()); err != nil {
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
	if n.demo, err = demo.New(n.token); err != nil {
		return "", err
	}
	if n.stopDemo, err = n.demo.Listen(ctx); err != nil {
		return "", err
	}
	return n.demo.Base(), nil
}

// newDispatcher makes the sender. Its waits are those of the Sigfox Cloud by the
// clock of the network; a receiver has its full ten seconds to answer all the same.
func (n *cloud) newDispatcher(base string, transport http.RoundTripper) (err error) {
	retry := dispatch.SigfoxCloud()
	for i, d := range retry.Delays {
		retry.Delays[i] = n.clock.ours(d)
	}
	retry.MaxAge, retry.MaxRetryAfter = n.clock.ours(retry.MaxAge), n.clock.ours(retry.MaxRetryAfter)
	allowed := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	if prefix, ok := prefixOf(base); ok {
		allowed = append(allowed, prefix)
	}
	n.dispatcher, err = dispatch.New(dispatch.Options{
		Retry: &retry, AllowPrefixes: allowed, Transport: transport, Mailer: mailer{}, DrainTimeout: time.Second,
		UserAgent: "Sigfox Cloud on this machine", Hooks: n.hooks(),
		Breaker: dispatch.BreakerOptions{Window: n.clock.ours(5 * time.Minute), Pause: max(n.clock.ours(time.Minute), time.Second)},
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

// answerTimeout is how long a receiver has to answer, by our clock.
const answerTimeout = 10 * time.Second

// Enqueue implements pipeline.Sender. Before a device listens, its answer is waited
// for.
func (n *cloud) Enqueue(ctx context.Context, r dispatch.Request) error {
	n.board.Sent(&r)
	if s := r.Subject; s.Service == callback.DataBidir && s.Ack && n.health(r.Target.ID()).State != dispatch.Paused {
		n.clock.wait(r.ID, s.Time.Add(downlink.WindowOf(0).Opens), answerTimeout)
	}
	err := n.dispatcher.Enqueue(ctx, r)
	if err != nil {
		n.clock.goOn(r.ID)
	}
	return err
}

// run plays the network until ctx ends, and returns once nothing is under way or
// nobody takes it.
func (n *cloud) run(ctx context.Context) error {
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var all sync.WaitGroup
	all.Go(func() { n.board.Run(sending, n.clock.now) })
	var err error
	all.Go(func() { err = n.dispatcher.Run(sending) })
	n.drive(ctx)
	n.pipeline.Drain(sending, n.clock.now())
	n.settle()
	stop()
	all.Wait()
	if errors.Is(err, context.Canceled) {
		return nil // what nobody takes is lost with the network
	}
	return err
}

// settleFor is how long what is under way at the end may take.
const settleFor = 2 * time.Second

// settle waits until all callbacks are delivered or given up, but not for long.
func (n *cloud) settle() {
	ticker := time.NewTicker(n.clock.tick())
	defer ticker.Stop()
	for end := time.Now().Add(settleFor); time.Now().Before(end) && n.dispatcher.Stats().Pending > 0; {
		<-ticker.C
	}
}

// mailer takes e-mails without sending them: the page shows them.
type mailer struct{}

// Send implements dispatch.Mailer.
func (mailer) Send(context.Context, callback.Mail) error { return nil }
