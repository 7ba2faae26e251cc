package downlink_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
)

func newLedger(t require.TestingT, o downlink.LedgerOptions) *downlink.Ledger {
	l, err := downlink.NewLedger(o)
	require.NoError(t, err)
	return l
}

func TestLedgerOptions(t *testing.T) {
	t.Parallel()
	_, err := downlink.NewLedger(downlink.LedgerOptions{MaxDevices: -1})
	require.ErrorContains(t, err, "MaxDevices")
}

func TestLedgerCountsTheUTCDay(t *testing.T) {
	t.Parallel()
	l := newLedger(t, downlink.LedgerOptions{})
	// Midnight elsewhere is none.
	evening := time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC).In(time.FixedZone("", 5*3600))
	require.Equal(t, 1, l.Add(evening, 1))
	require.Equal(t, 2, l.Add(evening, 1))
	require.Equal(t, 1, l.Add(evening, 2))
	midnight := evening.Add(time.Second)
	require.Equal(t, 0, l.Used(midnight, 1))
	l.Undo(midnight, 1)
	require.Equal(t, 1, l.Add(midnight, 1))
	require.Equal(t, 2, l.Add(evening, 1), "a clock that goes back stands still")
	l.Undo(evening, 1)
	require.Equal(t, 1, l.Used(evening, 1))
}

func TestLedgerIsBounded(t *testing.T) {
	t.Parallel()
	l := newLedger(t, downlink.LedgerOptions{MaxDevices: 2})
	l.Add(noon, 1)
	l.Add(noon, 2)
	require.Equal(t, 0, l.Add(noon, 3), "no room")
	require.Equal(t, 2, l.Add(noon, 1))
	require.EqualValues(t, 1, l.Uncounted())
	l.Undo(noon, 2)
	require.Equal(t, 1, l.Add(noon, 3), "a device that used nothing takes no room")
	require.Equal(t, 1, l.Add(noon.Add(24*time.Hour), 4), "nor does yesterday")
}

func TestLedgerConcurrent(t *testing.T) {
	t.Parallel()
	const goroutines, each = 8, 100
	l := newLedger(t, downlink.LedgerOptions{})
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for i := range each {
				l.Add(noon, 7)
				if i%2 == 1 {
					l.Undo(noon, 7)
				}
				l.Used(noon, 7)
			}
		})
	}
	wg.Wait()
	require.Equal(t, goroutines*each/2, l.Used(noon, 7))
}

// TestLedgerModel compares a Ledger with the whole history of what was used on
// which day.
func TestLedgerModel(t *testing.T) {
	t.Parallel()
	type use struct {
		day int64
		id  sigfox.DeviceID
	}
	rapid.Check(t, func(t *rapid.T) {
		const room = 3
		l := newLedger(t, downlink.LedgerOptions{MaxDevices: room})
		history, devices, uncounted := map[use]int{}, map[int64]int{}, uint64(0)
		now := noon
		step := func(t *rapid.T) (time.Time, use) {
			at := now.Add(time.Duration(rapid.IntRange(-3, 30).Draw(t, "hours")) * time.Hour)
			if at.After(now) {
				now = at
			}
			id := sigfox.DeviceID(rapid.IntRange(1, room+1).Draw(t, "device"))
			return at, use{now.Unix() / 86400, id}
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				at, u := step(t)
				want := history[u] + 1
				if history[u] == 0 && devices[u.day] == room {
					want = 0
					uncounted++
				} else {
					if history[u] == 0 {
						devices[u.day]++
					}
					history[u]++
				}
				require.Equal(t, want, l.Add(at, u.id))
			},
			"undo": func(t *rapid.T) {
				at, u := step(t)
				if history[u] > 0 {
					history[u]--
					if history[u] == 0 {
						devices[u.day]--
					}
				}
				l.Undo(at, u.id)
			},
			"used": func(t *rapid.T) {
				at, u := step(t)
				require.Equal(t, history[u], l.Used(at, u.id))
			},
			"": func(t *rapid.T) { require.Equal(t, uncounted, l.Uncounted()) },
		})
	})
}
