package callback_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
)

var errStop = errors.New("shutting down")

// runQueue runs q until stop is called, which returns what Run returned.
func runQueue(t testing.TB, q *callback.Queue[callback.Uplink]) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	result := make(chan error, 1)
	go func() { result <- q.Run(ctx) }()
	return func() error {
		cancel(errStop)
		return <-result
	}
}

func newQueue(
	t testing.TB, fn func(context.Context, callback.Uplink) error, o callback.QueueOptions[callback.Uplink],
) *callback.Queue[callback.Uplink] {
	t.Helper()
	q, err := callback.NewQueue(fn, o)
	require.NoError(t, err)
	return q
}

func uplink(id sigfox.DeviceID) callback.Uplink { return callback.Uplink{Device: id} }

// A slow function costs no callback its answer.
func TestQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var handled []sigfox.DeviceID
		q := newQueue(t, func(_ context.Context, m callback.Uplink) error {
			time.Sleep(30 * time.Second)
			handled = append(handled, m.Device)
			return nil
		}, callback.QueueOptions[callback.Uplink]{Size: 3, Workers: 1})
		stop := runQueue(t, q)
		h := newHandler(t, q.Handle, callback.Options{})

		start := time.Now()
		for i, want := range []int{204, 204, 204, 204, 503, 503} {
			w := callbacktest.Deliver(h, callbacktest.NewRequest("/", callbacktest.JSON, uplink(sigfox.DeviceID(i))))
			require.Equal(t, want, w.Code, i)
			synctest.Wait() // the worker takes the first
		}
		require.Equal(t, 3, q.Len())
		require.Zero(t, time.Since(start), "no answer waits")

		time.Sleep(31 * time.Second)
		require.Equal(t, 2, q.Len())
		require.NoError(t, q.Handle(t.Context(), uplink(7)))
		time.Sleep(5 * time.Minute)
		require.Equal(t, errStop, stop())
		require.Equal(t, []sigfox.DeviceID{0, 1, 2, 3, 7}, handled, "in their order")
	})
}

func TestQueue_workers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, func(context.Context, callback.Uplink) error {
			time.Sleep(time.Second)
			return nil
		}, callback.QueueOptions[callback.Uplink]{})
		for range 1000 {
			require.NoError(t, q.Handle(t.Context(), uplink(1)))
		}
		require.ErrorIs(t, q.Handle(t.Context(), uplink(1)), callback.ErrOverloaded, "holds 1000 by default")
		start := time.Now()
		stop := runQueue(t, q)
		for q.Len() > 0 {
			time.Sleep(time.Second)
		}
		require.Equal(t, errStop, stop())
		require.Equal(t, 250*time.Second, time.Since(start), "four at once by default")
	})
}

// When Run ends it takes no more and goes on with what waits.
func TestQueue_drain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handled := 0
		q := newQueue(t, func(context.Context, callback.Uplink) error {
			time.Sleep(time.Second)
			handled++
			return nil
		}, callback.QueueOptions[callback.Uplink]{Workers: 1})
		stop := runQueue(t, q)
		for range 5 {
			require.NoError(t, q.Handle(t.Context(), uplink(1)))
		}
		refused := make(chan error, 1)
		time.AfterFunc(2*time.Second, func() { refused <- q.Handle(context.Background(), uplink(2)) })
		start := time.Now()
		require.Equal(t, errStop, stop())
		require.Equal(t, 5*time.Second, time.Since(start))
		require.Equal(t, 5, handled)
		require.ErrorIs(t, <-refused, callback.ErrOverloaded)
		require.ErrorIs(t, q.Handle(t.Context(), uplink(2)), callback.ErrOverloaded)
	})
}

// What could not be handled in time is given back.
func TestQueue_drainTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var failed []callback.QueueError[callback.Uplink]
		q := newQueue(t, func(ctx context.Context, _ callback.Uplink) error {
			select {
			case <-time.After(4 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}, callback.QueueOptions[callback.Uplink]{
			Workers: 1,
			OnError: func(e callback.QueueError[callback.Uplink]) { failed = append(failed, e) },
		})
		stop := runQueue(t, q)
		for i := range 6 {
			require.NoError(t, q.Handle(t.Context(), uplink(sigfox.DeviceID(i))))
		}
		start := time.Now()
		err := stop()
		require.Equal(t, 10*time.Second, time.Since(start))
		require.ErrorIs(t, err, errStop)
		left, ok := errors.AsType[*callback.DrainError[callback.Uplink]](err)
		require.True(t, ok)
		require.Equal(t, []callback.Uplink{uplink(3), uplink(4), uplink(5)}, left.Messages)
		require.EqualError(t, left, "callback: 3 messages of DATA/UPLINK left in the queue")
		require.Len(t, failed, 1, "the one that was cut short")
		require.Equal(t, uplink(2), failed[0].Message)
		require.ErrorIs(t, failed[0].Err, context.Canceled)
	})
}

func TestQueue_Run_twice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, func(context.Context, callback.Uplink) error { return nil }, callback.QueueOptions[callback.Uplink]{})
		stop := runQueue(t, q)
		synctest.Wait()
		require.Equal(t, callback.ErrQueueRunning, q.Run(t.Context()), "at once")
		require.NoError(t, q.Handle(t.Context(), uplink(1)), "the first goes on")
		require.Equal(t, errStop, stop())
		require.Equal(t, callback.ErrQueueRunning, q.Run(t.Context()))
	})
}

func TestQueue_failures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		failed := make(map[sigfox.DeviceID]error)
		diskFull := errors.New("disk full")
		q := newQueue(t, func(ctx context.Context, m callback.Uplink) error {
			switch m.Device {
			case 1:
				return diskFull
			case 2:
				panic("lost")
			case 3:
				<-ctx.Done()
				return context.Cause(ctx)
			case 4:
				return (*callback.FieldError)(nil)
			default:
				return nil
			}
		}, callback.QueueOptions[callback.Uplink]{
			Workers: 1, Logger: logTo(&log, slog.LevelInfo),
			OnError: func(e callback.QueueError[callback.Uplink]) { failed[e.Message.Device] = e.Err },
		})
		stop := runQueue(t, q)
		start := time.Now()
		for i := range 6 {
			require.NoError(t, q.Handle(t.Context(), uplink(sigfox.DeviceID(i))))
		}
		for q.Len() > 0 {
			time.Sleep(time.Second)
		}
		require.Equal(t, time.Minute, time.Since(start).Truncate(time.Minute), "a job has a minute by default")
		require.Equal(t, errStop, stop())

		require.Len(t, failed, 4)
		require.Equal(t, diskFull, failed[1])
		require.Equal(t, callback.ErrTimeout, failed[3])
		p, ok := errors.AsType[*callback.PanicError](failed[2])
		require.True(t, ok)
		require.Equal(t, "lost", p.Value)
		require.Contains(t, string(p.Stack), "queue_test.go")
		require.EqualError(t, p, "callback: function panicked: lost")
		const nilPointer = "callback: function panicked: runtime error: invalid memory address or nil pointer dereference"
		require.EqualError(t, failed[4], nilPointer, "an error without text")
		require.Equal(t, `{"level":"ERROR","msg":"queued message failed","service":"DATA/UPLINK","reason":"disk full"}
{"level":"ERROR","msg":"queued message failed","service":"DATA/UPLINK","reason":"callback: function panicked: lost"}
{"level":"ERROR","msg":"queued message failed","service":"DATA/UPLINK","reason":"callback: function took too long"}
{"level":"ERROR","msg":"queued message failed","service":"DATA/UPLINK","reason":"`+nilPointer+`"}
`, log.String())
	})
}

// A queued message outlives its request, and keeps the values of its context.
func TestQueue_context(t *testing.T) {
	t.Parallel()
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		var value any
		var err error
		q := newQueue(t, func(ctx context.Context, _ callback.Uplink) error {
			value, err = ctx.Value(key{}), ctx.Err()
			return nil
		}, callback.QueueOptions[callback.Uplink]{})
		h := newHandler(t, q.Handle, callback.Options{})
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "trace"))
		w := callbacktest.Deliver(h, newRequest(http.MethodGet, "/?device=1", "", "").WithContext(ctx))
		require.Equal(t, http.StatusNoContent, w.Code)
		cancel()
		stop := runQueue(t, q)
		require.Equal(t, errStop, stop())
		require.Equal(t, "trace", value)
		require.NoError(t, err)
	})
}

func TestNewQueue_options(t *testing.T) {
	t.Parallel()
	fn := func(context.Context, callback.Uplink) error { return nil }
	for _, o := range []callback.QueueOptions[callback.Uplink]{{Size: -1}, {Workers: -1}, {JobTimeout: -1}, {DrainTimeout: -1}} {
		_, err := callback.NewQueue(fn, o)
		require.ErrorContains(t, err, "QueueOptions")
	}
	_, err := callback.NewQueue[callback.Uplink](nil, callback.QueueOptions[callback.Uplink]{})
	require.ErrorContains(t, err, "function")
}
