//go:build soak

package dispatch_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/outbox"
	"github.com/go-sigfox/sigfox/store"
)

var soakFor = flag.Duration("soak", 10*time.Minute, "how long TestSoak takes")

const (
	soakTargets  = 8
	soakRestarts = 3
	soakGap      = 2 * time.Millisecond // between messages
	soakHeap     = 8 << 20              // what may be left over, in bytes
)

// TestSoak sends messages to receivers that fail in all ways, has targets disabled
// and queues discarded by chance, and the dispatcher restarted. Each message that was
// accepted has reached its receiver, by the receiver's own count, or was dropped; and
// nothing is left over.
//
//	go test -tags soak -run TestSoak -soak 10m ./callback/dispatch
func TestSoak(t *testing.T) {
	goroutines, heap := resources()
	t.Run("dispatcher", func(t *testing.T) { soak(t, *soakFor/2, &plainService{}) })
	t.Run("outbox", func(t *testing.T) { soak(t, *soakFor/2, &outboxService{}) })
	left, after := resources()
	for range 100 { // connections close in their own time
		if left <= goroutines {
			break
		}
		pause(t.Context(), 100*time.Millisecond)
		left, after = resources()
	}
	t.Logf("%d goroutines before, %d after; heap %d KiB before, %d KiB after", goroutines, left, heap>>10, after>>10)
	require.LessOrEqual(t, left, goroutines)
	require.Less(t, after, heap+soakHeap)
}

func resources() (goroutines int, heap uint64) {
	runtime.GC()
	runtime.GC() // what finalizers have freed
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return runtime.NumGoroutine(), m.HeapAlloc
}

// service is what is soaked: something that accepts requests and sends them by one
// dispatcher after the other.
type service interface {
	start(t *testing.T, targets map[string]*dispatch.Target)
	enqueue(ctx context.Context, r dispatch.Request) error
	// run sends until ctx ends.
	run(ctx context.Context, t *testing.T, d *dispatch.Dispatcher)
	// journal is that of the dispatchers.
	journal() dispatch.Journal
	// waiting is how many requests are not settled.
	waiting(ctx context.Context, t *testing.T) int
}

// soaking is one run of the test.
type soaking struct {
	service
	ledger    *ledger
	receivers []*unreliable
	targets   map[string]*dispatch.Target
	current   atomic.Pointer[dispatch.Dispatcher]

	mu        sync.Mutex
	accepted  map[string]bool
	dropped   map[string]bool
	delivered map[string]bool // as the dispatcher has it
	refused   int
	attempts  int
}

func soak(t *testing.T, d time.Duration, s service) {
	t.Helper()
	x := &soaking{
		service: s, ledger: newLedger(), targets: make(map[string]*dispatch.Target),
		accepted: make(map[string]bool), dropped: make(map[string]bool), delivered: make(map[string]bool),
	}
	for i := range soakTargets {
		u := newUnreliable(t, x.ledger)
		x.receivers = append(x.receivers, u)
		id := fmt.Sprint("t", i)
		x.targets[id] = newTarget(t, dispatch.TargetOptions{ID: id, Definition: callback.Definition{
			Method: http.MethodPost, URL: "http://" + u.address, ContentType: "application/json",
			BodyTemplate: `{"device":"{device}","seqNumber":{seqNumber}}`,
		}})
	}
	s.start(t, x.targets)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var sending sync.WaitGroup
	sending.Go(func() { x.sendOn(ctx, t, d/(soakRestarts+1)) })
	x.trouble(t, d)
	for _, u := range x.receivers {
		u.healed.Store(true)
	}
	require.Eventually(t, func() bool { return s.waiting(ctx, t) == 0 }, 2*time.Minute, 20*time.Millisecond)
	cancel()
	sending.Wait()
	x.verify(t)
}

// trouble enqueues messages and lets everything go wrong meanwhile.
func (x *soaking) trouble(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var group sync.WaitGroup
	group.Go(func() { x.produce(ctx, t) })
	group.Go(func() { x.operate(ctx) })
	for _, u := range x.receivers {
		group.Go(func() {
			for ctx.Err() == nil {
				pause(ctx, rand.N(5*time.Second))
				if !assertNoError(t, u.restart(ctx)) {
					return
				}
			}
		})
	}
	group.Wait()
}

func assertNoError(t *testing.T, err error) bool {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
	return err == nil
}

func (x *soaking) produce(ctx context.Context, t *testing.T) {
	t.Helper()
	for n := 0; ctx.Err() == nil; n++ {
		target := x.targets[fmt.Sprint("t", rand.IntN(soakTargets))]
		r := request(t, target, sigfox.DeviceID(rand.Uint32N(500)), sigfox.SeqNumber(n%4096))
		x.mu.Lock()
		x.accepted[r.ID] = true // it may be dropped before Enqueue returns
		x.mu.Unlock()
		if err := x.enqueue(ctx, r); err != nil {
			x.mu.Lock()
			delete(x.accepted, r.ID)
			delete(x.dropped, r.ID)
			x.refused++
			x.mu.Unlock()
		}
		pause(ctx, soakGap)
	}
}

// operate does what operators do.
func (x *soaking) operate(ctx context.Context) {
	for ctx.Err() == nil {
		pause(ctx, rand.N(time.Second))
		id, d := fmt.Sprint("t", rand.IntN(soakTargets)), x.current.Load()
		if d == nil {
			continue
		}
		if rand.IntN(4) == 0 {
			d.Discard(id)
			continue
		}
		d.Disable(id)
		pause(ctx, rand.N(50*time.Millisecond))
		d.Enable(id)
	}
}

// sendOn sends by one dispatcher after the other.
func (x *soaking) sendOn(ctx context.Context, t *testing.T, each time.Duration) {
	t.Helper()
	for i := 0; ctx.Err() == nil; i++ {
		d, err := dispatch.New(x.options())
		if !assertNoError(t, err) {
			return
		}
		x.current.Store(d)
		run, stop := context.WithCancelCause(ctx)
		if i < soakRestarts {
			timer := time.AfterFunc(each, func() { stop(errStop) })
			defer timer.Stop()
		}
		x.run(run, t, d)
		stop(nil)
	}
}

func (x *soaking) options() dispatch.Options {
	return dispatch.Options{
		AllowPrefixes: loopback(), IDHeader: idHeader, Timeout: 300 * time.Millisecond, DrainTimeout: 100 * time.Millisecond,
		QueueSize: 500, Journal: x.journal(),
		Retry: &dispatch.RetryPolicy{
			Delays: []time.Duration{
				10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond,
			},
			Jitter: 0.5, MaxRetryAfter: 200 * time.Millisecond, MaxAge: 30 * time.Second,
		},
		Breaker: dispatch.BreakerOptions{Window: time.Second, MinRequests: 10, FailureRatio: 0.6, Pause: 100 * time.Millisecond},
		Hooks: dispatch.Hooks{
			OnAttempt: func(_ context.Context, a dispatch.AttemptEnd) {
				x.mu.Lock()
				defer x.mu.Unlock()
				x.attempts++
				if a.Attempt.OK() {
					x.delivered[a.ID] = true
				}
			},
			OnDrop: func(d dispatch.Drop) {
				x.mu.Lock()
				defer x.mu.Unlock()
				x.dropped[d.Request.ID] = true
			},
		},
	}
}

// verify compares what the dispatchers have said with what the receivers have counted.
func (x *soaking) verify(t *testing.T) {
	t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ledger.mu.Lock()
	defer x.ledger.mu.Unlock()
	var faults int64
	for _, u := range x.receivers {
		faults += u.faults.Load()
	}
	again := 0
	for _, n := range x.ledger.taken {
		again += n - 1
	}
	t.Logf("%d accepted, %d refused, %d attempts, %d delivered, %d dropped; receivers took %d, %d of them more than once, and failed %d times",
		len(x.accepted), x.refused, x.attempts, len(x.delivered), len(x.dropped), len(x.ledger.taken), again, faults)
	for id := range x.accepted {
		require.True(t, x.ledger.taken[id] > 0 || x.dropped[id], "%s is lost", id)
		require.True(t, x.delivered[id] || x.dropped[id], "%s is neither delivered nor dropped", id)
	}
	for id := range x.delivered {
		require.Positive(t, x.ledger.taken[id], "%s was not delivered", id)
	}
	for id := range x.ledger.bodies {
		require.True(t, x.accepted[id], "%s was never accepted", id)
	}
	require.Empty(t, x.ledger.other, "sent again, and not the same")
	require.Greater(t, len(x.delivered), len(x.accepted)/2, "it is to be a test of delivery")
	require.NotEmpty(t, x.dropped)
}

// plainService gives what was not delivered to the next dispatcher.
type plainService struct {
	current atomic.Pointer[dispatch.Dispatcher]
	left    atomic.Int64
	stopped []dispatch.Delivery
}

func (*plainService) start(*testing.T, map[string]*dispatch.Target) {}

func (*plainService) journal() dispatch.Journal { return nil }

func (s *plainService) enqueue(ctx context.Context, r dispatch.Request) error {
	d := s.current.Load()
	if d == nil {
		return dispatch.ErrStopped
	}
	return d.Enqueue(ctx, r)
}

func (s *plainService) run(ctx context.Context, t *testing.T, d *dispatch.Dispatcher) {
	t.Helper()
	assertNoError(t, d.Restore(ctx, s.stopped))
	s.current.Store(d)
	s.left.Store(0)
	err := d.Run(ctx)
	s.stopped = nil
	if left, ok := errors.AsType[*dispatch.DrainError](err); ok {
		s.stopped = left.Deliveries
		s.left.Store(int64(len(left.Deliveries)))
	}
	requireBalance(t, d)
}

func (s *plainService) waiting(context.Context, *testing.T) int {
	d := s.current.Load()
	if d == nil {
		return 1
	}
	return int(d.Stats().Pending + s.left.Load())
}

// outboxService keeps requests in a store.
type outboxService struct{ out *outbox.Outbox }

func (s *outboxService) start(t *testing.T, targets map[string]*dispatch.Target) {
	t.Helper()
	var err error
	s.out, err = outbox.New(t.Context(), outbox.Options{
		Store: store.NewMemory(), Lease: 5 * time.Second, DiscardDead: true,
		Targets: func(id string) (*dispatch.Target, bool) { target, ok := targets[id]; return target, ok },
		OnError: func(err error) { t.Error(err) },
	})
	require.NoError(t, err)
}

func (s *outboxService) journal() dispatch.Journal { return s.out }

func (s *outboxService) enqueue(ctx context.Context, r dispatch.Request) error {
	return s.out.Enqueue(ctx, r)
}

func (s *outboxService) run(ctx context.Context, _ *testing.T, d *dispatch.Dispatcher) {
	_ = s.out.Run(ctx, d)
}

func (s *outboxService) waiting(ctx context.Context, t *testing.T) int {
	t.Helper()
	n, _, err := s.out.Len(ctx)
	assertNoError(t, err)
	return n
}
