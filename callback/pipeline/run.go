package pipeline

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// atLeastEvery is how often Run looks at what it is not told of: silences, and
	// messages whose window is shorter than that.
	atLeastEvery = time.Second
	// atMostEvery keeps Run from spinning while somebody else does what is due.
	atMostEvery = time.Millisecond
)

// errListenedOut is the cause with which the context of an Emit ends.
var errListenedOut = errors.New("pipeline: the device no longer listens")

// Run does what is due when it is due, by the clock: the now of the other methods
// must be that of time.Now. When ctx ends it returns its cause, after what was due
// is handed on and the emissions under way have returned; another Run continues with what
// is left. It returns ErrRunning at once if another Run has not returned.
//
// The Sender must keep running for a little longer than Run, to take what Run hands on.
func (p *Pipeline) Run(ctx context.Context) error {
	if !p.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer p.running.Store(false)
	var emissions sync.WaitGroup
	defer emissions.Wait()
	emit := func(t task) {
		emissions.Go(func() {
			limited, cancel := context.WithDeadlineCause(ctx, t.emission.Closes, errListenedOut)
			defer cancel()
			p.emit(limited, time.Now, t)
			p.signal()
		})
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.wake:
		case <-timer.C:
		}
		p.advance(ctx, time.Now(), emit)
		wait := atLeastEvery
		if next, ok := p.Next(); ok {
			wait = min(wait, max(time.Until(next), atMostEvery))
		}
		timer.Reset(wait)
	}
}
