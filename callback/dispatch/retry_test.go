package dispatch_test

import (
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// answerFunc answers a request to a fake server.
type answerFunc func(n int, c call, r *http.Request) (*http.Response, error)

// The Sigfox Cloud sends again 1, 2 and 4 minutes after the end of the attempt before.
func TestSigfoxCloud_instants(t *testing.T) {
	t.Parallel()
	const second, minute = time.Second, time.Minute
	for name, tt := range map[string]struct {
		answer answerFunc
		want   []time.Duration
	}{
		"error at once": {always(500), []time.Duration{0, minute, 3 * minute, 7 * minute}},
		"timeout": {
			hang, []time.Duration{0, minute + 10*second, 3*minute + 20*second, 7*minute + 30*second},
		},
		"slow error": {
			after(3*second, 404), []time.Duration{0, minute + 3*second, 3*minute + 6*second, 7*minute + 9*second},
		},
	} {
		t.Run(name+", Enqueue", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(tt.answer)
				d := newDispatcher(t, dispatch.Options{Transport: s})
				stop := run(t, d)
				require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, 1)))
				sleep(time.Hour)
				require.Equal(t, tt.want, s.instants())
				require.Equal(t, errStop, stop())
				requireBalance(t, d)
				require.EqualValues(t, 1, d.Stats().Dropped[dispatch.DropAttempts])
				require.EqualValues(t, 3, d.Stats().Retries)
			})
		})
		t.Run(name+", Send", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(tt.answer)
				d := newDispatcher(t, dispatch.Options{Transport: s})
				result, err := d.Send(t.Context(), request(t, plain(t, "a"), 1, 1))
				require.ErrorContains(t, err, "not delivered in 4 attempts")
				require.Len(t, result.Attempts, 4)
				require.Equal(t, tt.want, s.instants())
				requireBalance(t, d)
			})
		})
	}
}

// A server can ask for more time, up to a limit, but not for less.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		header string
		want   time.Duration // of the second request
	}{
		"seconds":           {"90", 90 * time.Second},
		"sooner":            {"1", time.Minute},
		"instant":           {"Sat, 01 Jan 2000 00:05:00 GMT", 5 * time.Minute}, // a bubble starts in 2000
		"instant in past":   {"Fri, 31 Dec 1999 00:05:00 GMT", time.Minute},
		"above the cap":     {"86400", 15 * time.Minute},
		"484289 hours":      {"1743440400", 15 * time.Minute},
		"above an int64":    {"99999999999999999999", 15 * time.Minute},
		"above a Duration":  {"9223372036854775807", 15 * time.Minute},
		"negative":          {"-5", time.Minute},
		"nonsense":          {"soon", time.Minute},
		"fraction":          {"90.5", time.Minute},
		"instant in ages":   {"Fri, 31 Dec 9999 00:05:00 GMT", 15 * time.Minute},
		"no header at all":  {"", time.Minute},
		"instant, RFC 850":  {"Saturday, 01-Jan-00 00:05:00 GMT", 5 * time.Minute},
		"instant, asctime":  {"Sat Jan  1 00:05:00 2000", 5 * time.Minute},
		"instant, bad zone": {"Sat, 01 Jan 2000 00:05:00 CET", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(func(n int, _ call, _ *http.Request) (*http.Response, error) {
					if n == 1 {
						return response(503, "", "Retry-After", tt.header), nil
					}
					return response(204, ""), nil
				})
				d := newDispatcher(t, dispatch.Options{Transport: s})
				result, err := d.Send(t.Context(), request(t, plain(t, "a"), 1, 1))
				require.NoError(t, err)
				require.True(t, result.Delivered)
				require.Equal(t, []time.Duration{0, tt.want}, s.instants())
			})
		})
	}
}

// Whatever the policy and the server say, a delay is never shorter than the schedule
// has it, nor longer than jitter and cap allow, and does not overflow.
func TestRetryPolicy_delay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := dispatch.RetryPolicy{
			Delays:        []time.Duration{time.Duration(rapid.Int64Range(0, math.MaxInt64).Draw(t, "delay"))},
			Jitter:        rapid.Float64Range(0, 1).Draw(t, "jitter"),
			MaxRetryAfter: time.Duration(rapid.Int64Range(0, math.MaxInt64).Draw(t, "cap")),
		}
		retryAfter := time.Duration(rapid.Int64Range(0, math.MaxInt64).Draw(t, "retryAfter"))
		got, ok := p.Delay(1, retryAfter, rapid.Float64Range(0, 1).Draw(t, "random"))
		require.True(t, ok)
		require.GreaterOrEqual(t, got, p.Delays[0])
		require.GreaterOrEqual(t, got, min(retryAfter, p.MaxRetryAfter))
		highest := float64(p.Delays[0]) * (1 + p.Jitter) * 1.000001
		require.LessOrEqual(t, float64(got), max(highest, float64(min(retryAfter, p.MaxRetryAfter))))
		_, ok = p.Delay(2, retryAfter, 0)
		require.False(t, ok, "there is no second delay")
	})
}

func TestStandardWebhooks_instants(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(500))
		p := dispatch.StandardWebhooks()
		d := newDispatcher(t, dispatch.Options{Transport: s, Retry: &p})
		_, err := d.Send(t.Context(), request(t, plain(t, "a"), 1, 1))
		require.ErrorContains(t, err, "not delivered in 10 attempts")
		at := s.instants()
		require.Len(t, at, 10)
		for i, least := range p.Delays {
			wait := at[i+1] - at[i]
			require.GreaterOrEqual(t, wait, least)
			require.LessOrEqual(t, wait, least+least/5)
		}
	})
}

func TestStandardWebhooks_decide(t *testing.T) {
	t.Parallel()
	decide := dispatch.StandardWebhooks().Decide
	for _, status := range []int{301, 400, 401, 403, 404, 413, 429, 500, 502, 503, 504} {
		require.Equal(t, dispatch.Retry, decide(dispatch.Attempt{Status: status, Reason: dispatch.ReasonStatus}), status)
	}
	require.Equal(t, dispatch.Disable, decide(dispatch.Attempt{Status: 410, Reason: dispatch.ReasonStatus}))
	require.Equal(t, dispatch.GiveUp, decide(dispatch.Attempt{Reason: dispatch.ReasonForbidden}))
	require.Equal(t, dispatch.GiveUp, decide(dispatch.Attempt{Reason: dispatch.ReasonRequest}))
	require.Equal(t, dispatch.Retry, decide(dispatch.Attempt{Reason: dispatch.ReasonDNS}))
}

// A request is not kept for an attempt that would come too late.
func TestRetryPolicy_maxAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(503))
		d := newDispatcher(t, dispatch.Options{Transport: s, Retry: &dispatch.RetryPolicy{
			Delays: []time.Duration{time.Minute, time.Minute, time.Minute}, MaxAge: 2 * time.Minute,
		}})
		stop := run(t, d)
		require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, 1)))
		sleep(time.Hour)
		require.Equal(t, []time.Duration{0, time.Minute, 2 * time.Minute}, s.instants())
		require.EqualValues(t, 1, d.Stats().Dropped[dispatch.DropExpired])
		require.Equal(t, errStop, stop())
	})
}

func TestRetryPolicy_giveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(always(400))
		d := newDispatcher(t, dispatch.Options{Transport: s})
		stop := run(t, d)
		target := newTarget(t, dispatch.TargetOptions{ID: "a", Retry: &dispatch.RetryPolicy{
			Delays: []time.Duration{time.Minute},
			Decide: func(a dispatch.Attempt) dispatch.Decision {
				if a.Status == 400 {
					return dispatch.GiveUp
				}
				return dispatch.Retry
			},
		}})
		require.NoError(t, d.Enqueue(t.Context(), request(t, target, 1, 1)))
		sleep(time.Hour)
		require.Len(t, s.seen(), 1)
		require.EqualValues(t, 1, d.Stats().Dropped[dispatch.DropFinal])
		require.Equal(t, errStop, stop())
	})
}

func TestRetryPolicy_invalid(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]dispatch.RetryPolicy{
		"RetryPolicy.Delays is -1":        {Delays: []time.Duration{-1}},
		"RetryPolicy.Jitter is -0.1":      {Jitter: -0.1},
		"RetryPolicy.Jitter is above 1":   {Jitter: 1.1},
		"RetryPolicy.Jitter is NaN":       {Jitter: math.NaN()},
		"RetryPolicy.MaxRetryAfter is -1": {MaxRetryAfter: -1},
		"RetryPolicy.MaxAge is -1":        {MaxAge: -1},
	} {
		_, err := dispatch.New(dispatch.Options{Retry: &p})
		require.ErrorContains(t, err, want)
		_, err = dispatch.NewTarget(dispatch.TargetOptions{ID: "a", Retry: &p})
		require.ErrorContains(t, err, want)
	}
}
