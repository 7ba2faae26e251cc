package routing_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
)

// TestConcurrentChanges routes while everything changes. What a reader sees must be
// of one moment: there are always two callbacks, one of which is selected.
func TestConcurrentChanges(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	group := putGroup(t, r, routing.Group{Callbacks: []dispatch.TargetOptions{target(callback.EventCallback, withID(9))}})
	stable := putType(t, r, routing.DeviceType{
		GroupID: group, DownlinkMode: routing.DownlinkCallback, Rate: 1,
		Callbacks: []dispatch.TargetOptions{target(callback.DataBidir, withID(1), hooked), target(callback.DataBidir, withID(2))},
	})
	other := putType(t, r, routing.DeviceType{Callbacks: []dispatch.TargetOptions{target(callback.DataUplink, withID(3))}})
	putDevice(t, r, 1, stable)
	putDevice(t, r, 2, stable)

	const rounds = 300
	var writers, readers sync.WaitGroup
	change := func(f func(i int)) {
		writers.Go(func() {
			for i := range rounds {
				f(i)
			}
		})
	}
	change(func(i int) { check(t, r.SelectDownlink(id(1+i%2))) })
	change(func(i int) { check(t, r.UpdateCallback(id(1+i%2), target(callback.DataBidir))) })
	change(func(i int) { check(t, r.EnableCallback(id(9), i%2 == 0)) })
	change(func(i int) {
		check(t, r.PutDevice(routing.Device{ID: 2, DeviceTypeID: []string{stable, other}[i%2]}))
	})
	change(func(int) {
		_, err := r.PutDeviceType(routing.DeviceType{ID: stable, GroupID: group, DownlinkMode: routing.DownlinkCallback, Rate: 1})
		check(t, err)
	})
	change(func(i int) { // device types that come and go, with their device
		dt, err := r.PutDeviceType(routing.DeviceType{Callbacks: []dispatch.TargetOptions{target(callback.DataUplink)}})
		check(t, err)
		check(t, r.PutDevice(routing.Device{ID: sigfox.DeviceID(1000 + i), DeviceTypeID: dt}))
		check(t, r.RemoveDevice(sigfox.DeviceID(1000+i)))
		check(t, r.RemoveDeviceType(dt))
	})
	done := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				readAll(t, r, stable, group)
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func readAll(t *testing.T, r *routing.Registry, stable, group string) {
	t.Helper()
	v, _ := r.View(1)
	n, selected := 0, 0
	for target := range v.Targets(callback.DataBidir) {
		n++
		if target.Definition().DownlinkHook {
			selected++
		}
	}
	if n != 2 || selected != 1 || v.Hook() == nil {
		t.Errorf("%d targets, %d selected, hook %v", n, selected, v.Hook())
	}
	for target := range r.Route(2, callback.DataUplink) {
		if target.ID() != id(3) {
			t.Errorf("device 2 goes to %s", target.ID())
		}
	}
	for i := range 10 {
		for target := range r.Route(sigfox.DeviceID(1000+i), callback.DataUplink) {
			if target.OwnerID() == stable {
				t.Error("a device of another type")
			}
		}
	}
	ids(r.RouteEvent(group))
	r.Allow(start, stable)
	for d := range r.Devices(stable) {
		require.LessOrEqual(t, d.ID, sigfox.DeviceID(2))
	}
	for dt := range r.DeviceTypes() {
		_ = dt.ID
	}
}
