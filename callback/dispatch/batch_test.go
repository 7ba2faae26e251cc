package dispatch_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// enqueueAt enqueues line seq of device 1 at each instant.
func enqueueAt(t *testing.T, d *dispatch.Dispatcher, target *dispatch.Target, instants ...time.Duration) {
	t.Helper()
	start := time.Now()
	for i, at := range instants {
		time.Sleep(time.Until(start.Add(at)))
		require.NoError(t, d.Enqueue(t.Context(), request(t, target, 1, sigfox.SeqNumber(i))))
	}
}

// batches tells when requests came, and their lines.
func batches(s *server) map[time.Duration]string {
	got := make(map[time.Duration]string)
	for _, c := range s.seen() {
		got[c.At] += strings.ReplaceAll(c.Body, "\n", " ") + "."
	}
	return got
}

// One request a second carries what came in during it, from the first message after
// silence on.
func TestBatch_second(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(200))
		d := newDispatcher(t, dispatch.Options{Transport: s})
		stop := run(t, d)
		enqueueAt(t, d, batchTarget(t, "a"), 0, 300*ms, 999*ms, 1500*ms, 3600*ms, 4700*ms)
		sleep(time.Minute)
		require.Equal(t, map[time.Duration]string{
			1000 * ms: "1;0 1;1 1;2.",
			2000 * ms: "1;3.",
			4600 * ms: "1;4.", // after silence
			5600 * ms: "1;5.",
		}, batches(s))
		require.Equal(t, http.Header{"Content-Type": {"text/plain"}, "User-Agent": {"sigfox-dispatch"}}, s.seen()[0].Header)
		require.Equal(t, errStop, stop())
		require.EqualValues(t, 6, d.Stats().Delivered)
		require.EqualValues(t, 4, d.Stats().Succeeded)
		requireBalance(t, d)
	})
}

// What is above the limits of a request waits for the next second.
func TestBatch_caps(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		options dispatch.BatchOptions
		want    map[time.Duration]string
	}{
		"lines": {
			dispatch.BatchOptions{MaxLines: 3},
			map[time.Duration]string{1e9: "1;0 1;1 1;2.", 2e9: "1;3 1;4 1;5.", 3e9: "1;6."},
		},
		"bytes": {
			dispatch.BatchOptions{MaxBytes: 11},
			map[time.Duration]string{1e9: "1;0 1;1 1;2.", 2e9: "1;3 1;4 1;5.", 3e9: "1;6."},
		},
		"a line above the limit": {
			dispatch.BatchOptions{MaxBytes: 2, Interval: time.Minute},
			map[time.Duration]string{
				60e9: "1;0.", 120e9: "1;1.", 180e9: "1;2.", 240e9: "1;3.", 300e9: "1;4.", 360e9: "1;5.", 420e9: "1;6.",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(always(200))
				d := newDispatcher(t, dispatch.Options{Transport: s, Batch: tt.options})
				stop := run(t, d)
				enqueueAt(t, d, batchTarget(t, "a"), 0, 0, 0, 0, 0, 0, 0)
				sleep(time.Hour)
				require.Equal(t, tt.want, batches(s))
				require.Equal(t, errStop, stop())
			})
		})
	}
}

// A batch is sent again as it was, under the ID it had; what comes in meanwhile goes
// its own way, and never are there two requests in one second or under way at once.
func TestBatch_retry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(n int, _ call, _ *http.Request) (*http.Response, error) {
			time.Sleep(1500 * time.Millisecond)
			if n == 1 {
				return response(500, ""), nil
			}
			return response(200, ""), nil
		})
		d := newDispatcher(t, dispatch.Options{Transport: s, IDHeader: "Webhook-Id"})
		stop := run(t, d)
		enqueueAt(t, d, batchTarget(t, "a"), 0, 500e6, 2e9, 2.1e9, 62.4e9)
		sleep(time.Hour)
		require.Equal(t, map[time.Duration]string{
			1e9:    "1;0 1;1.",
			2.5e9:  "1;2 1;3.", // as soon as the one before has ended
			62.5e9: "1;0 1;1.", // 1 m after the end of the first attempt
			64e9:   "1;4.",
		}, batches(s))
		ids := make(map[string]int)
		for _, c := range s.seen() {
			ids[c.Header.Get("Webhook-Id")]++
		}
		require.Len(t, ids, 3)
		require.Equal(t, 2, ids[s.seen()[0].Header.Get("Webhook-Id")])
		require.Equal(t, errStop, stop())
		requireBalance(t, d)
	})
}

// Of a batch that would be sent again too late for some of its lines, the others are.
func TestBatch_maxAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var dropped []string
		s := newServer(func(n int, _ call, _ *http.Request) (*http.Response, error) {
			if n == 1 {
				return response(500, ""), nil
			}
			return response(200, ""), nil
		})
		d := newDispatcher(t, dispatch.Options{
			Transport: s, Batch: dispatch.BatchOptions{Interval: 30 * time.Second},
			Retry: &dispatch.RetryPolicy{Delays: []time.Duration{time.Minute}, MaxAge: 80 * time.Second},
			Hooks: dispatch.Hooks{OnDrop: func(x dispatch.Drop) {
				require.Len(t, x.Attempts, 1)
				dropped = append(dropped, fmt.Sprint(x.Cause, " ", string(x.Request.Line)))
			}},
		})
		stop := run(t, d)
		enqueueAt(t, d, batchTarget(t, "a"), 0, 5e9, 10e9, 20e9)
		sleep(time.Hour)
		require.Equal(t, map[time.Duration]string{30e9: "1;0 1;1 1;2 1;3.", 90e9: "1;2 1;3."}, batches(s))
		require.Equal(t, []string{"expired 1;0", "expired 1;1"}, dropped)
		require.Equal(t, errStop, stop())
		requireBalance(t, d)
	})
}

// Send does not collect, but keeps to one request a second.
func TestBatch_send(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(200))
		d := newDispatcher(t, dispatch.Options{Transport: s})
		target := batchTarget(t, "a")
		for i := range 3 {
			_, err := d.Send(t.Context(), request(t, target, 1, sigfox.SeqNumber(i)))
			require.NoError(t, err)
		}
		require.Equal(t, map[time.Duration]string{0: "1;0.", 1e9: "1;1.", 2e9: "1;2."}, batches(s))
	})
}

// The variable {batch} stands in the form that the query of a POST becomes; a GET has
// it in the URL.
func TestBatch_variable(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]call{
		http.MethodPost: {Path: "/x", Body: "key=1&lines=1%3B0%0A1%3B1"},
		http.MethodGet:  {Path: "/x?key=1&lines=1%3B0%0A1%3B1"},
	} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(always(200))
				d := newDispatcher(t, dispatch.Options{Transport: s})
				stop := run(t, d)
				target := newTarget(t, dispatch.TargetOptions{ID: "a", Definition: callback.Definition{
					Channel: callback.ChannelBatchURL, Method: method, URL: "http://a/x?key=1&lines={batch}",
					LinePattern: "{device};{seqNumber}",
				}})
				enqueueAt(t, d, target, 0, 0)
				sleep(time.Second)
				require.Len(t, s.seen(), 1)
				require.Equal(t, want.Path, s.seen()[0].Path)
				require.Equal(t, want.Body, s.seen()[0].Body)
				require.Equal(t, errStop, stop())
			})
		})
	}
}
