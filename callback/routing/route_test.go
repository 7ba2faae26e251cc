package routing_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
)

func TestRoute(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	dt := putType(t, r, routing.DeviceType{Callbacks: []dispatch.TargetOptions{
		target(callback.DataUplink, withID(1)),
		target(callback.DataUplink, withID(2), disabled),
		target(callback.ErrorCallback, withID(3)),
		target(callback.DataUplink, withID(4)),
		target(callback.DataBidir, withID(5)),
		target(callback.DataBidir, withID(6), hooked),
	}})
	other := putType(t, r, routing.DeviceType{Callbacks: []dispatch.TargetOptions{target(callback.DataUplink, withID(7))}})
	putDevice(t, r, 0x2C30EA, dt)
	putDevice(t, r, 1, other)

	for _, c := range []struct {
		name    string
		service callback.Service
		want    []string
	}{
		{"several in their order, without the disabled one", callback.DataUplink, []string{id(1), id(4)}},
		{"one", callback.ErrorCallback, []string{id(3)}},
		{"all BIDIR, selected or not", callback.DataBidir, []string{id(5), id(6)}},
		{"none", callback.ServiceDataAdvanced, nil},
		{"events are not the device type's", callback.EventCallback, nil},
		{"unknown service", callback.Service(200), nil},
		{"no service", 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, ids(r.Route(0x2C30EA, c.service)))
		})
	}
	require.Equal(t, []string{id(7)}, ids(r.Route(1, callback.DataUplink)))
	require.Empty(t, ids(r.Route(2, callback.DataUplink)), "unknown device")

	for first := range r.Route(0x2C30EA, callback.DataUplink) {
		require.Equal(t, id(1), first.ID())
		require.Equal(t, dt, first.OwnerID())
		break
	}
}

func TestRouteAfterMove(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	a := putType(t, r, routing.DeviceType{Callbacks: []dispatch.TargetOptions{target(callback.DataUplink, withID(1))}})
	b := putType(t, r, routing.DeviceType{Callbacks: []dispatch.TargetOptions{target(callback.DataUplink, withID(2))}})
	putDevice(t, r, 1, a)
	putDevice(t, r, 1, b)
	require.Equal(t, []string{id(2)}, ids(r.Route(1, callback.DataUplink)))
	require.NoError(t, r.RemoveDeviceType(a), "the device has left it")
	require.ErrorIs(t, r.RemoveDeviceType(b), routing.ErrInUse)

	// The place of a device type that was removed is used again.
	c := putType(t, r, routing.DeviceType{Callbacks: []dispatch.TargetOptions{target(callback.DataUplink, withID(3))}})
	putDevice(t, r, 2, c)
	require.Equal(t, []string{id(2)}, ids(r.Route(1, callback.DataUplink)))
	require.Equal(t, []string{id(3)}, ids(r.Route(2, callback.DataUplink)))
	require.NoError(t, r.RemoveDevice(1))
	require.Empty(t, ids(r.Route(1, callback.DataUplink)))
	require.NoError(t, r.RemoveDeviceType(b))
}

func TestRouteEvent(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	root := putGroup(t, r, routing.Group{Name: "Operator", Callbacks: []dispatch.TargetOptions{
		target(callback.EventCallback, withID(1)),
	}})
	reseller := putGroup(t, r, routing.Group{ParentID: root})
	customer := putGroup(t, r, routing.Group{ParentID: reseller, Callbacks: []dispatch.TargetOptions{
		target(callback.EventCallback, withID(2)),
		target(callback.EventCallback, withID(3), disabled),
		target(callback.EventCallback, withID(4)),
	}})
	sibling := putGroup(t, r, routing.Group{ParentID: root, Callbacks: []dispatch.TargetOptions{
		target(callback.EventCallback, withID(5)),
	}})

	require.Equal(t, []string{id(2), id(4), id(1)}, ids(r.RouteEvent(customer)), "the nearest first")
	require.Equal(t, []string{id(1)}, ids(r.RouteEvent(reseller)), "from above, not from below")
	require.Equal(t, []string{id(5), id(1)}, ids(r.RouteEvent(sibling)))
	require.Empty(t, ids(r.RouteEvent(id(99))), "unknown group")
	for first := range r.RouteEvent(customer) {
		require.Equal(t, id(2), first.ID())
		break
	}

	deep := customer
	for range 40 {
		deep = putGroup(t, r, routing.Group{ParentID: deep})
	}
	require.Equal(t, []string{id(2), id(4), id(1)}, ids(r.RouteEvent(deep)), "however deep")
}

func TestView(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	group := putGroup(t, r, routing.Group{})
	dt := putType(t, r, routing.DeviceType{
		GroupID: group, KeepAlive: 7200e9, AlertEmail: "ops@example.com", DownlinkData: "{time}0000{rssi}",
		Callbacks: []dispatch.TargetOptions{target(callback.DataBidir, withID(1), hooked)},
	})
	putDevice(t, r, 1, dt)
	_, ok := r.View(2)
	require.False(t, ok)

	v, ok := r.View(1)
	require.True(t, ok)
	require.Equal(t, dt, v.ID())
	require.Equal(t, group, v.GroupID())
	require.EqualValues(t, 7200e9, v.KeepAlive())
	require.Equal(t, "ops@example.com", v.AlertEmail())
	require.Equal(t, 140, v.UplinksPerDay(), "the default")
	require.Equal(t, 4, v.DownlinksPerDay(), "the default")
	require.Equal(t, routing.DownlinkDirect, v.DownlinkMode())
	require.Equal(t, "{time}0000{rssi}", v.Direct().String())
	require.Nil(t, v.Hook(), "nobody is asked in the mode DIRECT")
	require.True(t, v.Allow(start))

	putType(t, r, routing.DeviceType{ID: dt, DownlinkMode: routing.DownlinkCallback, NoDownlinks: true})
	require.Equal(t, routing.DownlinkDirect, v.DownlinkMode(), "a view does not change")
	require.NotNil(t, v.Direct())
	v, _ = r.View(1)
	require.Nil(t, v.Direct())
	require.Equal(t, id(1), v.Hook().ID(), "the callbacks were left as they were")
	require.Equal(t, []string{id(1)}, ids(v.Targets(callback.DataBidir)))
	require.Zero(t, v.DownlinksPerDay())
}

func TestHook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		mode   routing.DownlinkMode
		change func(r *routing.Registry) error
		want   string
	}{
		{"selected", routing.DownlinkCallback, func(r *routing.Registry) error {
			return r.SelectDownlink(id(1))
		}, id(1)},
		{"selected again", routing.DownlinkCallback, func(r *routing.Registry) error {
			return errors.Join(r.SelectDownlink(id(1)), r.SelectDownlink(id(2)))
		}, id(2)},
		{"none selected", routing.DownlinkCallback, func(*routing.Registry) error { return nil }, ""},
		{"disabled", routing.DownlinkCallback, func(r *routing.Registry) error {
			return errors.Join(r.SelectDownlink(id(1)), r.EnableCallback(id(1), false))
		}, ""},
		{"enabled again", routing.DownlinkCallback, func(r *routing.Registry) error {
			return errors.Join(r.SelectDownlink(id(1)), r.EnableCallback(id(1), false), r.EnableCallback(id(1), true))
		}, id(1)},
		{"removed", routing.DownlinkCallback, func(r *routing.Registry) error {
			return errors.Join(r.SelectDownlink(id(1)), r.RemoveCallback(id(1)))
		}, ""},
		{"no longer BIDIR", routing.DownlinkCallback, func(r *routing.Registry) error {
			return errors.Join(r.SelectDownlink(id(1)), r.UpdateCallback(id(1), target(callback.DataUplink)), r.UpdateCallback(id(1), target(callback.DataBidir)))
		}, ""},
		{"DIRECT", routing.DownlinkDirect, func(r *routing.Registry) error {
			return r.SelectDownlink(id(1))
		}, ""},
		{"MANAGED", routing.DownlinkManaged, func(r *routing.Registry) error {
			return r.SelectDownlink(id(1))
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRegistry(t)
			dt := putType(t, r, routing.DeviceType{DownlinkMode: c.mode, Callbacks: []dispatch.TargetOptions{
				target(callback.DataBidir, withID(1)), target(callback.DataBidir, withID(2)),
			}})
			putDevice(t, r, 1, dt)
			require.NoError(t, c.change(r))
			v, _ := r.View(1)
			got := ""
			if v.Hook() != nil {
				got = v.Hook().ID()
				require.True(t, v.Hook().Definition().DownlinkHook)
			}
			require.Equal(t, c.want, got)
		})
	}
}
