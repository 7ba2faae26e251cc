package inbox

import (
	"context"
	"sync"
	"time"
)

// Run handles messages until ctx ends, and returns its cause. It then starts no
// further function, lets those that run go on for DrainTimeout, and gives back what
// it holds. Several processes may run inboxes on one store.
func (b *Inbox[M]) Run(ctx context.Context) error {
	if b.running.Swap(true) {
		return ErrRunning
	}
	defer b.running.Store(false)
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	r := newRunner(ctx, work, b)
	var extending sync.WaitGroup
	extending.Go(func() { r.extend(work) })
	for ctx.Err() == nil {
		if !r.claim(ctx) {
			r.wait(ctx)
		}
	}
	stop := time.AfterFunc(b.options.DrainTimeout, cancel)
	defer stop.Stop()
	r.stop()
	r.jobs.Wait()
	cancel()
	extending.Wait()
	return context.Cause(ctx)
}

// ahead is how many messages are held for each worker, so that none has to wait for
// the store.
const ahead = 4

// pause is how long Run waits before it asks a store again that failed, or one that
// did not say when there is more.
const pause = time.Second

// claim takes messages and starts their functions. It reports whether there may be
// more.
func (r *runner[M]) claim(ctx context.Context) bool {
	room := r.room()
	if room <= 0 {
		return false
	}
	now := time.Now()
	claims, err := r.queue.Claim(ctx, now, room, r.options.Lease)
	if err != nil {
		if ctx.Err() == nil {
			r.failed(Failure[M]{Err: err})
			sleep(ctx, pause)
		}
		return true
	}
	var others sync.WaitGroup
	for _, c := range claims {
		if other := r.start(c); other != nil {
			others.Go(other)
		}
	}
	others.Wait() // what is given back is to be in its place before the next claim
	more := len(claims) == room
	r.endRound(now, !more)
	return more
}

// wait returns when a function has ended or a message may be due.
func (r *runner[M]) wait(ctx context.Context) {
	if r.room() <= 0 {
		select {
		case <-ctx.Done():
		case <-r.free:
		}
		return
	}
	if err := r.queue.Next(ctx, time.Now().Add(pause)); err != nil && ctx.Err() == nil {
		r.failed(Failure[M]{Err: err})
		sleep(ctx, pause)
	}
}

// sleep returns early if ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
