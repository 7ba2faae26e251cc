package callback_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
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
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/storetest"
)

// fakeClaims answers what it is told to, and notes the calls and whether their context
// was alive.
type fakeClaims struct {
	state                dedup.State
	begin, commit, abort error
	calls                []string
}

func (c *fakeClaims) note(ctx context.Context, call string, err error) error {
	if ctx.Err() != nil {
		call += " too late"
	}
	c.calls = append(c.calls, call)
	return err
}

func (c *fakeClaims) Begin(ctx context.Context, _ time.Time, _ sigfox.MessageKey) (dedup.State, error) {
	return c.state, c.note(ctx, "begin", c.begin)
}

func (c *fakeClaims) Commit(ctx context.Context, _ time.Time, _ sigfox.MessageKey) error {
	return c.note(ctx, "commit", c.commit)
}

func (c *fakeClaims) Abort(ctx context.Context, _ time.Time, _ sigfox.MessageKey) error {
	return c.note(ctx, "abort", c.abort)
}

func TestClaims_calls(t *testing.T) {
	t.Parallel()
	away, full := store.ErrUnavailable, errors.New("disk full")
	tests := []struct {
		name      string
		claims    fakeClaims
		fail      error
		status    int
		handled   int
		calls     []string
		unsettled bool
	}{
		{"success", fakeClaims{}, nil, 204, 1, []string{"begin", "commit"}, false},
		{"failure", fakeClaims{}, full, 500, 1, []string{"begin", "abort"}, false},
		{"handled before", fakeClaims{state: dedup.Done}, nil, 204, 0, []string{"begin"}, false},
		{"handled by another replica now", fakeClaims{state: dedup.InFlight}, nil, 503, 0, []string{"begin"}, false},
		{"no claim without the store", fakeClaims{begin: away}, nil, 503, 0, []string{"begin"}, false},
		{"handled, not noted", fakeClaims{commit: away}, nil, 204, 1, []string{"begin", "commit"}, true},
		{"failed, not noted", fakeClaims{abort: away}, full, 500, 1, []string{"begin", "abort"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := callbacktest.Recorder[callback.Uplink]{Err: tt.fail}
			var told []callback.ErrorInfo
			var log bytes.Buffer
			h := newHandler(t, rec.Handle, callback.Options{
				Claims: &tt.claims, Logger: slog.New(slog.NewTextHandler(&log, nil)),
				OnError: func(e callback.ErrorInfo) int {
					told = append(told, e)
					if e.Unsettled {
						return http.StatusTeapot // ignored
					}
					return 0
				},
			})
			answer := callbacktest.Deliver(h, newRequest("POST", "/", "", timed))
			require.Equal(t, tt.status, answer.Code)
			if tt.status == http.StatusServiceUnavailable {
				require.Equal(t, "60", answer.Header().Get("Retry-After"))
			}
			require.Len(t, rec.Messages(), tt.handled)
			require.Equal(t, tt.calls, tt.claims.calls)

			unsettled := slices.IndexFunc(told, func(e callback.ErrorInfo) bool { return e.Unsettled })
			require.Equal(t, tt.unsettled, unsettled >= 0)
			if tt.unsettled {
				require.ErrorIs(t, told[unsettled].Err, away)
				require.Equal(t, http.StatusServiceUnavailable, told[unsettled].Status)
				require.Contains(t, log.String(), "claim not settled")
			}
			if tt.claims.begin != nil {
				require.ErrorIs(t, told[0].Err, away)
				require.ErrorIs(t, told[0].Err, callback.ErrOverloaded)
			}
		})
	}
}

func TestClaims_options(t *testing.T) {
	t.Parallel()
	fn := func(context.Context, callback.Uplink) error { return nil }
	_, err := callback.NewHandler(fn, callback.Options{Verifier: callback.Unverified(), Seen: newSeen(t), Claims: &fakeClaims{}})
	require.ErrorContains(t, err, "both set")
}

func TestClaims_panic(t *testing.T) {
	t.Parallel()
	claims := &fakeClaims{}
	h := newHandler(t, func(context.Context, callback.Uplink) error { panic("lost") }, callback.Options{Claims: claims})
	require.Panics(t, func() { callbacktest.Deliver(h, newRequest("POST", "/", "", timed)) })
	require.Equal(t, []string{"begin", "abort"}, claims.calls)
}

// What became of a message is noted although the time of the request is over.
func TestClaims_afterTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		claims := &fakeClaims{}
		h := newHandler(t, func(ctx context.Context, _ callback.Uplink) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}, callback.Options{Claims: claims})
		require.Equal(t, 503, callbacktest.Deliver(h, newRequest("POST", "/", "", timed)).Code)
		require.Equal(t, []string{"begin", "abort"}, claims.calls)
	})
}

// cluster is replicas of a handler that share a table.
type cluster struct {
	table    *storetest.FaultyTable
	handlers []http.Handler
	runs     atomic.Int64
}

func newCluster(t testing.TB, fn func(context.Context, callback.Bidir) (downlink.Reply, error)) *cluster {
	t.Helper()
	table, err := store.NewMemory().Table(t.Context(), "seen")
	require.NoError(t, err)
	c := &cluster{table: &storetest.FaultyTable{Table: table}}
	for range 3 {
		seen, err := store.NewSeen(c.table, store.SeenOptions{})
		require.NoError(t, err)
		c.handlers = append(c.handlers, newBidir(t, func(ctx context.Context, m callback.Bidir) (downlink.Reply, error) {
			c.runs.Add(1)
			return fn(ctx, m)
		}, callback.Options{Claims: seen}))
	}
	return c
}

func (c *cluster) deliver(replica int) int {
	return callbacktest.Deliver(c.handlers[replica%len(c.handlers)], newRequest("POST", "/", "", timed)).Code
}

// The four copies of a message land on different replicas.
func TestClaims_replicas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, func(context.Context, callback.Bidir) (downlink.Reply, error) {
			time.Sleep(2 * time.Second)
			return downlink.Send(downlink.Data{1}), nil
		})
		var mu sync.Mutex
		status := map[int]int{}
		var group sync.WaitGroup
		for replica := range 6 { // two at each
			group.Go(func() {
				code := c.deliver(replica)
				mu.Lock()
				defer mu.Unlock()
				status[code]++
			})
		}
		group.Wait()
		require.EqualValues(t, 1, c.runs.Load())
		require.Equal(t, map[int]int{200: 2, 503: 4}, status, "those of the replica that runs it get its reply")
		for replica, wait := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
			time.Sleep(wait)
			require.Equal(t, 204, c.deliver(replica))
		}
		require.EqualValues(t, 1, c.runs.Load())
	})
}

// A replica that dies while it handles a message is followed by another at the first
// retry of the cloud.
func TestClaims_deadReplica(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, func(context.Context, callback.Bidir) (downlink.Reply, error) { return downlink.Reply{}, nil })
		dead, err := store.NewSeen(c.table, store.SeenOptions{})
		require.NoError(t, err)
		state, err := dead.Begin(t.Context(), time.Now(), sigfox.MessageKey{Device: 0x2C30EA, Time: 1546929254, Seq: 424})
		require.NoError(t, err)
		require.Equal(t, dedup.New, state)

		require.Equal(t, 503, c.deliver(1))
		time.Sleep(time.Minute)
		require.Equal(t, 204, c.deliver(2))
		require.EqualValues(t, 1, c.runs.Load())
	})
}

// While the store is away nothing runs; when it is back the message is handled.
func TestClaims_storeAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, func(context.Context, callback.Bidir) (downlink.Reply, error) { return downlink.Reply{}, nil })
		c.table.Before = func(string, string) error { return store.ErrUnavailable }
		require.Equal(t, 503, c.deliver(0))
		time.Sleep(time.Minute)
		require.Equal(t, 503, c.deliver(1))
		require.Zero(t, c.runs.Load())
		c.table.Before = nil
		time.Sleep(2 * time.Minute)
		require.Equal(t, 204, c.deliver(2))
		require.EqualValues(t, 1, c.runs.Load())
	})
}

// TestClaimsModel delivers a message as a cloud does, again and again to any replica
// until one answers 2xx, while functions and the store fail: it succeeds once, unless the
// store could not note that it had.
func TestClaimsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			succeeded := 0
			c := newCluster(t, func(context.Context, callback.Bidir) (downlink.Reply, error) {
				if rapid.IntRange(0, 2).Draw(rt, "function") == 0 {
					return downlink.Reply{}, errors.New("disk full")
				}
				succeeded++
				return downlink.Send(downlink.Data{1}), nil
			})
			forgotten := 0
			c.table.Before = func(method, _ string) error {
				if rapid.IntRange(0, 4).Draw(rt, method) > 0 {
					return nil
				}
				if method == "Update" { // the Commit
					forgotten++
				}
				return store.ErrUnavailable
			}
			acknowledged := 0
			for range 8 {
				if code := c.deliver(rapid.IntRange(0, 2).Draw(rt, "replica")); code < 300 {
					acknowledged++
				}
				time.Sleep(time.Minute)
			}
			require.LessOrEqual(rt, succeeded, 1+forgotten)
			if acknowledged > 0 {
				require.Positive(rt, succeeded, "2xx for a message that no function has handled")
			}
		})
	})
}
