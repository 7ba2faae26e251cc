package callback_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/downlink"
)

// fakeSeen tells what it was told, and answers Begin with state.
type fakeSeen struct {
	state dedup.State

	mu    sync.Mutex
	calls []string
}

func (s *fakeSeen) note(call string, k sigfox.MessageKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call+" "+k.Device.String())
}

func (s *fakeSeen) Begin(_ time.Time, k sigfox.MessageKey) dedup.State {
	s.note("begin", k)
	return s.state
}
func (s *fakeSeen) Commit(_ time.Time, k sigfox.MessageKey) { s.note("commit", k) }
func (s *fakeSeen) Abort(_ time.Time, k sigfox.MessageKey)  { s.note("abort", k) }

func newSeen(t testing.TB) *dedup.Seen {
	t.Helper()
	s, err := dedup.NewSeen(dedup.SeenOptions{MaxMessages: 4096})
	require.NoError(t, err)
	return s
}

const timed = `{"device":"2C30EA","time":1546929254,"seqNumber":424,"ack":true}`

func TestSeen_calls(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		state      dedup.State
		fail       error
		status     int
		handled    int
		calls      []string
	}{
		{"success", timed, dedup.New, nil, 204, 1, []string{"begin 2C30EA", "commit 2C30EA"}},
		{"failure", timed, dedup.New, errors.New("disk full"), 500, 1, []string{"begin 2C30EA", "abort 2C30EA"}},
		{"handled before", timed, dedup.Done, errors.New("must not run"), 204, 0, []string{"begin 2C30EA"}},
		{"handled elsewhere now", timed, dedup.InFlight, nil, 503, 0, []string{"begin 2C30EA"}},
		{"no time, no key", `{"device":"2C30EA","seqNumber":424}`, dedup.Done, nil, 204, 1, nil},
		{"unreadable", `{}`, dedup.New, nil, 400, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			seen := &fakeSeen{state: tt.state}
			rec := callbacktest.Recorder[callback.Uplink]{Err: tt.fail}
			h := newHandler(t, rec.Handle, callback.Options{Seen: seen})
			require.Equal(t, tt.status, callbacktest.Deliver(h, newRequest("POST", "/", "", tt.body)).Code)
			require.Len(t, rec.Messages(), tt.handled)
			require.Equal(t, tt.calls, seen.calls)
		})
	}
	t.Run("panic", func(t *testing.T) {
		t.Parallel()
		seen := &fakeSeen{}
		h := newHandler(t, func(context.Context, callback.Uplink) error { panic("lost") }, callback.Options{Seen: seen})
		require.Panics(t, func() { callbacktest.Deliver(h, newRequest("POST", "/", "", timed)) })
		require.Equal(t, []string{"begin 2C30EA", "abort 2C30EA"}, seen.calls)
	})
}

// The cloud sends again after 1, 2 and 4 minutes: the first success counts.
func TestSeen_retries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fails, handled := 2, 0
		h := newHandler(t, func(context.Context, callback.Uplink) error {
			handled++
			if handled <= fails {
				return errors.New("disk full")
			}
			return nil
		}, callback.Options{Seen: newSeen(t)})
		var status []int
		for _, wait := range []time.Duration{0, time.Minute, 2 * time.Minute, 4 * time.Minute} {
			time.Sleep(wait)
			status = append(status, callbacktest.Deliver(h, newRequest("POST", "/", "", timed)).Code)
		}
		require.Equal(t, []int{500, 500, 204, 204}, status)
		require.Equal(t, 3, handled)
	})
}

func TestSeen_otherMessages(t *testing.T) {
	t.Parallel()
	var rec callbacktest.Recorder[callback.Uplink]
	h := newHandler(t, rec.Handle, callback.Options{Seen: newSeen(t)})
	for _, body := range []string{
		`{"device":"1","time":5,"seqNumber":7}`,
		`{"device":"1","time":5,"seqNumber":8}`,
		`{"device":"1","time":6,"seqNumber":7}`,
		`{"device":"2","time":5,"seqNumber":7}`,
		`{"device":"1","time":5}`,
		`{"device":"0001","time":"5","seqNumber":"0007"}`, // the first again
		`{"device":"3","time":5}` + "\n" + `{"device":"3","time":5}`,
	} {
		require.Equal(t, 204, callbacktest.Deliver(h, newRequest("POST", "/", "", body)).Code)
	}
	require.Len(t, rec.Messages(), 6)
}

// The answer to a device that no longer listens has no data.
func TestSeen_bidir(t *testing.T) {
	t.Parallel()
	h := newBidir(t, func(context.Context, callback.Bidir) (downlink.Reply, error) {
		return downlink.Send(downlink.Data{1}), nil
	}, callback.Options{Seen: newSeen(t)})
	require.Equal(t, http.StatusOK, callbacktest.Deliver(h, newRequest("POST", "/", "", timed)).Code)
	again := callbacktest.Deliver(h, newRequest("POST", "/", "", timed))
	require.Equal(t, http.StatusNoContent, again.Code)
	require.Empty(t, again.Body.String())
}

// Requests for one message at the same time run the function once and all get its
// result.
func TestSeen_atOnce(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		fail   error
		status int
	}{
		{"success", nil, http.StatusOK},
		{"failure", errors.New("disk full"), http.StatusInternalServerError},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handled := 0
				h := newBidir(t, func(context.Context, callback.Bidir) (downlink.Reply, error) {
					handled++
					time.Sleep(time.Second)
					return downlink.Send(downlink.Data{1}), tt.fail
				}, callback.Options{Seen: newSeen(t)})
				var wg sync.WaitGroup
				for range 5 {
					wg.Go(func() {
						w := callbacktest.Deliver(h, newRequest("POST", "/", "", timed))
						require.Equal(t, tt.status, w.Code)
						if tt.fail == nil {
							require.Equal(t, `{"2C30EA":{"downlinkData":"0100000000000000"}}`, w.Body.String())
						}
					})
				}
				wg.Wait()
				require.Equal(t, 1, handled)

				// What comes later is judged by itself.
				callbacktest.Deliver(h, newRequest("POST", "/", "", timed))
				require.Equal(t, tt.fail != nil, handled == 2)
			})
		})
	}
}

func TestSeen_atOnce_panic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, func(context.Context, callback.Uplink) error {
			time.Sleep(time.Second)
			panic("lost")
		}, callback.Options{Seen: newSeen(t)})
		var wg sync.WaitGroup
		wg.Go(func() {
			require.Panics(t, func() { callbacktest.Deliver(h, newRequest("POST", "/", "", timed)) })
		})
		synctest.Wait()
		wg.Go(func() {
			require.Equal(t, http.StatusServiceUnavailable, callbacktest.Deliver(h, newRequest("POST", "/", "", timed)).Code)
		})
		wg.Wait()
	})
}

// Who waits for another request's result does so no longer than for its own.
func TestSeen_atOnce_timeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		handled := 0
		h := newHandler(t, func(context.Context, callback.Uplink) error {
			mu.Lock()
			handled++
			mu.Unlock()
			time.Sleep(time.Minute) // and does not care for its context
			return nil
		}, callback.Options{Seen: newSeen(t)})
		var wg sync.WaitGroup
		wg.Go(func() {
			require.Equal(t, http.StatusNoContent, callbacktest.Deliver(h, newRequest("POST", "/", "", timed)).Code)
		})
		synctest.Wait()
		start := time.Now()
		w := callbacktest.Deliver(h, newRequest("POST", "/", "", timed))
		require.Equal(t, 8*time.Second, time.Since(start))
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		wg.Wait()
		require.Equal(t, 1, handled)
	})
}
