package routing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback/routing"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestAllow(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	dt := putType(t, r, routing.DeviceType{Rate: 2, Burst: 3})
	at := func(d time.Duration) bool { return r.Allow(start.Add(d), dt) }
	for range 3 {
		require.True(t, at(0), "the burst")
	}
	require.False(t, at(0))
	require.False(t, at(499*time.Millisecond))
	require.True(t, at(500*time.Millisecond), "two a second")
	require.False(t, at(0), "a clock that goes back stands still")
	require.False(t, at(500*time.Millisecond), "and nothing is won by it")
	require.True(t, at(time.Second))

	putType(t, r, routing.DeviceType{ID: dt, Name: "Fridge", Rate: 2, Burst: 3})
	require.False(t, at(time.Second), "another name does not fill the limit")
	putDevice(t, r, 1, dt)
	v, _ := r.View(1)
	require.False(t, v.Allow(start.Add(time.Second)), "a view takes from the same limit")

	putType(t, r, routing.DeviceType{ID: dt, Rate: 0.5})
	require.True(t, at(time.Second), "another limit is full")
	require.False(t, at(time.Second), "the burst is the rate, rounded up")
	putType(t, r, routing.DeviceType{ID: dt})
	for range 1000 {
		require.True(t, at(0), "no limit")
	}
	require.True(t, r.Allow(start, id(99)), "unknown device type")
}
