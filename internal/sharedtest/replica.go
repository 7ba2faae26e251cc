package sharedtest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/storetest"
)

// patience is how long anything may take on a store that has its own time.
const patience = 2 * time.Minute

// lease is how soon replicas take over from one that died.
const lease = 3 * time.Second

var errDead = errors.New("sharedtest: the replica is dead")

// replica is a process on one of the stores.
type replica struct {
	store store.Store
	dead  atomic.Bool
	end   context.CancelFunc
	ended chan struct{}
}

// newReplica returns one from which nothing reaches the store when it is dead.
func newReplica(s store.Store) *replica {
	r := &replica{end: func() {}, ended: make(chan struct{})}
	fail := func(string) error {
		if r.dead.Load() {
			return errDead
		}
		return nil
	}
	r.store = &storetest.Faulty{Store: s, Before: fail, After: fail}
	return r
}

func (r *replica) run(t T, do func(context.Context) error) {
	ctx, cancel := context.WithCancel(t.Context())
	r.end = cancel
	go func() {
		defer close(r.ended)
		_ = do(ctx)
	}()
}

// kill has the replica end at once.
func (r *replica) kill() {
	r.dead.Store(true)
	r.end()
}

// stop has it end what it is about.
func (r *replica) stop() {
	r.end()
	<-r.ended
}

// journal is what replicas did, by name, and what is waited for.
type journal struct {
	mu      sync.Mutex
	tries   map[string]int
	done    map[string][]*replica
	changed chan struct{} // closed when something is done
}

func newJournal() *journal {
	return &journal{tries: map[string]int{}, done: map[string][]*replica{}, changed: make(chan struct{})}
}

// try counts an attempt, and reports whether it is to succeed: of every fifth thing the
// first does not.
func (j *journal) try(name string, n int) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.tries[name]++
	return n%5 != 0 || j.tries[name] > 1
}

func (j *journal) note(by *replica, name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done[name] = append(j.done[name], by)
	close(j.changed)
	j.changed = make(chan struct{})
}

// await waits until all names are done, alive by replicas that live.
func (j *journal) await(t T, names []string, alive bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		j.mu.Lock()
		missing, changed := "", j.changed
		for _, name := range names {
			if len(j.done[name]) == 0 || alive && j.alive(name) == 0 {
				missing = name
			}
		}
		j.mu.Unlock()
		if missing == "" {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s is not done after %v", missing, patience)
		case <-changed:
		}
	}
}

// once expects that nothing was done again, but for what replicas have that died with it.
func (j *journal) once(t T) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for name := range j.done {
		if n := j.alive(name); n > 1 {
			t.Fatalf("%s was done %d times by replicas that live", name, n)
		}
	}
}

// alive returns how often something was done by replicas that live. j.mu is held.
func (j *journal) alive(name string) (n int) {
	for _, r := range j.done[name] {
		if !r.dead.Load() {
			n++
		}
	}
	return n
}
