package dispatch_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// An attempt knows the context of each message it carries, also after some of a batch
// have become too old, and after the batch was restored.
func TestHooks_contexts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []string
		hooks := dispatch.Hooks{BeforeAttempt: func(ctx context.Context, a dispatch.AttemptStart) context.Context {
			require.Len(t, a.Contexts, len(a.Requests))
			text := []any{ctx.Value(traceKey{})}
			for _, of := range a.Contexts {
				require.NoError(t, of.Err())
				require.Nil(t, of.Done())
				_, ok := of.Deadline()
				require.False(t, ok)
				text = append(text, of.Value(traceKey{}))
			}
			told = append(told, fmt.Sprint(text))
			return ctx
		}}
		o := dispatch.Options{
			Transport: newServer(func(n int, c call, r *http.Request) (*http.Response, error) {
				if n == 2 {
					return hang(n, c, r)
				}
				return response(500, ""), nil
			}),
			Hooks: hooks, DrainTimeout: time.Second,
			Retry: &dispatch.RetryPolicy{Delays: []time.Duration{time.Minute, time.Minute}, MaxAge: 61*time.Second + 500*time.Millisecond},
			Batch: dispatch.BatchOptions{Interval: 2 * time.Second},
		}
		d := newDispatcher(t, o)
		stop := run(t, d)
		target := batchTarget(t, "a")
		for i, name := range []string{"first", "second", "third"} {
			ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), traceKey{}, name), time.Second)
			require.NoError(t, d.Enqueue(ctx, request(t, target, 1, sigfox.SeqNumber(i))))
			cancel()
			time.Sleep(900 * time.Millisecond)
		}
		sleep(61 * time.Second)
		require.Equal(t, []string{"[first first second third]", "[second second third]"}, told)
		var drained *dispatch.DrainError
		require.ErrorAs(t, stop(), &drained)

		o.Retry = &dispatch.RetryPolicy{}
		told = nil
		d = newDispatcher(t, o)
		stop = run(t, d)
		require.NoError(t, d.Restore(context.WithValue(t.Context(), traceKey{}, "restored"), drained.Deliveries))
		sleep(time.Hour)
		require.Equal(t, []string{"[restored restored restored]"}, told)
		require.Equal(t, errStop, stop())
	})
}
