package keepalive_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
)

// TestManyDueAtOnce lets so many devices fall due in one tick that they are looked
// at in another order than they joined.
func TestManyDueAtOnce(t *testing.T) {
	t.Parallel()
	const devices = 100_000
	m := newMonitor(t, keepalive.Options{Delay: time.Hour, MaxDevices: devices})
	for i := range sigfox.DeviceID(devices) {
		require.NoError(t, m.Touch(t0, i*7919))
	}
	// Of four devices one speaks, one is removed and two are silent.
	for i := range sigfox.DeviceID(devices) {
		switch i % 4 {
		case 0:
			require.NoError(t, m.Touch(at(30*time.Minute), i*7919))
		case 1:
			require.True(t, m.Remove(i*7919))
		}
	}
	alerts := map[sigfox.DeviceID]int{}
	expire := func(now time.Time, enough int) {
		for b := range m.Expired(now) {
			require.Equal(t, now, b.Due())
			if alerts[b.Device]++; len(alerts) == enough {
				break
			}
		}
	}
	expire(at(time.Hour-time.Second), devices)
	require.Empty(t, alerts)
	expire(at(time.Hour), 1000) // stops in between
	expire(at(time.Hour), devices)
	require.Len(t, alerts, devices/2)
	expire(at(90*time.Minute-time.Second), devices)
	require.Len(t, alerts, devices/2)
	expire(at(90*time.Minute), devices)
	require.Len(t, alerts, devices*3/4)
	for id, n := range alerts {
		require.Equal(t, 1, n, id)
	}
}
