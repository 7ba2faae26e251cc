package dispatch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

type traceKey struct{}

// The hooks tell all of the life of a request, with the values of the context of the
// one who enqueued it, whose end does not matter.
func TestHooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []string
		tell := func(format string, args ...any) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, fmt.Sprintf(format, args...))
		}
		start := time.Now()
		d := newDispatcher(t, dispatch.Options{
			Transport: newServer(always(503)),
			Retry:     &dispatch.RetryPolicy{Delays: []time.Duration{time.Minute}},
			Hooks: dispatch.Hooks{
				BeforeAttempt: func(ctx context.Context, a dispatch.AttemptStart) context.Context {
					tell("start %s %d %s %v", a.Target.ID(), a.Number, a.ID, ctx.Value(traceKey{}))
					require.Len(t, a.Requests, 1)
					return context.WithValue(ctx, traceKey{}, "attempt")
				},
				OnAttempt: func(ctx context.Context, a dispatch.AttemptEnd) {
					tell("end %s %d %s %s %v", a.Target.ID(), a.Attempt.Number, a.ID, a.Attempt.Reason, ctx.Value(traceKey{}))
					require.Len(t, a.Requests, 1)
				},
				OnRetry: func(r dispatch.RetryInfo) {
					tell("retry %s %d %v %d", r.Target.ID(), r.Attempt.Number, r.At.Sub(start), len(r.Requests))
				},
				OnDrop: func(x dispatch.Drop) {
					tell("drop %s %s %v %d", x.Request.ID, x.Cause, x.At.Sub(start), len(x.Attempts))
				},
				OnHealth: func(h dispatch.Health) { tell("health %s %s %d", h.Target, h.State, h.Pending) },
			},
		})
		stop := run(t, d)
		r := request(t, plain(t, "a"), 1, 1)
		r.ID = "m1"
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), traceKey{}, "message"))
		require.NoError(t, d.Enqueue(ctx, r))
		cancel()
		sleep(time.Hour)
		require.Equal(t, []string{
			"start a 1 m1 message", "end a 1 m1 status attempt", "retry a 1 1m0s 1", "health a degraded 1",
			"start a 2 m1 message", "end a 2 m1 status attempt", "drop m1 attempts 1m0s 2",
		}, told)
		require.Equal(t, errStop, stop())
	})
}

// Hooks that panic, or return nothing, change nothing but the log.
func TestHooks_panic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := newServer(always(500))
		d := newDispatcher(t, dispatch.Options{
			Transport: s, Logger: slog.New(slog.NewTextHandler(&log, nil)), QueueSize: 1,
			Retry: &dispatch.RetryPolicy{
				Delays: []time.Duration{time.Minute},
				Decide: func(dispatch.Attempt) dispatch.Decision { panic("decide") },
			},
			Hooks: dispatch.Hooks{
				BeforeAttempt:  func(context.Context, dispatch.AttemptStart) context.Context { panic("before") },
				OnAttempt:      func(context.Context, dispatch.AttemptEnd) { panic("attempt") },
				OnRetry:        func(dispatch.RetryInfo) { panic("retry") },
				OnDrop:         func(dispatch.Drop) { panic("drop") },
				OnHealth:       func(dispatch.Health) { panic("health") },
				OnJournalError: func(dispatch.JournalError) { panic("journal") },
			},
			Journal: &forgetful{},
		})
		stop := run(t, d)
		require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, 1)))
		require.ErrorIs(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, 2)), dispatch.ErrQueueFull)
		sleep(time.Hour)
		require.Len(t, s.seen(), 2)
		require.Equal(t, errStop, stop())
		requireBalance(t, d)
		for _, name := range []string{
			"BeforeAttempt", "OnAttempt", "OnRetry", "OnDrop", "OnHealth", "OnJournalError", "RetryPolicy.Decide",
		} {
			require.Contains(t, log.String(), "msg=panic in="+name+" value=")
		}
		require.Contains(t, log.String(), "hooks_test.go")
	})
}

// forgetful is a journal that notes only what is accepted.
type forgetful struct{}

func (*forgetful) Accept(context.Context, []dispatch.Delivery) error { return nil }

func (*forgetful) Update(context.Context, []dispatch.Delivery) error { return errors.New("forgotten") }

func (*forgetful) Settle(context.Context, []dispatch.Delivery, dispatch.DropCause) error {
	return errors.New("forgotten")
}

func TestHooks_nilContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(200))
		d := newDispatcher(t, dispatch.Options{Transport: s, Hooks: dispatch.Hooks{
			BeforeAttempt: func(context.Context, dispatch.AttemptStart) context.Context { return nil },
			OnAttempt:     func(ctx context.Context, _ dispatch.AttemptEnd) { require.NotNil(t, ctx) },
		}})
		_, err := d.Send(t.Context(), request(t, plain(t, "a"), 1, 1))
		require.NoError(t, err)
	})
}

// Changes of health are told one after the other, also by a slow hook, which may
// change the health itself.
func TestHooks_healthOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []string
		var d *dispatch.Dispatcher
		s := newServer(func(n int, _ call, _ *http.Request) (*http.Response, error) {
			time.Sleep(time.Duration(n) * time.Second)
			return response(200+300*(n%2), ""), nil
		})
		d = newDispatcher(t, dispatch.Options{
			Transport: s, Retry: &dispatch.RetryPolicy{},
			Hooks: dispatch.Hooks{OnHealth: func(h dispatch.Health) {
				time.Sleep(5 * time.Second)
				told = append(told, string(h.State))
				if len(told) == 4 {
					d.Disable("a")
				}
			}},
		})
		stop := run(t, d)
		for i := range 4 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), sigfox.DeviceID(i), 1)))
		}
		sleep(time.Minute)
		require.Equal(t, []string{"degraded", "healthy", "degraded", "healthy", "disabled"}, told)
		require.Equal(t, errStop, stop())
	})
}

func TestStats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDispatcher(t, dispatch.Options{Transport: newServer(always(200))})
		fresh, err := json.Marshal(d.Stats())
		require.NoError(t, err)
		_, err = d.Send(t.Context(), request(t, plain(t, "a"), 1, 1))
		require.NoError(t, err)
		used, err := json.Marshal(d.Stats())
		require.NoError(t, err)
		require.JSONEq(t, `{
			"accepted": 1, "refused": 0, "delivered": 1, "returned": 0, "pending": 0,
			"dropped": {"attempts": 0, "disabled": 0, "discarded": 0, "expired": 0, "final": 0},
			"succeeded": 1, "retries": 0, "inFlight": 0, "targets": 1,
			"failed": {"canceled": 0, "dns": 0, "forbidden": 0, "mail": 0, "protocol": 0, "redirect": 0, "refused": 0,
				"request": 0, "sign": 0, "status": 0, "timeout": 0, "tls": 0, "too_large": 0}
		}`, string(used))
		require.Equal(t, strings.Count(string(fresh), `"`), strings.Count(string(used), `"`), "the keys are the same always")

		s := d.Stats()
		s.Failed[dispatch.ReasonDNS]++
		require.Zero(t, d.Stats().Failed[dispatch.ReasonDNS], "it is a copy")
	})
}

func TestNew_invalid(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]dispatch.Options{
		"Options.Timeout is -1":                                     {Timeout: -1},
		"Options.DrainTimeout is -1":                                {DrainTimeout: -1},
		"Options.QueueSize is -1":                                   {QueueSize: -1},
		"Options.MaxPending is -1":                                  {MaxPending: -1},
		"Options.Concurrency is -1":                                 {Concurrency: -1},
		"Options.Rate is -1":                                        {Rate: -1},
		"Options.Rate is NaN":                                       {Rate: math.NaN()},
		"Options.Burst is -1":                                       {Burst: -1},
		"Options.Batch.Interval is -1":                              {Batch: dispatch.BatchOptions{Interval: -1}},
		"Options.Batch.MaxLines is -1":                              {Batch: dispatch.BatchOptions{MaxLines: -1}},
		"Options.Batch.MaxBytes is -1":                              {Batch: dispatch.BatchOptions{MaxBytes: -1}},
		"Options.Breaker.Window is -1":                              {Breaker: dispatch.BreakerOptions{Window: -1}},
		"Options.Breaker.MinRequests is -1":                         {Breaker: dispatch.BreakerOptions{MinRequests: -1}},
		"Options.Breaker.FailureRatio is not above 0 and at most 1": {Breaker: dispatch.BreakerOptions{FailureRatio: 1.1}},
		"Options.Breaker.Pause is -1":                               {Breaker: dispatch.BreakerOptions{Pause: -1}},
		"Options.MaxAnswer is -1":                                   {MaxAnswer: -1},
		"Options.AnswerBytes is -1":                                 {AnswerBytes: -1},
		`Options.IDHeader "a b" is not the name of a header`:        {IDHeader: "a b"},
		`Options.UserAgent "a\nb" cannot be the value of a header`:  {UserAgent: "a\nb"},
		"AllowPrefixes":                                             {AllowPrefixes: []netip.Prefix{{}}},
	} {
		_, err := dispatch.New(o)
		require.ErrorContains(t, err, want)
	}
}

func TestNewTarget_invalid(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]dispatch.TargetOptions{
		"TargetOptions.ID is empty":       {},
		"TargetOptions.Timeout is -1":     {ID: "a", Timeout: -1},
		"TargetOptions.QueueSize is -1":   {ID: "a", QueueSize: -1},
		"TargetOptions.Concurrency is -1": {ID: "a", Concurrency: -1},
		"TargetOptions.Rate is NaN":       {ID: "a", Rate: math.NaN()},
		"TargetOptions.Burst is -1":       {ID: "a", Burst: -1},
	} {
		_, err := dispatch.NewTarget(o)
		require.EqualError(t, err, "dispatch: "+want)
	}
}
