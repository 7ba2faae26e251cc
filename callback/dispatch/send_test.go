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

func TestSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(n int, _ call, _ *http.Request) (*http.Response, error) {
			if n == 1 {
				return response(500, "not yet"), nil
			}
			time.Sleep(2 * time.Second)
			return response(200, "thanks"), nil
		})
		d := newDispatcher(t, dispatch.Options{Transport: s})
		r := request(t, plain(t, "a"), 0x2c30ea, 7)
		start := time.Now()
		result, err := d.Send(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, &dispatch.Result{
			Request: r, Delivered: true, Answer: []byte("thanks"),
			Attempts: []dispatch.Attempt{
				{
					Number: 1, Start: start, Method: http.MethodGet, URL: "http://a/2C30EA/7", Status: 500,
					Reason: dispatch.ReasonStatus, Error: "status 500 Internal Server Error", Answer: []byte("not yet"),
				},
				{
					Number: 2, Start: start.Add(time.Minute), Duration: 2 * time.Second, Method: http.MethodGet,
					URL: "http://a/2C30EA/7", Status: 200, Answer: []byte("thanks"),
				},
			},
		}, result)
		requireBalance(t, d)
	})
}

func TestSend_fails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var drops []dispatch.DropCause
		d := newDispatcher(t, dispatch.Options{
			Transport: newServer(always(404)),
			Hooks:     dispatch.Hooks{OnDrop: func(x dispatch.Drop) { drops = append(drops, x.Cause) }},
		})
		result, err := d.Send(t.Context(), request(t, plain(t, "a"), 1, 1))
		e, ok := errors.AsType[*dispatch.DeliveryError](err)
		require.True(t, ok)
		require.EqualError(t, err, "dispatch: target a: not delivered in 4 attempts: status 404 Not Found")
		require.Equal(t, dispatch.DropAttempts, e.Cause)
		require.Error(t, errors.Unwrap(err))
		require.False(t, result.Delivered)
		require.Equal(t, []dispatch.DropCause{dispatch.DropAttempts}, drops)
		requireBalance(t, d)
	})
}

// The context of Send ends it wherever it is: in an attempt, before another, while it
// waits for rate limit or breaker.
func TestSend_cancel(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer   answerFunc
		rate     float64
		breaker  dispatch.BreakerOptions
		sent     int
		attempts int
		last     dispatch.Reason
	}{
		"in an attempt":          {answer: hang, sent: 1, attempts: 1, last: dispatch.ReasonCanceled},
		"before another":         {answer: always(500), sent: 1, attempts: 1, last: dispatch.ReasonStatus},
		"waiting for the rate":   {answer: always(500), rate: 0.01, sent: 1},
		"waiting for a breaker":  {answer: always(500), breaker: dispatch.BreakerOptions{MinRequests: 1}, sent: 1},
		"done before it started": {answer: always(200)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(tt.answer)
				d := newDispatcher(t, dispatch.Options{Transport: s, Rate: tt.rate, Breaker: tt.breaker})
				ctx, cancel := context.WithCancelCause(t.Context())
				if tt.sent == 0 {
					cancel(errStop)
				} else {
					time.AfterFunc(5*time.Second, func() { cancel(errStop) })
				}
				if tt.attempts == 0 && tt.sent > 0 {
					once := newTarget(t, dispatch.TargetOptions{ID: "a", Retry: &dispatch.RetryPolicy{}})
					_, err := d.Send(t.Context(), request(t, once, 1, 1))
					require.ErrorContains(t, err, "status 500")
				}
				start := time.Now()
				result, err := d.Send(ctx, request(t, plain(t, "a"), 1, 2))
				if tt.sent > 0 {
					require.Equal(t, 5*time.Second, time.Since(start))
				}
				require.ErrorIs(t, err, errStop)
				require.Len(t, result.Attempts, tt.attempts)
				if tt.attempts > 0 {
					require.Equal(t, tt.last, result.Attempts[0].Reason)
				}
				require.Len(t, s.seen(), tt.sent)
				require.EqualValues(t, 1, d.Stats().Returned)
				require.Zero(t, d.Stats().InFlight)
				requireBalance(t, d)
			})
		})
	}
}

func TestSend_invalid(t *testing.T) {
	t.Parallel()
	d := newDispatcher(t, dispatch.Options{})
	target := plain(t, "a")
	for name, r := range map[string]dispatch.Request{
		"no target":      {},
		"not rendered":   {Target: target},
		"a line instead": {Target: target, Line: []byte("x")},
		"no lines":       {Target: batchTarget(t, "a"), HTTP: request(t, target, 1, 1).HTTP},
	} {
		result, err := d.Send(t.Context(), r)
		require.Error(t, err, name)
		require.Nil(t, result, name)
		require.Error(t, d.Enqueue(t.Context(), r), name)
	}
	require.Zero(t, d.Stats().Accepted)
	_, err := dispatch.NewRequest(nil, callback.Uplink{})
	require.ErrorContains(t, err, "without target")
	_, err = dispatch.NewSourceRequest(nil, dispatch.Subject{}, nil)
	require.ErrorContains(t, err, "without target")
}

// Send keeps to the rate limit, together with what was enqueued.
func TestSend_rate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(200))
		d := newDispatcher(t, dispatch.Options{Transport: s, Rate: 1})
		stop := run(t, d)
		target := plain(t, "a")
		var group sync.WaitGroup
		for i := range 5 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, target, 1, sigfox.SeqNumber(i))))
			group.Go(func() {
				_, err := d.Send(t.Context(), request(t, target, 2, sigfox.SeqNumber(i)))
				require.NoError(t, err)
			})
		}
		group.Wait()
		sleep(time.Minute)
		require.Equal(t, []time.Duration{0, 1e9, 2e9, 3e9, 4e9, 5e9, 6e9, 7e9, 8e9, 9e9}, s.instants())
		require.Equal(t, errStop, stop())
	})
}

// While a target is paused Send waits, for the end of the pause or of the probe.
func TestSend_breaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(n int, _ call, _ *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			if n <= 2 {
				return response(503, ""), nil
			}
			return response(200, ""), nil
		})
		once := newTarget(t, dispatch.TargetOptions{ID: "a", Retry: &dispatch.RetryPolicy{MaxAge: 3 * time.Minute}})
		d := newDispatcher(t, dispatch.Options{Transport: s, Breaker: dispatch.BreakerOptions{MinRequests: 1}})
		_, err := d.Send(t.Context(), request(t, once, 1, 1))
		require.ErrorContains(t, err, "503")
		var group sync.WaitGroup
		failed := make(chan error, 4)
		for i := range 4 {
			group.Go(func() {
				_, err := d.Send(t.Context(), request(t, once, sigfox.DeviceID(i), 2))
				failed <- err
			})
		}
		group.Wait()
		// The first probe fails, for the others the second succeeds.
		require.Equal(t, []time.Duration{0, 61e9, 122e9, 123e9, 123e9}, s.instants())
		failures := 0
		for range 4 {
			if err := <-failed; err != nil {
				failures++
			}
		}
		require.Equal(t, 1, failures)
		requireBalance(t, d)
	})
}

// What was enqueued goes on when the probe was one of Send.
func TestSend_probe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(n int, _ call, _ *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return response(map[bool]int{true: 500, false: 200}[n == 1], ""), nil
		})
		d := newDispatcher(t, dispatch.Options{
			Transport: s, Concurrency: 1, Retry: &dispatch.RetryPolicy{}, Breaker: dispatch.BreakerOptions{MinRequests: 1},
		})
		stop := run(t, d)
		for i := range 20 {
			target := plain(t, fmt.Sprint("t", i))
			require.NoError(t, d.Enqueue(t.Context(), request(t, target, 1, 1)))
			require.NoError(t, d.Enqueue(t.Context(), request(t, target, 1, 2)))
			time.AfterFunc(2*time.Second, func() {
				_, err := d.Send(context.Background(), request(t, target, 2, 1))
				require.NoError(t, err)
			})
		}
		sleep(time.Minute + 3*time.Second) // the failure, the pause, the probe, the other
		require.EqualValues(t, 40, d.Stats().Delivered)
		require.Equal(t, errStop, stop())
	})
}

func TestSend_expiresWhilePaused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDispatcher(t, dispatch.Options{
			Transport: newServer(always(500)), Retry: &dispatch.RetryPolicy{MaxAge: 10 * time.Second},
			Breaker: dispatch.BreakerOptions{MinRequests: 1},
		})
		_, err := d.Send(t.Context(), request(t, plain(t, "a"), 1, 1))
		require.ErrorContains(t, err, "status 500")
		start := time.Now()
		_, err = d.Send(t.Context(), request(t, plain(t, "a"), 1, 2))
		require.ErrorContains(t, err, "in 0 attempts: older than RetryPolicy.MaxAge")
		require.Equal(t, 10*time.Second+1, time.Since(start))
		requireBalance(t, d)
	})
}

func TestSend_disabled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(500))
		d := newDispatcher(t, dispatch.Options{Transport: s, Breaker: dispatch.BreakerOptions{MinRequests: 1}})
		time.AfterFunc(time.Second, func() { d.Disable("a") })
		result, err := d.Send(t.Context(), request(t, plain(t, "a"), 1, 1)) // waits for another attempt
		require.ErrorIs(t, err, dispatch.ErrDisabled)
		require.Len(t, result.Attempts, 1)
		result, err = d.Send(t.Context(), request(t, plain(t, "a"), 1, 2))
		require.ErrorIs(t, err, dispatch.ErrDisabled)
		require.Empty(t, result.Attempts)
		require.Len(t, s.seen(), 1)
		require.EqualValues(t, 1, d.Stats().Refused)
		requireBalance(t, d)
	})
}

// Where only Send is used, targets are forgotten as well.
func TestSend_forgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDispatcher(t, dispatch.Options{Transport: newServer(always(200))})
		for range 10 {
			for _, id := range []string{"a", "b", "c", "d"} {
				_, err := d.Send(t.Context(), request(t, plain(t, id), 1, 1))
				require.NoError(t, err)
				time.Sleep(5 * time.Minute)
			}
		}
		require.EqualValues(t, 1, d.Stats().Targets)
	})
}
