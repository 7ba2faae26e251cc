package inbox

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/internal/barrier"
	"github.com/go-sigfox/sigfox/store"
)

// runner is one Run.
type runner[M Message] struct {
	*Inbox[M]
	life context.Context // of Run
	work context.Context // of the functions
	jobs sync.WaitGroup
	free chan struct{} // told when a job has ended

	mu       sync.Mutex
	stopped  bool
	workers  int                  // goroutines that handle messages
	ready    []*chain[M]          // those that wait for one, the oldest first
	held     map[string]*job[M]   // by ID
	parked   int                  // those of them that wait for another attempt, or behind one that does
	chains   map[string]*chain[M] // by key
	barriers barrier.Barriers     // by key: until when messages wait in the store for one of them
}

// job is a message that is held.
type job[M Message] struct {
	claim  store.Claim
	record record[M]
}

// chain is messages with the same key, of which the first is being handled. Without
// order every message is a chain of its own, which has no key.
type chain[M Message] struct {
	key    string
	jobs   []*job[M]
	parked bool // the first waits for another attempt
}

func newRunner[M Message](life, work context.Context, b *Inbox[M]) *runner[M] {
	return &runner[M]{
		Inbox: b, life: life, work: work, free: make(chan struct{}, 1),
		held: make(map[string]*job[M]), chains: make(map[string]*chain[M]),
	}
}

// room returns how many more messages may be held.
func (r *runner[M]) room() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return ahead*r.options.Workers - (len(r.held) - min(r.parked, maxParked))
}

// start has a message handled, after those with its key that came before. If it is not to
// be handled now, it returns what is to be done instead.
func (r *runner[M]) start(c store.Claim) (other func()) {
	r.count(&r.stats.Taken)
	rec, err := read[M](c.Data)
	if err != nil {
		return func() { r.bury(c, Failure[M]{ID: c.ID, Err: err}) }
	}
	key, err := r.keyOf(rec.Message)
	if err != nil {
		return func() { r.bury(c, Failure[M]{ID: c.ID, Message: rec.Message, Err: err}) }
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if until, ok := r.barriers.Holds(key, c.Due); ok {
		return func() { r.giveBack(c, until) }
	}
	j := &job[M]{claim: c, record: rec}
	r.held[c.ID] = j
	if ch := r.chains[key]; ch != nil {
		ch.jobs = append(ch.jobs, j)
		if ch.parked {
			r.parked++
		}
		return nil
	}
	ch := &chain[M]{key: key, jobs: []*job[M]{j}}
	if key != "" {
		r.chains[key] = ch
	}
	r.makeReady(ch)
	return nil
}

// endRound is called when what was claimed is held, given back or buried.
func (r *runner[M]) endRound(now time.Time, all bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.barriers.EndRound(now, all)
}

func (r *runner[M]) makeReady(ch *chain[M]) {
	r.ready = append(r.ready, ch)
	if r.workers < r.options.Workers {
		r.workers++
		r.jobs.Go(r.handle)
	}
}

func (r *runner[M]) keyOf(m M) (key string, err error) {
	if r.options.OrderBy == nil {
		return "", nil
	}
	defer recoverTo(&err)
	return r.options.OrderBy(m), nil
}

// handle handles chains until none is ready.
func (r *runner[M]) handle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.ready) > 0 {
		ch := r.ready[0]
		r.ready = r.ready[1:]
		r.handleChain(ch)
	}
	r.workers--
}

// handleChain handles the messages of a chain until there are no more, one has to
// wait, or Run has ended. r.mu is held, but not while a function runs.
func (r *runner[M]) handleChain(ch *chain[M]) {
	for len(ch.jobs) > 0 && !r.stopped {
		j := ch.jobs[0]
		park := ch.key != "" && r.parked+len(ch.jobs) <= maxParked
		r.mu.Unlock()
		next := r.try(j, park)
		r.mu.Lock()
		if next.inHand {
			r.park(ch, next.again)
			return
		}
		ch.jobs = ch.jobs[1:]
		r.release(j)
		if !next.again.IsZero() {
			if ch.key != "" {
				r.barriers.Raise(time.Now(), ch.key, next.again)
			}
			r.end(ch, next.again)
			return
		}
	}
	r.end(ch, time.Time{})
}

// Messages with the same key wait in hand for one of them that is soon tried again:
// given back one by one, they would come again in another order if the store takes
// longer than the wait. maxParked bounds them, maxInHand is the longest wait.
const (
	maxParked = 1024
	maxInHand = 10 * time.Second
)

// park has a chain wait until its first message is tried again.
func (r *runner[M]) park(ch *chain[M], again time.Time) {
	ch.parked = true
	r.parked += len(ch.jobs)
	r.tellFree()
	r.jobs.Go(func() {
		r.sleepUntil(again)
		r.mu.Lock()
		defer r.mu.Unlock()
		ch.parked = false
		r.parked -= len(ch.jobs)
		if r.stopped {
			head := ch.jobs[0]
			ch.jobs = ch.jobs[1:]
			r.release(head)
			r.jobs.Go(func() { r.save(head.claim, again, false) })
			r.end(ch, again)
			return
		}
		r.count(&r.stats.Taken) // as if it had come again
		r.makeReady(ch)
	})
}

// sleepUntil returns early if Run ends.
func (r *runner[M]) sleepUntil(t time.Time) {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-r.life.Done():
	case <-timer.C:
	}
}

// end gives back what is left of a chain, to be handled from the given time on.
func (r *runner[M]) end(ch *chain[M], until time.Time) {
	delete(r.chains, ch.key)
	for _, j := range ch.jobs {
		r.release(j)
		r.jobs.Go(func() { r.giveBack(j.claim, until) })
	}
	ch.jobs = nil
}

func (r *runner[M]) release(j *job[M]) {
	delete(r.held, j.claim.ID)
	r.tellFree()
}

func (r *runner[M]) tellFree() {
	select {
	case r.free <- struct{}{}:
	default:
	}
}

// outcome is what becomes of a message after an attempt.
type outcome struct {
	again  time.Time // when it is tried again, zero if it is settled
	inHand bool      // it is still held
}

// try calls the function for a message. If it is soon tried again, it is held if park
// is true.
func (r *runner[M]) try(j *job[M], park bool) outcome {
	err := r.call(j.record.Message)
	if err == nil {
		r.note(j.claim.ID, func(ctx context.Context) error { return r.queue.Done(ctx, j.claim) })
		r.count(&r.stats.Handled)
		return outcome{}
	}
	if r.work.Err() != nil { // cut short by the end of Run, which is no failure
		r.giveBack(j.claim, time.Time{})
		return outcome{}
	}
	j.record.Attempts++
	text := err.Error()
	j.record.Error = text[:min(len(text), maxError)]
	c := j.claim
	if data, marshalErr := j.record.encode(); marshalErr == nil {
		c.Data = data
	}
	f := Failure[M]{ID: j.claim.ID, Message: j.record.Message, Attempt: j.record.Attempts, Err: err}
	if j.record.Attempts > len(r.options.Delays) {
		r.bury(c, f)
		return outcome{}
	}
	delay := r.options.Delays[j.record.Attempts-1]
	park = park && delay <= maxInHand
	f.Next = time.Now().Add(delay)
	r.hold(j, r.save(c, f.Next, park))
	r.count(&r.stats.Retried)
	r.failed(f)
	return outcome{f.Next, park}
}

// hold notes the claim of a message as the store gave it.
func (r *runner[M]) hold(j *job[M], c store.Claim) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j.claim = c
}

func (r *runner[M]) call(m M) (err error) {
	ctx, cancel := context.WithTimeoutCause(r.work, r.options.JobTimeout, callback.ErrTimeout)
	defer cancel()
	defer recoverTo(&err)
	if err = r.fn(ctx, m); err != nil {
		_ = err.Error() // an error that is a nil pointer may panic: here, where it is caught
	}
	return err
}

// recoverTo is deferred around what users bring, and makes its panic an error.
func recoverTo(err *error) {
	if v := recover(); v != nil {
		*err = &callback.PanicError{Value: v, Stack: debug.Stack()}
	}
}
