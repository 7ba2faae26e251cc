package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// Whatever is enqueued, fails, hangs, is disabled and goes by: each accepted request is
// delivered, dropped or handed back, once; what is delivered was received; and the
// first attempts for the messages of a device are in their order.
func TestDispatcher_model(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) { playModel(t, rt) })
	})
}

// model is what the outside sees of the requests, by their names.
type model struct {
	accepted []string

	mu        sync.Mutex
	delivered map[string]int // attempts that succeeded
	ended     map[string]int // drops and requests handed back
	first     map[string][]int
	seen      map[string]bool
}

func playModel(t *testing.T, rt *rapid.T) {
	t.Helper()
	m := &model{
		delivered: map[string]int{}, ended: map[string]int{}, first: map[string][]int{}, seen: map[string]bool{},
	}
	fates := rapid.SliceOfN(rapid.SampledFrom([]int{200, 200, 500, 404, 0, 1}), 1, 40).Draw(rt, "fates")
	s := newServer(func(n int, _ call, r *http.Request) (*http.Response, error) {
		switch fate := fates[n%len(fates)]; fate {
		case 0:
			return hang(0, call{}, r)
		case 1:
			time.Sleep(time.Second)
			return nil, errors.New("reset")
		default:
			time.Sleep(time.Duration(fate) * time.Millisecond)
			return response(fate, ""), nil
		}
	})
	d := newDispatcher(t, dispatch.Options{
		Transport: s, QueueSize: 20, MaxPending: 30,
		Concurrency: rapid.IntRange(1, 5).Draw(rt, "concurrency"),
		Rate:        rapid.SampledFrom([]float64{0, 0.5, 20}).Draw(rt, "rate"),
		Batch:       dispatch.BatchOptions{MaxLines: 3},
		Retry: &dispatch.RetryPolicy{
			Delays: []time.Duration{time.Second, 30 * time.Second}, Jitter: 0.5, MaxAge: 2 * time.Minute,
		},
		Breaker: dispatch.BreakerOptions{MinRequests: 3, Pause: 20 * time.Second},
		Hooks: dispatch.Hooks{
			OnAttempt: m.onAttempt,
			OnDrop:    func(x dispatch.Drop) { m.end(x.Request) },
		},
	})
	targets := []*dispatch.Target{plain(t, "a"), plain(t, "b"), batchTarget(t, "c")}
	next := map[string]int{}
	stop := run(t, d)
	enqueue := func(rt *rapid.T) {
		target := rapid.SampledFrom(targets).Draw(rt, "target")
		device := rapid.IntRange(0, 5).Draw(rt, "device")
		of := fmt.Sprint(target.ID(), device)
		next[of]++
		r := request(t, target, sigfox.DeviceID(device), sigfox.SeqNumber(next[of]))
		r.ID = fmt.Sprint(of, " ", next[of])
		if err := d.Enqueue(t.Context(), r); err != nil {
			m.mu.Lock()
			defer m.mu.Unlock()
			require.Equal(t, 1, m.ended[r.ID], "OnDrop is told of what is refused")
			delete(m.ended, r.ID)
			return
		}
		m.accepted = append(m.accepted, r.ID)
	}
	rt.Repeat(map[string]func(*rapid.T){
		"enqueue":       enqueue,
		"enqueue more":  enqueue,
		"time goes by":  func(rt *rapid.T) { sleep(time.Duration(rapid.IntRange(0, 40_000).Draw(rt, "ms")) * time.Millisecond) },
		"discard":       func(*rapid.T) { d.Discard("a") },
		"disable":       func(*rapid.T) { d.Disable("b") },
		"enable":        func(*rapid.T) { d.Enable("b") },
		"":              func(*rapid.T) { requireBalance(t, d) },
		"enable paused": func(*rapid.T) { d.Enable("a") },
	})
	if rapid.Bool().Draw(rt, "let it come to rest") {
		sleep(time.Hour)
		require.Zero(t, d.Stats().Pending)
	}
	if e, ok := errors.AsType[*dispatch.DrainError](stop()); ok {
		for _, x := range e.Deliveries {
			m.end(x.Request)
		}
	}
	m.check(t)
	requireBalance(t, d)
	require.EqualValues(t, len(m.accepted), d.Stats().Accepted)
	require.Zero(t, d.Stats().Pending)
	require.Zero(t, d.Stats().InFlight)
}

func (m *model) onAttempt(_ context.Context, a dispatch.AttemptEnd) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range a.Requests {
		if a.Attempt.OK() {
			m.delivered[r.ID]++
		}
		if !m.seen[r.ID] {
			m.seen[r.ID] = true
			of, _, _ := strings.Cut(r.ID, " ")
			seq, _ := r.Subject.SeqNumber.Get()
			m.first[of] = append(m.first[of], int(seq))
		}
	}
}

func (m *model) end(r dispatch.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended[r.ID]++
}

func (m *model) check(t *testing.T) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range m.accepted {
		require.Equal(t, 1, m.delivered[id]+m.ended[id], "%s: delivered %d times, ended %d times", id, m.delivered[id], m.ended[id])
		delete(m.delivered, id)
		delete(m.ended, id)
	}
	require.Empty(t, m.delivered)
	require.Empty(t, m.ended)
	for of, order := range m.first {
		require.IsIncreasing(t, order, of)
	}
}
