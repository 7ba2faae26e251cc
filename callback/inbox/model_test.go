package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/inbox"
	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/storetest"
)

// Whatever comes, fails, panics and hangs, however often replicas are stopped or die
// and the store is away for a while: each accepted message is handled or dead in the
// end, no function runs for a message twice at once, and without trouble with the store
// each succeeds once, those of a device in order.
func TestInbox_model(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlay(rt)
		var err error
		synctest.Test(t, func(t *testing.T) { err = p.perform(t) })
		require.NoError(rt, err)
	})
}

// play is what happens in a test.
type play struct {
	replicas, workers int
	fates             []string // what becomes of calls of the function
	steps             []step
}

type step struct {
	name            string
	replica, device int
	wait            time.Duration
}

func drawPlay(rt *rapid.T) play {
	names := []string{"put", "put", "put", "wait"}
	if rapid.Bool().Draw(rt, "failures") {
		names = append(names, "restart", "kill", "away", "late")
	}
	p := play{
		replicas: rapid.IntRange(1, 3).Draw(rt, "replicas"), workers: rapid.IntRange(1, 4).Draw(rt, "workers"),
		fates: rapid.SliceOfN(rapid.SampledFrom([]string{"", "", "slow", "error", "panic", "hang"}), 1, 20).Draw(rt, "fates"),
	}
	p.steps = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{
			name: rapid.SampledFrom(names).Draw(t, "step"), replica: rapid.IntRange(0, p.replicas-1).Draw(t, "replica"),
			device: rapid.IntRange(1, 4).Draw(t, "device"),
			wait:   time.Duration(rapid.IntRange(1, 9_000).Draw(t, "ms")) * time.Millisecond, // less than a third of a lease
		}
	}), 1, 60).Draw(rt, "steps")
	return p
}

// world is what replicas share, and what is known of the messages by their names.
type world struct {
	store *store.Memory
	fates []string
	away  atomic.Bool // the store
	late  atomic.Bool // the store does what it is told, but does not say so

	mu       sync.Mutex
	accepted []string
	calls    int
	running  map[string]int
	twice    []string // ran twice at once
	handled  []string
}

// process is a replica that can be killed: then nothing leaves it any more.
type process struct {
	*world
	inbox *inbox.Inbox[callback.Uplink]
	dead  atomic.Bool
	kill  context.CancelFunc
	ended chan struct{}
}

var errDead = errors.New("the process is dead")

func (w *world) start(t *testing.T, workers int) *process {
	t.Helper()
	p := &process{world: w, ended: make(chan struct{})}
	p.inbox = newInbox(t, p.handle, inbox.Options[callback.Uplink]{
		Store: &storetest.Faulty{Store: w.store, Before: p.before, After: p.after}, Lease: 30 * time.Second,
		Workers: workers, OrderBy: byDevice, JobTimeout: 20 * time.Second, DrainTimeout: 5 * time.Second,
		Delays: []time.Duration{0, time.Second, 30 * time.Second},
	})
	ctx, cancel := context.WithCancel(t.Context())
	p.kill = cancel
	go func() {
		defer close(p.ended)
		_ = p.inbox.Run(ctx)
	}()
	return p
}

func (p *process) before(string) error {
	switch {
	case p.dead.Load():
		return errDead
	case p.away.Load():
		return store.ErrUnavailable
	}
	return nil
}

func (p *process) after(string) error {
	if p.dead.Load() || p.late.Load() {
		return store.ErrUnavailable
	}
	return nil
}

func (p *process) stop() {
	p.kill()
	<-p.ended
}

func (p *process) die() {
	p.dead.Store(true)
	p.stop()
}

func nameOf(m callback.Uplink) string { return fmt.Sprintf("%v.%d", m.Device, m.SeqNumber.Or(0)) }

func (p *process) handle(ctx context.Context, m callback.Uplink) error {
	if p.dead.Load() {
		return errDead
	}
	name := nameOf(m)
	fate := p.begin(name)
	defer p.end(name)
	d := time.Duration(0)
	switch fate {
	case "slow":
		d = 4 * time.Second
	case "hang":
		d = time.Hour
	case "panic":
		panic("boom")
	case "error":
		return errors.New("database away")
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
	}
	if p.dead.Load() {
		return errDead
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handled = append(p.handled, name)
	return nil
}

func (w *world) begin(name string) (fate string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running[name]++; w.running[name] > 1 {
		w.twice = append(w.twice, name)
	}
	w.calls++
	return w.fates[w.calls%len(w.fates)]
}

func (w *world) end(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running[name]--
}

func (p *play) perform(t *testing.T) error {
	t.Helper()
	w := &world{store: store.NewMemory(), fates: p.fates, running: map[string]int{}}
	replicas := make([]*process, p.replicas)
	for i := range replicas {
		replicas[i] = w.start(t, p.workers)
	}
	perfect := true // but for the function
	cut := func(b *atomic.Bool, d time.Duration) {
		b.Store(true)
		time.Sleep(d)
		b.Store(false)
		time.Sleep(11 * time.Second) // until the leases are extended, lest others take what is held
	}
	for n, s := range p.steps {
		one := &replicas[s.replica]
		perfect = perfect && (s.name == "put" || s.name == "wait")
		switch s.name {
		case "put":
			m := uplink(sigfox.DeviceID(s.device), n)
			if (*one).inbox.Put(t.Context(), m) == nil {
				w.accepted = append(w.accepted, nameOf(m))
			}
		case "wait":
			time.Sleep(s.wait)
		case "restart":
			(*one).stop()
			*one = w.start(t, p.workers)
		case "kill":
			(*one).die()
			*one = w.start(t, p.workers)
		case "away":
			cut(&w.away, s.wait)
		case "late":
			cut(&w.late, s.wait)
		}
	}
	return w.finish(t, replicas, perfect)
}

// finish lets everything be handled, and looks at what became of it.
func (w *world) finish(t *testing.T, replicas []*process, perfect bool) error {
	t.Helper()
	time.Sleep(3 * time.Hour)
	var dead []string
	for d, err := range replicas[0].inbox.Dead(t.Context()) {
		require.NoError(t, err)
		dead = append(dead, nameOf(d.Message))
	}
	waiting, _, err := replicas[0].inbox.Len(t.Context())
	require.NoError(t, err)
	for _, p := range replicas {
		p.stop()
		if s := p.inbox.Stats(); s.Taken != s.Handled+s.Retried+s.Dead+s.Returned {
			err = errors.Join(err, fmt.Errorf("stats: %+v", s))
		}
	}
	if waiting > 0 || len(w.twice) > 0 {
		err = errors.Join(err, fmt.Errorf("%d waiting, handled twice at once: %v", waiting, w.twice))
	}
	times := map[string]int{}
	for _, name := range w.handled {
		times[name]++
	}
	for _, name := range w.accepted {
		if n := times[name]; n == 0 && !slices.Contains(dead, name) || perfect && n > 1 {
			err = errors.Join(err, fmt.Errorf("%s was handled %d times", name, n))
		}
	}
	if perfect && len(replicas) == 1 {
		err = errors.Join(err, inOrder(w.accepted, w.handled))
	}
	return err
}

// inOrder returns an error unless the messages of each device were handled in the order
// in which they came.
func inOrder(accepted, handled []string) error {
	last := map[byte]int{} // by the digit that is the device
	for _, name := range handled {
		i := slices.Index(accepted, name)
		if i < last[name[0]] {
			return fmt.Errorf("%s was handled too late: %v", name, handled)
		}
		last[name[0]] = i
	}
	return nil
}
