package dispatch_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// The Sigfox Cloud sends again 1, 2 and 4 minutes after the end of the attempt before.
func TestSigfoxCloud_instants(t *testing.T) {
	const second, minute = time.Second, time.Minute
	for name, tt := range map[string]struct {
		answer func(*testing.T) *server
		want   []time.Duration
	}{
		"error at once": {
			func(*testing.T) *server { return newServer(always(500)) },
			[]time.Duration{0, minute, 3 * minute, 7 * minute},
		},
		"timeout": {
			func(*testing.T) *server { return newServer(hang) },
			[]time.Duration{0, minute + 10*second, 3*minute + 20*second, 7*minute + 30*second},
		},
		"slow error": {
			func(*testing.T) *server { return newServer(after(3*second, 404)) },
			[]time.Duration{0, minute + 3*second, 3*minute + 6*second, 7*minute + 9*second},
		},
	} {
		t.Run(name+", Enqueue", func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := tt.answer(t)
				d := newDispatcher(t, dispatch.Options{Transport: s})
				stop := run(t, d)
				require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, 1)))
				sleep(time.Hour)
				require.Equal(t, tt.want, s.instants())
				require.Equal(t, errStop, stop())
				requireBalance(t, d)
				require.EqualValues(t, 1, d.Stats().Dropped[dispatch.DropAttempts])
			})
		})
		t.Run(name+", Send", func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := tt.answer(t)
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
