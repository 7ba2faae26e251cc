package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/outbox"
	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/storetest"
)

// Whatever is enqueued, fails and hangs, however often replicas are stopped or die and
// the store is away for a while: each accepted request is delivered or dead in the end,
// none is under way twice at once, and without failures each is delivered once, those
// of a device in order.
func TestOutbox_model(t *testing.T) {
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
	replicas, held, perTarget int
	// fates are what becomes of attempts: a status, and how long the answer takes in
	// fifths of a second, 99 for one that hangs.
	fates []int
	steps []step
}

type step struct {
	name                    string
	replica, target, device int
	wait                    time.Duration
}

func drawPlay(rt *rapid.T) play {
	names := []string{"enqueue", "enqueue", "enqueue", "wait"}
	if rapid.Bool().Draw(rt, "failures") {
		names = append(names, "restart", "kill", "away", "late")
	}
	p := play{
		replicas: rapid.IntRange(1, 3).Draw(rt, "replicas"),
		held:     rapid.IntRange(1, 8).Draw(rt, "held"), perTarget: rapid.IntRange(1, 4).Draw(rt, "perTarget"),
		fates: rapid.SliceOfN(rapid.SampledFrom([]int{20000, 20001, 20010, 20030, 50000, 40005, 20099}), 1, 20).Draw(rt, "fates"),
	}
	p.steps = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{
			name: rapid.SampledFrom(names).Draw(t, "step"), replica: rapid.IntRange(0, p.replicas-1).Draw(t, "replica"),
			target: rapid.IntRange(0, 2).Draw(t, "target"), device: rapid.IntRange(1, 4).Draw(t, "device"),
			wait: time.Duration(rapid.IntRange(1, 9_000).Draw(t, "ms")) * time.Millisecond, // less than a third of a lease
		}
	}), 1, 60).Draw(rt, "steps")
	return p
}

// world is what replicas share, and what is known of the requests by their names.
type world struct {
	store   *store.Memory
	targets []*dispatch.Target
	fates   []int
	away    atomic.Bool // the store
	late    atomic.Bool // the store does what it is told, but does not say so

	mu        sync.Mutex
	accepted  []string
	want      map[string][]string // like arrived
	tries     int
	underWay  map[string]int
	twice     []string // were under way twice at once
	delivered map[string]int
	arrived   map[string][]string // names by target and device, in the order in which they came
}

// process is a replica that can be killed: then nothing leaves it any more.
type process struct {
	*world
	outbox *outbox.Outbox
	dead   atomic.Bool
	kill   context.CancelFunc
	ended  chan struct{}
}

var errDead = errors.New("the process is dead")

func (w *world) start(t *testing.T, o outbox.Options) *process {
	t.Helper()
	p := &process{world: w, ended: make(chan struct{})}
	o.Targets = func(id string) (*dispatch.Target, bool) {
		for _, one := range w.targets {
			if one.ID() == id {
				return one, true
			}
		}
		return nil, false
	}
	o.Store = &storetest.Faulty{Store: w.store, Before: p.before, After: p.after}
	var err error
	p.outbox, err = outbox.New(t.Context(), o)
	require.NoError(t, err)
	d, err := dispatch.New(dispatch.Options{
		Transport: p, Journal: p.outbox, DrainTimeout: 5 * time.Second, Batch: dispatch.BatchOptions{MaxLines: 3},
		Retry: &dispatch.RetryPolicy{Delays: []time.Duration{time.Second, 30 * time.Second}, MaxAge: time.Hour},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	p.kill = cancel
	go func() {
		defer close(p.ended)
		_ = p.outbox.Run(ctx, d)
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

// die ends all attempts, as far as anybody else can tell.
func (p *process) die() {
	p.dead.Store(true)
	p.stop()
}

var nameOf = regexp.MustCompile(`[0-9A-F]+\.[0-9]+`)

// RoundTrip implements http.RoundTripper: it is the receiver of all targets.
func (p *process) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.dead.Load() {
		return nil, errDead
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	text, err := url.QueryUnescape(string(body)) // that of a batch is a form
	if err != nil {
		return nil, err
	}
	names := nameOf.FindAllString(text, -1)
	fate := p.begin(r.URL.Host, names)
	defer p.end(names)
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-time.After(time.Duration(fate%100) * 200 * time.Millisecond):
	}
	if p.dead.Load() {
		return nil, errDead
	}
	if fate/100 == http.StatusOK {
		p.mu.Lock()
		for _, name := range names {
			p.delivered[name]++
		}
		p.mu.Unlock()
	}
	return &http.Response{StatusCode: fate / 100, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func (w *world) begin(host string, names []string) (fate int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range names {
		if w.underWay[name]++; w.underWay[name] > 1 {
			w.twice = append(w.twice, name)
		}
		device, _, _ := strings.Cut(name, ".")
		w.arrived[host+device] = append(w.arrived[host+device], name)
	}
	w.tries++
	return w.fates[w.tries%len(w.fates)]
}

func (w *world) end(names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range names {
		w.underWay[name]--
	}
}

// enqueue tells a replica of the n-th message.
func (p *process) enqueue(t *testing.T, to *dispatch.Target, device sigfox.DeviceID, n int) {
	t.Helper()
	m := callbacktest.Uplink()
	m.Device, m.SeqNumber = device, sigfox.Some(sigfox.SeqNumber(n))
	request, err := dispatch.NewRequest(to, m)
	require.NoError(t, err)
	if err := p.outbox.Enqueue(t.Context(), request); err != nil {
		return // it may have been stored or not
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	name := fmt.Sprintf("%v.%d", device, n)
	p.accepted = append(p.accepted, name)
	key := to.ID() + device.String()
	p.want[key] = append(p.want[key], name)
}

func (p *play) perform(t *testing.T) error {
	t.Helper()
	body := func(d *callback.Definition) { d.ContentType, d.BodyTemplate = "text/plain", "{device}.{seqNumber}" }
	w := &world{
		store: store.NewMemory(),
		targets: []*dispatch.Target{
			target(t, "a.example", body), target(t, "b.example", body),
			target(t, "c.example", func(d *callback.Definition) {
				d.Channel, d.LinePattern, d.URL = callback.ChannelBatchURL, "{device}.{seqNumber}", "https://c.example/?b={batch}"
				d.BodyTemplate, d.ContentType = "", ""
			}),
		},
		fates: p.fates, want: map[string][]string{}, underWay: map[string]int{}, delivered: map[string]int{}, arrived: map[string][]string{},
	}
	o := outbox.Options{Lease: 30 * time.Second, Held: p.held, HeldPerTarget: p.perTarget}
	replicas := make([]*process, p.replicas)
	for i := range replicas {
		replicas[i] = w.start(t, o)
	}
	perfect := true // nothing fails
	cut := func(b *atomic.Bool, d time.Duration) {
		b.Store(true)
		time.Sleep(d)
		b.Store(false)
		time.Sleep(o.Lease/3 + time.Second) // until the leases are extended, lest others take what is under way
	}
	for n, s := range p.steps {
		one := &replicas[s.replica]
		perfect = perfect && (s.name == "enqueue" || s.name == "wait")
		switch s.name {
		case "enqueue":
			(*one).enqueue(t, w.targets[s.target], sigfox.DeviceID(s.device), n)
		case "wait":
			time.Sleep(s.wait)
		case "restart":
			(*one).stop()
			*one = w.start(t, o)
		case "kill":
			(*one).die()
			*one = w.start(t, o)
		case "away":
			cut(&w.away, s.wait)
		case "late":
			cut(&w.late, s.wait)
		}
	}
	return w.finish(t, replicas, perfect)
}

// finish lets everything be sent, and looks at what became of it.
func (w *world) finish(t *testing.T, replicas []*process, perfect bool) error {
	t.Helper()
	w.mu.Lock()
	for _, fate := range w.fates {
		perfect = perfect && fate/100 == http.StatusOK && fate%100 < 99
	}
	w.mu.Unlock()
	time.Sleep(3 * time.Hour)
	dead := map[string]bool{}
	for d, err := range replicas[0].outbox.Dead(t.Context()) {
		require.NoError(t, err)
		dead[fmt.Sprintf("%v.%d", d.Delivery.Request.Subject.Device, d.Delivery.Request.Subject.SeqNumber.Or(0))] = true
	}
	waiting, _, err := replicas[0].outbox.Len(t.Context())
	require.NoError(t, err)
	for _, p := range replicas {
		p.stop()
		s := p.outbox.Stats()
		if s.Taken != s.Delivered+s.Dead+s.Returned+s.Lost || s.Held != 0 {
			err = errors.Join(err, fmt.Errorf("stats: %+v", s))
		}
	}
	if waiting > 0 || len(w.twice) > 0 {
		err = errors.Join(err, fmt.Errorf("%d waiting, under way twice at once: %v", waiting, w.twice))
	}
	for _, name := range w.accepted {
		n := w.delivered[name]
		if n == 0 && !dead[name] || perfect && n != 1 {
			err = errors.Join(err, fmt.Errorf("%s was delivered %d times", name, n))
		}
	}
	if diff := cmp.Diff(w.want, w.arrived); perfect && len(replicas) == 1 && diff != "" {
		err = errors.Join(err, errors.New("order: "+diff))
	}
	return err
}
