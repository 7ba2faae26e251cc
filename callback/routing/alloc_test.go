//go:build !race

package routing_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
)

func TestReadingAllocatesNothing(t *testing.T) {
	r := newRegistry(t)
	top := putGroup(t, r, routing.Group{Callbacks: []dispatch.TargetOptions{target(callback.EventCallback)}})
	group := putGroup(t, r, routing.Group{ParentID: top, Callbacks: []dispatch.TargetOptions{target(callback.EventCallback)}})
	dt := putType(t, r, routing.DeviceType{GroupID: group, Rate: 1e9, Callbacks: []dispatch.TargetOptions{
		target(callback.DataUplink), target(callback.DataUplink),
	}})
	putDevice(t, r, 1, dt)
	n := 0
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"Route", func() {
			for range r.Route(1, callback.DataUplink) {
				n++
			}
		}},
		{"View", func() {
			v, _ := r.View(1)
			for range v.Targets(callback.DataUplink) {
				n++
			}
			v.Allow(start)
		}},
		{"RouteEvent", func() {
			for range r.RouteEvent(group) {
				n++
			}
		}},
		{"Allow", func() { r.Allow(start, dt) }},
	} {
		require.Zero(t, testing.AllocsPerRun(100, c.f), c.name)
	}
	require.Equal(t, 3*101*2, n, "all were reached")
}

func TestBytesPerDevice(t *testing.T) {
	r := newRegistry(t)
	dt := putType(t, r, routing.DeviceType{})
	const devices = 200_000
	before := heap()
	for i := range sigfox.DeviceID(devices) {
		putDevice(t, r, 0x100000+i, dt)
	}
	perDevice := float64(heap()-before) / devices
	t.Logf("%.1f bytes a device", perDevice)
	require.Less(t, perDevice, 32.0)
	runtime.KeepAlive(r)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkRoute(b *testing.B) {
	r := newRegistry(b)
	dt := putType(b, r, routing.DeviceType{Callbacks: []dispatch.TargetOptions{target(callback.DataUplink)}})
	const devices = 1_000_000
	for i := range sigfox.DeviceID(devices) {
		putDevice(b, r, 1+i, dt)
	}
	b.ReportAllocs()
	next, n := sigfox.DeviceID(0), 0
	for b.Loop() {
		next = (next + 7919) % devices
		for range r.Route(1+next, callback.DataUplink) {
			n++
		}
	}
}
