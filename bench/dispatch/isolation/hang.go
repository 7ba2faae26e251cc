package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox/bench/dispatch/peer"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

const (
	hungTarget = "hung"
	queueSize  = 10_000 // the default
)

// hang adds the target that hangs, with a full queue, and returns what is to be done
// while the others are sent to.
func (r *round) hang(ctx context.Context) (meanwhile func() error, err error) {
	d := r.dispatcher
	if r.arm == stormBeside {
		if d, err = r.start(ctx); err != nil {
			return nil, err
		}
	}
	v, err := r.newVictim(d)
	if err != nil {
		return nil, err
	}
	if err := v.fill(ctx); err != nil {
		return nil, err
	}
	all := func() error { return v.enqueue(ctx, r.flood-queueSize) }
	switch r.arm {
	case flooded:
		return func() error { return r.paced(ctx, v) }, nil
	case storm, stormBeside:
		return all, nil
	case healthy, healthyAgain, hung:
	}
	return func() error { return nil }, all()
}

// paced enqueues the share of a round, some every millisecond.
func (r *round) paced(ctx context.Context, v *victim) error {
	const gap = time.Millisecond
	ticks := int(time.Duration(len(r.due)) * r.gap / gap)
	share := r.flood / (r.blocks * ticks)
	return pace(ticks, gap, func(int, time.Time) error { return v.enqueue(ctx, share) })
}

// victim is the target that hangs.
type victim struct {
	dispatcher *dispatch.Dispatcher
	target     *dispatch.Target
	rendered   dispatch.Request
}

func (r *round) newVictim(d *dispatch.Dispatcher) (*victim, error) {
	target, err := r.target(hungTarget, peer.Hang)
	if err != nil {
		return nil, err
	}
	rendered, err := dispatch.NewRequest(target, uplink(0))
	return &victim{d, target, rendered}, err
}

// fill has as many messages wait as may.
func (v *victim) fill(ctx context.Context) error {
	for n := range queueSize {
		r, err := dispatch.NewRequest(v.target, uplink(n))
		if err == nil {
			err = v.dispatcher.Enqueue(ctx, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// enqueue enqueues messages more, which are refused.
func (v *victim) enqueue(ctx context.Context, n int) error {
	for range n {
		if err := v.dispatcher.Enqueue(ctx, v.rendered); !errors.Is(err, dispatch.ErrQueueFull) {
			return fmt.Errorf("the queue of the hung target is not full: %w", err)
		}
	}
	return nil
}
