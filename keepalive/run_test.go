package keepalive_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
)

// call is one call of the function given to Run.
type call struct {
	Device sigfox.DeviceID
	After  time.Duration // since the bubble began
}

// recorder is a function for Run that fails as often as told.
type recorder struct {
	mu    sync.Mutex
	start time.Time
	calls []call
	fail  map[sigfox.DeviceID]int
	work  time.Duration
}

func newRecorder() *recorder {
	return &recorder{start: time.Now(), fail: map[sigfox.DeviceID]int{}}
}

// seen returns the calls so far, once everybody is asleep.
func (r *recorder) seen() []call {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

var errRefused = errors.New("refused")

func (r *recorder) alert(_ context.Context, b keepalive.Breach) error {
	r.mu.Lock()
	r.calls = append(r.calls, call{b.Device, time.Since(r.start)})
	fails := r.fail[b.Device] > 0
	r.fail[b.Device]--
	r.mu.Unlock()
	time.Sleep(r.work)
	if fails {
		return errRefused
	}
	return nil
}

// running runs m in the bubble until the returned function is called.
func running(t *testing.T, m *keepalive.Monitor, fn func(context.Context, keepalive.Breach) error) (stop func()) {
	t.Helper()
	cause := errors.New("test is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error)
	go func() { done <- m.Run(ctx, fn) }()
	return func() {
		cancel(cause)
		require.ErrorIs(t, <-done, cause)
	}
}

func TestRunAlertsAtTheDueTick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMonitor(t, keepalive.Options{Delay: time.Hour})
		r := newRecorder()
		defer running(t, m, r.alert)()
		require.NoError(t, m.Set(time.Now(), 2, 30*time.Minute))
		require.NoError(t, m.Touch(time.Now(), 1))
		time.Sleep(45 * time.Minute)
		require.NoError(t, m.Touch(time.Now(), 1))
		require.NoError(t, m.Touch(time.Now(), 2))
		time.Sleep(24 * time.Hour)
		require.Equal(t, []call{{2, 30 * time.Minute}, {2, 75 * time.Minute}, {1, 105 * time.Minute}}, r.seen())
	})
}

func TestRunAlertsWithinATick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMonitor(t, keepalive.Options{Delay: time.Hour})
		r := newRecorder()
		time.Sleep(300 * time.Millisecond)
		defer running(t, m, r.alert)()
		time.Sleep(400 * time.Millisecond)
		require.NoError(t, m.Touch(time.Now(), 1))
		time.Sleep(2 * time.Hour)
		require.Equal(t, []call{{1, time.Hour + time.Second}}, r.seen())
	})
}

func TestRunTriesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMonitor(t, keepalive.Options{Delay: time.Hour, Retry: 10 * time.Minute})
		r := newRecorder()
		r.fail[1] = 2
		defer running(t, m, r.alert)()
		require.NoError(t, m.Touch(time.Now(), 1))
		time.Sleep(time.Minute)
		require.NoError(t, m.Touch(time.Now(), 2))
		time.Sleep(time.Hour)
		require.NoError(t, m.Touch(time.Now(), 1), "a message does not take the alert back")
		time.Sleep(50 * time.Minute)
		require.Equal(t, []call{{1, time.Hour}, {2, time.Hour + time.Minute}, {1, time.Hour + 10*time.Minute}, {1, time.Hour + 20*time.Minute}}, r.seen())
		require.Zero(t, m.Waiting())
	})
}

func TestRunFindsWhatIsDueWhileTheFunctionWorks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMonitor(t, keepalive.Options{Delay: time.Hour})
		r := newRecorder()
		r.work = 30 * time.Minute
		stop := running(t, m, r.alert)
		for id := range sigfox.DeviceID(3) {
			require.NoError(t, m.Touch(time.Now(), id))
			time.Sleep(time.Minute)
		}
		time.Sleep(time.Hour)
		for id := range sigfox.DeviceID(3) {
			require.NoError(t, m.Touch(time.Now(), id), "too late")
		}
		time.Sleep(59 * time.Minute)
		stop()
		require.Equal(t, []call{{0, time.Hour}, {1, 90 * time.Minute}, {2, 120 * time.Minute}}, r.seen())
	})
}

func TestRunKeepsWhatWasNotAccepted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := keepalive.Options{Delay: time.Hour}
		m := newMonitor(t, o)
		r := newRecorder()
		r.fail[1], r.fail[2] = 1000, 1000
		stop := running(t, m, r.alert)
		require.NoError(t, m.Touch(time.Now(), 1))
		require.NoError(t, m.Touch(time.Now(), 2))
		require.NoError(t, m.Touch(time.Now(), 3))
		time.Sleep(90 * time.Minute)
		stop()
		require.Equal(t, 2, m.Waiting())

		var snapshot bytes.Buffer
		require.NoError(t, m.Touch(time.Now(), 2), "speaks again before its alert is delivered")
		require.NoError(t, m.Snapshot(&snapshot))
		restored, err := keepalive.Restore(o, &snapshot)
		require.NoError(t, err)
		for name, m := range map[string]*keepalive.Monitor{"run again": m, "restored": restored} {
			r := newRecorder()
			stop = running(t, m, r.alert)
			time.Sleep(20 * time.Minute)
			stop()
			require.ElementsMatch(t, []call{{1, 0}, {2, 0}}, r.seen(), name)
			require.Zero(t, m.Waiting(), name)
		}
	})
}

func TestSnapshotDuringDelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := keepalive.Options{Delay: time.Hour}
		m := newMonitor(t, o)
		var snapshot bytes.Buffer
		defer running(t, m, func(context.Context, keepalive.Breach) error { return m.Snapshot(&snapshot) })()
		require.NoError(t, m.Touch(time.Now(), 1))
		time.Sleep(2 * time.Hour)
		require.Zero(t, m.Waiting())
		restored, err := keepalive.Restore(o, &snapshot)
		require.NoError(t, err)
		require.Equal(t, []sigfox.DeviceID{1}, expired(restored, time.Now()), "was not accepted at that moment")
		require.Empty(t, expired(restored, time.Now()))
	})
}

func TestRunStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMonitor(t, keepalive.Options{Delay: time.Hour})
		stop := running(t, m, newRecorder().alert)
		synctest.Wait()
		require.ErrorIs(t, m.Run(t.Context(), newRecorder().alert), keepalive.ErrRunning)
		stop()

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, m.Run(ctx, newRecorder().alert), context.Canceled)

		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, m.Run(ctx, newRecorder().alert), context.DeadlineExceeded)
	})
}

func TestRunPassesContextAndPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMonitor(t, keepalive.Options{Delay: time.Hour})
		require.NoError(t, m.Touch(time.Now(), 1))
		type key struct{}
		ctx := context.WithValue(t.Context(), key{}, "value")
		require.PanicsWithValue(t, "value", func() {
			_ = m.Run(ctx, func(ctx context.Context, _ keepalive.Breach) error { panic(ctx.Value(key{})) })
		})
		require.Equal(t, 1, m.Waiting(), "not lost")
		require.Len(t, expired(m, time.Now()), 1)
	})
}

func TestSearchPausesWhenTooManyWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const devices = 200
		m := newMonitor(t, keepalive.Options{Delay: time.Hour, MaxDevices: devices})
		r := newRecorder()
		for id := range sigfox.DeviceID(devices) {
			r.fail[id] = 1 << 30
		}
		defer running(t, m, r.alert)()
		for range 10 { // ten silences of each device, of which none can be delivered
			for id := range sigfox.DeviceID(devices) {
				require.NoError(t, m.Touch(time.Now(), id))
			}
			time.Sleep(2 * time.Hour)
		}
		require.GreaterOrEqual(t, m.Waiting(), devices)
		require.Less(t, m.Waiting(), 2*devices)
	})
}
