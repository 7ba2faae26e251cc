package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

func TestEnqueue_beforeRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(200))
		d := newDispatcher(t, dispatch.Options{Transport: s})
		for i := range 10 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, sigfox.SeqNumber(i))))
		}
		sleep(time.Minute)
		require.Empty(t, s.seen())
		stop := run(t, d)
		synctest.Wait()
		require.Len(t, s.seen(), 10)
		require.ErrorIs(t, d.Run(t.Context()), dispatch.ErrRunning)
		require.Equal(t, errStop, stop())
		require.ErrorIs(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, 1)), dispatch.ErrStopped)
		require.ErrorIs(t, d.Run(t.Context()), dispatch.ErrRunning)
		requireBalance(t, d)
	})
}

// Messages of one device are never under way together and arrive in order, while
// those of others are not held up.
func TestRun_order(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		flying := map[string]bool{}
		most := 0
		s := newServer(func(n int, c call, _ *http.Request) (*http.Response, error) {
			device := c.Path[:2]
			mu.Lock()
			if flying[device] {
				t.Errorf("two of device %s at once", device)
			}
			flying[device] = true
			most = max(most, len(flying))
			mu.Unlock()
			time.Sleep(time.Duration(1+n%7) * time.Millisecond)
			mu.Lock()
			delete(flying, device)
			mu.Unlock()
			return response(200, ""), nil
		})
		d := newDispatcher(t, dispatch.Options{Transport: s, Concurrency: 3})
		target := plain(t, "a")
		stop := run(t, d)
		for seq := range 50 {
			for device := range 8 {
				r := request(t, target, sigfox.DeviceID(device), sigfox.SeqNumber(seq))
				require.NoError(t, d.Enqueue(t.Context(), r))
			}
		}
		sleep(time.Minute)
		next := map[byte]int{}
		for _, c := range s.seen() {
			device := c.Path[1]
			require.Equal(t, fmt.Sprintf("/%c/%d", device, next[device]), c.Path)
			next[device]++
		}
		require.Len(t, s.seen(), 400)
		require.Equal(t, 3, most)
		require.Equal(t, errStop, stop())
	})
}

// One hung target delays nobody: the others are sent to at the very instants at
// which they are sent to without it.
func TestRun_isolation(t *testing.T) {
	t.Parallel()
	with, without := make(map[string]int), make(map[string]int)
	synctest.Test(t, func(t *testing.T) { playHundred(t, hang, with) })
	synctest.Test(t, func(t *testing.T) { playHundred(t, always(200), without) })
	require.Greater(t, len(without), 99*20)
	require.Equal(t, without, with)
}

// playHundred sends to a hundred targets, the first of which answers so, and counts
// the requests to each of the others by their instants.
func playHundred(t *testing.T, first answerFunc, others map[string]int) {
	t.Helper()
	s := newServer(func(n int, c call, r *http.Request) (*http.Response, error) {
		if c.Target == "t0" {
			return first(n, c, r)
		}
		time.Sleep(time.Duration(len(c.Path)) * time.Millisecond)
		if c.Path[:2] == "/3" && c.At < time.Minute {
			return response(500, ""), nil
		}
		return response(200, ""), nil
	})
	d := newDispatcher(t, dispatch.Options{Transport: s})
	stop := run(t, d)
	for seq := range 5 {
		for n := range 100 {
			target := plain(t, fmt.Sprintf("t%d", n))
			for device := range 4 {
				r := request(t, target, sigfox.DeviceID(device), sigfox.SeqNumber(seq))
				require.NoError(t, d.Enqueue(t.Context(), r))
			}
		}
		time.Sleep(time.Second)
	}
	sleep(time.Hour)
	require.Equal(t, errStop, stop())
	for _, c := range s.seen() {
		if c.Target != "t0" {
			others[fmt.Sprint(c.At, c.Target, c.Path)]++
		}
	}
}

// What waits for a hung target is bounded, however much there is.
func TestEnqueue_million(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(hang)
		d := newDispatcher(t, dispatch.Options{Transport: s})
		stop := run(t, d)
		r := request(t, plain(t, "a"), 1, 1)
		full := 0
		for range 1_000_000 {
			r.Subject.Device++
			if err := d.Enqueue(t.Context(), r); err != nil {
				require.ErrorIs(t, err, dispatch.ErrQueueFull)
				full++
			}
		}
		synctest.Wait()
		require.Equal(t, 990_000, full)
		stats := d.Stats()
		require.EqualValues(t, 10_000, stats.Pending)
		require.EqualValues(t, 990_000, stats.Refused)
		require.EqualValues(t, 4, stats.InFlight)
		err := stop()
		require.ErrorIs(t, err, errStop)
		left, ok := errors.AsType[*dispatch.DrainError](err)
		require.True(t, ok)
		require.Len(t, left.Deliveries, 10_000)
		requireBalance(t, d)
	})
}

func TestEnqueue_limits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var drops []dispatch.Drop
		d := newDispatcher(t, dispatch.Options{
			Transport: newServer(always(200)), QueueSize: 2, MaxPending: 6,
			Hooks: dispatch.Hooks{OnDrop: func(x dispatch.Drop) { drops = append(drops, x) }},
		})
		larger := newTarget(t, dispatch.TargetOptions{ID: "larger", QueueSize: 5})
		for i := range 2 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, sigfox.SeqNumber(i))))
		}
		third := request(t, plain(t, "a"), 1, 3)
		require.ErrorIs(t, d.Enqueue(t.Context(), third), dispatch.ErrQueueFull)
		require.Len(t, drops, 1)
		require.Equal(t, dispatch.DropQueueFull, drops[0].Cause)
		require.Equal(t, third.ID, drops[0].Request.ID)
		require.Empty(t, drops[0].Attempts)
		for i := range 4 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, larger, 1, sigfox.SeqNumber(i))))
		}
		require.ErrorIs(t, d.Enqueue(t.Context(), request(t, larger, 1, 9)), dispatch.ErrQueueFull, "of all targets")

		stop := run(t, d)
		synctest.Wait()
		require.NoError(t, d.Enqueue(t.Context(), request(t, larger, 1, 9)), "there is room again")
		synctest.Wait()
		require.Equal(t, errStop, stop())
		require.EqualValues(t, 2, d.Stats().Refused)
		requireBalance(t, d)
	})
}

// However many targets hang, those that keep up are accepted.
func TestEnqueue_manyHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(n int, c call, r *http.Request) (*http.Response, error) {
			if c.Target == "good" {
				return response(200, ""), nil
			}
			return hang(n, c, r)
		})
		d := newDispatcher(t, dispatch.Options{Transport: s, QueueSize: 50, MaxPending: 100, Concurrency: 2})
		stop := run(t, d)
		accepted := 0
		for i := range 200 {
			err := d.Enqueue(t.Context(), request(t, plain(t, fmt.Sprint("hung", i%3)), sigfox.DeviceID(i), 1))
			if err == nil {
				accepted++
			} else {
				require.ErrorIs(t, err, dispatch.ErrQueueFull)
			}
		}
		require.Equal(t, 90, accepted)
		for i := range 30 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "good"), sigfox.DeviceID(i), 1)))
			synctest.Wait()
		}
		require.EqualValues(t, 30, d.Stats().Delivered)

		// What is kept is not unlimited either.
		for i := range 20 {
			err := d.Enqueue(t.Context(), request(t, plain(t, fmt.Sprint("more", i/5)), sigfox.DeviceID(i), 1))
			require.Equal(t, i >= 10, errors.Is(err, dispatch.ErrQueueFull), i)
		}
		_ = stop()
		requireBalance(t, d)
	})
}

// When Run ends, attempts under way may end, and all the rest is given back.
func TestRun_drain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(n int, c call, r *http.Request) (*http.Response, error) {
			switch c.Target {
			case "slow":
				return after(8*time.Second, 200)(n, c, r)
			case "slowly-failing":
				return after(8*time.Second, 500)(n, c, r)
			case "hung", "batch-hung":
				return hang(n, c, r)
			}
			return response(503, ""), nil
		})
		d := newDispatcher(t, dispatch.Options{Transport: s, Timeout: time.Minute})
		stop := run(t, d)
		put := func(target *dispatch.Target, seq sigfox.SeqNumber) {
			require.NoError(t, d.Enqueue(t.Context(), request(t, target, 1, seq)))
		}
		put(plain(t, "retrying"), 1)
		put(batchTarget(t, "batch-hung"), 2)
		time.Sleep(10 * time.Second)
		put(plain(t, "slow"), 3) // delivered within DrainTimeout
		put(plain(t, "slow"), 4) // waits behind
		put(plain(t, "slowly-failing"), 5)
		put(plain(t, "hung"), 6)
		put(batchTarget(t, "batch"), 7) // still being collected
		synctest.Wait()
		start := time.Now()
		err := stop()
		require.Equal(t, 10*time.Second, time.Since(start))
		require.ErrorIs(t, err, errStop)
		e, ok := errors.AsType[*dispatch.DrainError](err)
		require.True(t, ok)
		require.EqualError(t, e, "dispatch: 6 requests not delivered at the end of Run")

		got := map[sigfox.SeqNumber][]dispatch.Reason{}
		for _, x := range e.Deliveries {
			var reasons []dispatch.Reason
			for _, a := range x.Attempts {
				reasons = append(reasons, a.Reason)
			}
			got[x.Request.Subject.SeqNumber.Or(0)] = reasons
			require.Equal(t, len(x.Attempts) > 0 && x.Request.Line != nil, x.Batch != "")
		}
		require.Equal(t, map[sigfox.SeqNumber][]dispatch.Reason{
			1: {dispatch.ReasonStatus},
			2: {dispatch.ReasonCanceled},
			4: nil,
			5: {dispatch.ReasonStatus},
			6: {dispatch.ReasonCanceled},
			7: nil,
		}, got)
		for _, x := range e.Deliveries {
			switch len(x.Attempts) {
			case 0:
				require.Zero(t, x.Due)
			default:
				require.NotZero(t, x.Due)
			}
		}
		requireBalance(t, d)
		require.Zero(t, d.Stats().Pending)
		require.EqualValues(t, 1, d.Stats().Delivered)
		require.EqualValues(t, 6, d.Stats().Returned)
	})
}

// The last attempt that fails while Run ends was the last.
func TestRun_drainLastAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(after(5*time.Second, 500))
		d := newDispatcher(t, dispatch.Options{Transport: s, Retry: &dispatch.RetryPolicy{}})
		stop := run(t, d)
		require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, 1)))
		synctest.Wait()
		require.Equal(t, errStop, stop())
		require.EqualValues(t, 1, d.Stats().Dropped[dispatch.DropAttempts])
	})
}

func TestRun_rate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(200))
		d := newDispatcher(t, dispatch.Options{Transport: s, Rate: 10, Burst: 5})
		stop := run(t, d)
		own := newTarget(t, dispatch.TargetOptions{ID: "own", Rate: 0.5})
		for i := range 100 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), sigfox.DeviceID(i), 1)))
		}
		for i := range 5 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, own, sigfox.DeviceID(i), 1)))
		}
		sleep(20 * time.Second)
		at := map[string][]time.Duration{}
		for _, c := range s.seen() {
			at[c.Target] = append(at[c.Target], c.At)
		}
		var want []time.Duration
		for i := range 100 {
			want = append(want, max(0, time.Duration(i-4)*100*time.Millisecond))
		}
		require.Equal(t, want, at["a"])
		require.Equal(t, []time.Duration{0, 2e9, 4e9, 6e9, 8e9}, at["own"])
		require.Equal(t, errStop, stop())
	})
}

// A rate limit is shared fairly by the devices.
func TestRun_rateFair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(200))
		d := newDispatcher(t, dispatch.Options{Transport: s, Rate: 1, Concurrency: 2})
		for device := range 2 {
			for seq := range 3 {
				r := request(t, plain(t, "a"), sigfox.DeviceID(device), sigfox.SeqNumber(seq))
				require.NoError(t, d.Enqueue(t.Context(), r))
			}
		}
		stop := run(t, d)
		sleep(time.Minute)
		var got []string
		for _, c := range s.seen() {
			got = append(got, c.Path)
		}
		require.Equal(t, []string{"/0/0", "/1/0", "/0/1", "/1/1", "/0/2", "/1/2"}, got)
		require.Equal(t, errStop, stop())
	})
}

// As many requests are under way as there may be, whatever is between the ids of the
// devices.
func TestRun_devices(t *testing.T) {
	t.Parallel()
	for _, stride := range []uint32{1, 2, 3, 10, 16, 100, 256, 1 << 16, 1 << 24, 0x9e3779b1, 0x85ebca6b, 1<<32 - 1} {
		synctest.Test(t, func(t *testing.T) {
			const concurrency = 16
			d := newDispatcher(t, dispatch.Options{Transport: newServer(hang), Concurrency: concurrency})
			stop := run(t, d)
			target := plain(t, "a")
			for n := range uint32(3 * concurrency) {
				require.NoError(t, d.Enqueue(t.Context(), request(t, target, sigfox.DeviceID(n*stride), 1)))
			}
			synctest.Wait()
			require.EqualValues(t, concurrency, d.Stats().InFlight, "every %dth device", stride)
			require.ErrorIs(t, stop(), errStop)
		})
	}
}

// A target with the ID of another takes over its queue and brings its own limits.
func TestRun_changedTarget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(200))
		d := newDispatcher(t, dispatch.Options{Transport: s})
		stop := run(t, d)
		for i, limit := range []float64{1, 2, 0} {
			target := newTarget(t, dispatch.TargetOptions{ID: "a", Rate: limit, Burst: 1, Concurrency: i + 1})
			for seq := range 3 {
				require.NoError(t, d.Enqueue(t.Context(), request(t, target, 1, sigfox.SeqNumber(seq))))
			}
			sleep(10 * time.Second)
		}
		require.Equal(t, []time.Duration{0, 1e9, 2e9, 10e9, 10.5e9, 11e9, 20e9, 20e9, 20e9}, s.instants())
		require.Equal(t, errStop, stop())
	})
}

// A new rate counts for what waits, too.
func TestRun_changedRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(200))
		d := newDispatcher(t, dispatch.Options{Transport: s})
		stop := run(t, d)
		slow := newTarget(t, dispatch.TargetOptions{ID: "a", Rate: 1. / 3600, Burst: 1})
		for seq := range 3 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, slow, 1, sigfox.SeqNumber(seq))))
		}
		sleep(10 * time.Second)
		fast := newTarget(t, dispatch.TargetOptions{ID: "a", Rate: 1, Burst: 1})
		require.NoError(t, d.Enqueue(t.Context(), request(t, fast, 1, 3)))
		sleep(10 * time.Second)
		require.Len(t, s.instants(), 4)

		same := newTarget(t, dispatch.TargetOptions{ID: "a", Rate: 1, Burst: 1}) // it changes nothing
		for seq := range 3 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, same, 1, sigfox.SeqNumber(4+seq))))
		}
		sleep(10 * time.Second)
		require.Equal(t, []time.Duration{20e9, 21e9, 22e9}, s.instants()[4:])
		require.Equal(t, errStop, stop())
	})
}

// Another concurrency counts once nothing waits.
func TestRun_changedConcurrency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(after(time.Second, 200))
		d := newDispatcher(t, dispatch.Options{Transport: s})
		stop := run(t, d)
		put := func(target *dispatch.Target) {
			for device := range 4 {
				require.NoError(t, d.Enqueue(t.Context(), request(t, target, sigfox.DeviceID(device), 1)))
			}
		}
		wide := newTarget(t, dispatch.TargetOptions{ID: "a", Concurrency: 100})
		put(newTarget(t, dispatch.TargetOptions{ID: "a", Concurrency: 1}))
		put(wide)
		sleep(20 * time.Second)
		put(wide)
		sleep(20 * time.Second)
		require.Equal(t, []time.Duration{0, 1e9, 2e9, 3e9, 4e9, 5e9, 6e9, 7e9, 20e9, 20e9, 20e9, 20e9}, s.instants())
		require.Equal(t, errStop, stop())
	})
}

// Between messages there is no goroutine, and what is idle and healthy is forgotten.
func TestRun_forgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(_ int, c call, _ *http.Request) (*http.Response, error) {
			if c.Target == "bad" {
				return response(500, ""), nil
			}
			return response(200, ""), nil
		})
		d := newDispatcher(t, dispatch.Options{Transport: s, Rate: 1, Burst: 10, Retry: &dispatch.RetryPolicy{}})
		stop := run(t, d)
		for i := range 10 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, fmt.Sprint("t", i)), 1, 1)))
		}
		require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "bad"), 1, 1)))
		sleep(5*time.Minute - time.Second)
		require.EqualValues(t, 11, d.Stats().Targets)
		sleep(time.Second)
		require.EqualValues(t, 1, d.Stats().Targets)
		h, ok := d.Health("bad")
		require.True(t, ok)
		require.Equal(t, dispatch.Degraded, h.State)
		sleep(time.Hour)
		require.EqualValues(t, 1, d.Stats().Targets, "what is not healthy is not forgotten")
		d.Enable("bad")
		sleep(time.Hour)
		require.Zero(t, d.Stats().Targets)
		require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "t1"), 1, 1)))
		synctest.Wait()
		require.Len(t, s.seen(), 12)
		require.Equal(t, errStop, stop())
	})
}

// Everything at once, for the race detector.
func TestDispatcher_concurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(n int, _ call, _ *http.Request) (*http.Response, error) {
			if n%3 == 0 {
				return response(500, "no"), nil
			}
			return response(200, "yes"), nil
		})
		d := newDispatcher(t, dispatch.Options{
			Transport: s, QueueSize: 100, Rate: 1000, Journal: &memory{},
			Hooks: dispatch.Hooks{OnHealth: func(dispatch.Health) {}, OnDrop: func(dispatch.Drop) {}},
		})
		stop := run(t, d)
		var group sync.WaitGroup
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for g := range 8 {
			group.Go(func() {
				for i := range 200 {
					id := fmt.Sprint("t", i%5)
					target := plain(t, id)
					if i%2 == 0 {
						target = batchTarget(t, "b"+id)
					}
					_ = d.Enqueue(ctx, request(t, target, sigfox.DeviceID(g), sigfox.SeqNumber(i)))
					switch i % 20 {
					case 1:
						d.Discard(id)
					case 2:
						d.Disable(id)
					case 3, 13:
						d.Enable(id)
					case 4:
						d.Stats()
						d.Health(id)
						for h := range d.AllHealth() {
							require.NotEmpty(t, h.Target)
						}
					case 5:
						_, _ = d.Send(ctx, request(t, target, sigfox.DeviceID(g), sigfox.SeqNumber(i)))
					}
					time.Sleep(time.Duration(i%3) * time.Millisecond)
				}
			})
		}
		group.Wait()
		sleep(time.Hour)
		requireBalance(t, d)
		require.ErrorIs(t, stop(), errStop)
		requireBalance(t, d)
		require.Zero(t, d.Stats().Pending)
		require.Zero(t, d.Stats().InFlight)
	})
}

// batchTarget returns a target whose lines are device;seqNumber, sent as text.
func batchTarget(t testing.TB, id string) *dispatch.Target {
	t.Helper()
	return newTarget(t, dispatch.TargetOptions{ID: id, Definition: callback.Definition{
		Channel: callback.ChannelBatchURL, Method: http.MethodPost, URL: "http://" + id + "/batch",
		LinePattern: "{device};{seqNumber}",
	}})
}
