package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/bench/dispatch/peer"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// round is one dispatcher with its targets.
type round struct {
	config

	arm        arm
	url        string
	dispatcher *dispatch.Dispatcher
	running    sync.WaitGroup

	due       []time.Time // of each request
	latencies []float32   // in microseconds
	left      sync.WaitGroup
	failed    atomic.Int64
}

// warmup is the part of the requests that do not count, since they connect.
const warmup = 0.2

func newRound(c config, url string, a arm) *round {
	n := c.requests + int(warmup*float64(c.requests))
	return &round{config: c, arm: a, url: url, due: make([]time.Time, n), latencies: make([]float32, n)}
}

// run returns the latencies of the requests to healthy targets.
func (r *round) run(ctx context.Context) ([]float32, error) {
	ctx, stop := context.WithCancel(ctx)
	defer r.running.Wait()
	defer stop()
	var err error
	if r.dispatcher, err = r.start(ctx); err != nil {
		return nil, err
	}
	targets := make([]*dispatch.Target, r.targets)
	for i := range targets {
		if targets[i], err = r.target(fmt.Sprint("t", i), peer.Answer); err != nil {
			return nil, err
		}
	}
	meanwhile := func() error { return nil }
	if r.arm.hangs() {
		if meanwhile, err = r.hang(ctx); err != nil {
			return nil, err
		}
	}
	var flood sync.WaitGroup
	var failed error
	flood.Go(func() { failed = meanwhile() })
	err = r.send(ctx, targets)
	flood.Wait()
	return r.latencies[len(r.latencies)-r.requests:], errors.Join(err, failed)
}

func (r *round) start(ctx context.Context) (*dispatch.Dispatcher, error) {
	d, err := dispatch.New(dispatch.Options{
		AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, DrainTimeout: time.Millisecond,
		QueueSize: queueSize, Hooks: dispatch.Hooks{OnAttempt: r.onAttempt},
	})
	if err == nil {
		r.running.Go(func() { _ = d.Run(ctx) }) // what waits for the hung target is given back
	}
	return d, err
}

func (r *round) target(id, path string) (*dispatch.Target, error) {
	return dispatch.NewTarget(dispatch.TargetOptions{ID: id, Definition: callback.Definition{
		Service: callback.DataUplink, Method: http.MethodPost, URL: r.url + path, ContentType: "application/json",
		BodyTemplate: `{"device":"{device}","time":{time},"seqNumber":{seqNumber}}`,
	}})
}

func uplink(n int) callback.Uplink {
	return callback.Uplink{
		Device: sigfox.DeviceID(uint32(n)), Time: time.Unix(1500000000, 0), SeqNumber: sigfox.Some(sigfox.SeqNumber(n % 4096)),
	}
}

// send sends to the healthy targets, in turns.
func (r *round) send(ctx context.Context, targets []*dispatch.Target) error {
	r.left.Add(len(r.due))
	err := pace(len(r.due), r.gap, func(n int, due time.Time) error {
		request, err := dispatch.NewRequest(targets[n%len(targets)], uplink(n))
		if err != nil {
			return err
		}
		request.ID = strconv.Itoa(n)
		r.due[n] = due
		return r.dispatcher.Enqueue(ctx, request)
	})
	if err != nil {
		return err
	}
	r.left.Wait()
	if n := r.failed.Load(); n > 0 {
		return fmt.Errorf("%d attempts failed", n)
	}
	return nil
}

func (r *round) onAttempt(_ context.Context, a dispatch.AttemptEnd) {
	if a.Target.ID() == hungTarget {
		return
	}
	if !a.Attempt.OK() {
		r.failed.Add(1)
	}
	n, _ := strconv.Atoi(a.ID) // see send
	r.latencies[n] = float32(time.Since(r.due[n]).Nanoseconds()) / 1000
	r.left.Done()
}
