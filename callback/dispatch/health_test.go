package dispatch_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// events are changes of health in words.
type events []string

func (e *events) add(h dispatch.Health) {
	*e = append(*e, fmt.Sprint(h.Target, " ", h.State, " ", h.Reason))
}

// A target that fails is paused; one request at a time then finds out whether it is
// back, and once it is, everything that waited is sent, without an attempt lost.
func TestBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told events
		back := 5 * time.Minute
		s := newServer(func(_ int, c call, _ *http.Request) (*http.Response, error) {
			if c.At < back {
				return response(502, ""), nil
			}
			return response(200, ""), nil
		})
		d := newDispatcher(t, dispatch.Options{
			Transport: s,
			Retry:     &dispatch.RetryPolicy{Delays: []time.Duration{10 * time.Minute}, MaxAge: time.Hour},
			Breaker:   dispatch.BreakerOptions{MinRequests: 5, FailureRatio: 0.5, Pause: 2 * time.Minute},
			Hooks:     dispatch.Hooks{OnHealth: told.add},
		})
		stop := run(t, d)
		start := time.Now()
		target := newTarget(t, dispatch.TargetOptions{ID: "a", Concurrency: 1})
		for i := range 20 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, target, sigfox.DeviceID(i), 1)))
		}
		sleep(time.Minute)
		require.Len(t, s.seen(), 5)
		h, ok := d.Health("a")
		require.True(t, ok)
		require.Equal(t, dispatch.Health{
			Target: "a", State: dispatch.Paused, Since: start, Reason: dispatch.ReasonStatus,
			Error: "status 502 Bad Gateway", Pending: 20,
		}, h)
		require.True(t, h.Dead())
		sleep(time.Hour)

		var want []time.Duration
		for range 5 {
			want = append(want, 0)
		}
		want = append(want, 2*time.Minute, 4*time.Minute) // probes that fail
		for range 13 {
			want = append(want, 6*time.Minute)
		}
		for range 5 {
			want = append(want, 10*time.Minute)
		}
		want = append(want, 12*time.Minute, 14*time.Minute)
		require.Equal(t, want, s.instants())
		require.Equal(t, events{"a degraded status", "a paused status", "a healthy "}, told)
		require.EqualValues(t, 20, d.Stats().Delivered)
		require.Equal(t, errStop, stop())
		requireBalance(t, d)
	})
}

// What becomes too old while its target is paused is dropped then, not later.
func TestBreaker_maxAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		drops := map[time.Duration]int{}
		start := time.Now()
		d := newDispatcher(t, dispatch.Options{
			Transport: newServer(always(500)),
			Retry:     &dispatch.RetryPolicy{Delays: []time.Duration{time.Second}, MaxAge: 90 * time.Second},
			Breaker:   dispatch.BreakerOptions{MinRequests: 1, Pause: time.Hour},
			Hooks: dispatch.Hooks{OnDrop: func(x dispatch.Drop) {
				require.Equal(t, dispatch.DropExpired, x.Cause)
				mu.Lock()
				defer mu.Unlock()
				drops[x.At.Sub(start).Truncate(time.Second)]++
			}},
		})
		stop := run(t, d)
		for i := range 10 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), sigfox.DeviceID(i), 1)))
			time.Sleep(10 * time.Second)
		}
		sleep(2 * time.Minute)
		require.Equal(t, map[time.Duration]int{
			90e9: 1, 100e9: 1, 110e9: 1, 120e9: 1, 130e9: 1, 140e9: 1, 150e9: 1, 160e9: 1, 170e9: 1, 180e9: 1,
		}, drops)
		require.Equal(t, errStop, stop())
		requireBalance(t, d)
	})
}

// A 4xx shows that the endpoint is alive, whereas a 5xx, 408, 429, or no answer does
// not; what the sender is to blame for shows nothing.
func TestBreaker_evidence(t *testing.T) {
	t.Parallel()
	status := func(n int) answerFunc { return always(n) }
	for name, tt := range map[string]struct {
		answer answerFunc
		want   dispatch.State
	}{
		"400":        {status(400), dispatch.Degraded},
		"404":        {status(404), dispatch.Degraded},
		"redirect":   {status(302), dispatch.Degraded},
		"408":        {status(408), dispatch.Paused},
		"429":        {status(429), dispatch.Paused},
		"500":        {status(500), dispatch.Paused},
		"503":        {status(503), dispatch.Paused},
		"timeout":    {hang, dispatch.Paused},
		"no network": {func(int, call, *http.Request) (*http.Response, error) { return nil, errors.New("reset") }, dispatch.Paused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDispatcher(t, dispatch.Options{
					Transport: newServer(tt.answer), Breaker: dispatch.BreakerOptions{MinRequests: 4},
				})
				stop := run(t, d)
				for i := range 4 {
					require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), sigfox.DeviceID(i), 1)))
				}
				sleep(50 * time.Second)
				h, _ := d.Health("a")
				require.Equal(t, tt.want, h.State)
				require.ErrorIs(t, stop(), errStop)
			})
		})
	}
}

func TestBreaker_off(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(500))
		d := newDispatcher(t, dispatch.Options{
			Transport: s, Breaker: dispatch.BreakerOptions{Off: true}, Retry: &dispatch.RetryPolicy{},
		})
		stop := run(t, d)
		for i := range 100 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), sigfox.DeviceID(i), 1)))
		}
		synctest.Wait()
		require.Len(t, s.seen(), 100)
		h, _ := d.Health("a")
		require.Equal(t, dispatch.Degraded, h.State)
		require.Equal(t, errStop, stop())
	})
}

// Failures that are older than the window do not count.
func TestBreaker_window(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(500))
		d := newDispatcher(t, dispatch.Options{
			Transport: s, Breaker: dispatch.BreakerOptions{MinRequests: 5}, Retry: &dispatch.RetryPolicy{},
		})
		stop := run(t, d)
		for i := range 20 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, sigfox.SeqNumber(i))))
			sleep(90 * time.Second)
		}
		require.Len(t, s.seen(), 20)
		require.Equal(t, errStop, stop())
	})
}

func TestEnable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told events
		var drops []dispatch.DropCause
		gone := true
		s := newServer(func(int, call, *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			if gone {
				return response(410, ""), nil
			}
			return response(200, ""), nil
		})
		p := dispatch.StandardWebhooks()
		d := newDispatcher(t, dispatch.Options{
			Transport: s, Retry: &p, Concurrency: 1,
			Hooks: dispatch.Hooks{
				OnHealth: told.add, OnDrop: func(x dispatch.Drop) { drops = append(drops, x.Cause) },
			},
		})
		stop := run(t, d)
		put := func(i int) error {
			return d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, sigfox.SeqNumber(i)))
		}
		for i := range 3 {
			require.NoError(t, put(i))
		}
		sleep(time.Minute)
		require.Len(t, s.seen(), 1)
		require.Equal(t, []dispatch.DropCause{dispatch.DropFinal, dispatch.DropDisabled, dispatch.DropDisabled}, drops)
		require.ErrorIs(t, put(3), dispatch.ErrDisabled)
		require.Equal(t, dispatch.DropDisabled, drops[3])
		sleep(time.Hour)
		gone = false
		d.Enable("a")
		require.NoError(t, put(4))
		sleep(time.Minute)
		require.Len(t, s.seen(), 2)
		require.Equal(t, events{"a disabled status", "a healthy "}, told)
		d.Enable("never heard of")
		require.Equal(t, errStop, stop())
		requireBalance(t, d)
	})
}

// Enable ends a pause.
func TestEnable_paused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told events
		s := newServer(func(n int, _ call, _ *http.Request) (*http.Response, error) {
			if n == 1 {
				return response(500, ""), nil
			}
			return response(200, ""), nil
		})
		d := newDispatcher(t, dispatch.Options{
			Transport: s, Hooks: dispatch.Hooks{OnHealth: told.add},
			Breaker: dispatch.BreakerOptions{MinRequests: 1, Pause: time.Hour},
		})
		stop := run(t, d)
		require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, 1)))
		sleep(2 * time.Minute)
		require.Len(t, s.seen(), 1)
		d.Enable("a")
		synctest.Wait()
		require.Equal(t, []time.Duration{0, 2 * time.Minute}, s.instants())
		require.Equal(t, events{"a paused status", "a healthy "}, told)
		require.Equal(t, errStop, stop())
	})
}

// Disable drops what waits, and what is under way if it fails.
func TestDisable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(after(5*time.Second, 500))
		d := newDispatcher(t, dispatch.Options{Transport: s, Concurrency: 1})
		stop := run(t, d)
		for i := range 3 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, sigfox.SeqNumber(i))))
		}
		sleep(7 * time.Second) // one waits for its second attempt, one is under way, one waits for its first
		d.Disable("a")
		d.Disable("b")
		require.EqualValues(t, 2, d.Stats().Dropped[dispatch.DropDisabled])
		sleep(time.Hour)
		require.EqualValues(t, 3, d.Stats().Dropped[dispatch.DropDisabled])
		require.Len(t, s.seen(), 2)
		var all []string
		for h := range d.AllHealth() {
			all = append(all, fmt.Sprint(h.Target, " ", h.State))
		}
		require.Equal(t, []string{"a disabled", "b disabled"}, all)
		for range d.AllHealth() {
			break
		}
		require.ErrorIs(t, d.Enqueue(t.Context(), request(t, plain(t, "b"), 1, 1)), dispatch.ErrDisabled)
		require.Equal(t, errStop, stop())
		requireBalance(t, d)
	})
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var dropped []int
		s := newServer(func(n int, _ call, r *http.Request) (*http.Response, error) {
			if n == 1 {
				return response(500, ""), nil
			}
			return hang(n, call{}, r)
		})
		d := newDispatcher(t, dispatch.Options{
			Transport: s, Concurrency: 1, Retry: &dispatch.RetryPolicy{Delays: []time.Duration{time.Minute}},
			Hooks: dispatch.Hooks{OnDrop: func(x dispatch.Drop) {
				require.Equal(t, dispatch.DropDiscarded, x.Cause)
				seq, _ := x.Request.Subject.SeqNumber.Get()
				dropped = append(dropped, int(seq))
			}},
		})
		stop := run(t, d)
		for i := range 5 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, sigfox.SeqNumber(i))))
		}
		require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "b"), 1, 1)))
		synctest.Wait()
		require.Equal(t, 4, d.Discard("a"), "all but the one that is under way")
		require.Zero(t, d.Discard("a"))
		require.Zero(t, d.Discard("c"))
		slices.Sort(dropped)
		require.Equal(t, []int{0, 2, 3, 4}, dropped)
		requireBalance(t, d)
		_, ok := d.Health("c")
		require.False(t, ok)
		require.ErrorIs(t, stop(), errStop)
		requireBalance(t, d)
	})
}
