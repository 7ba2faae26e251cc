package routing_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
)

func TestDeviceTypes(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	for _, n := range []int{3, 1, 2} {
		putType(t, r, routing.DeviceType{ID: id(n), Callbacks: []dispatch.TargetOptions{target(callback.DataUplink)}})
	}
	want := routing.DeviceType{
		ID: id(1), DownlinkData: "{tapId}0000{rssi}", UplinksPerDay: 140, DownlinksPerDay: 4,
		Callbacks: []dispatch.TargetOptions{target(callback.DataUplink)},
	}
	want.Callbacks[0].ID, want.Callbacks[0].OwnerID, want.Callbacks[0].Definition.ID = id(0xf00002), id(1), id(0xf00002)
	got, ok := r.DeviceType(id(1))
	require.True(t, ok)
	require.Empty(t, cmp.Diff(want, got), "with its defaults")
	_, ok = r.DeviceType(id(9))
	require.False(t, ok)

	var all []string
	for dt := range r.DeviceTypes() {
		all = append(all, dt.ID)
		require.NoError(t, r.RemoveDeviceType(dt.ID), "the registry may change in the loop")
	}
	require.Equal(t, []string{id(1), id(2), id(3)}, all)
	for range r.DeviceTypes() {
		t.Error("all are removed")
	}
	require.ErrorIs(t, r.RemoveDeviceType(id(1)), routing.ErrNotFound)
}

func TestDeviceTypesStops(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	putType(t, r, routing.DeviceType{})
	putType(t, r, routing.DeviceType{})
	putGroup(t, r, routing.Group{})
	putGroup(t, r, routing.Group{})
	n := 0
	for range r.DeviceTypes() {
		n++
		break
	}
	for range r.Groups() {
		n++
		break
	}
	require.Equal(t, 2, n)
}

func TestGroups(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	putGroup(t, r, routing.Group{ID: id(2), Name: "Shops"})
	putGroup(t, r, routing.Group{ID: id(1), Name: "Fridges", ParentID: id(2)})
	putType(t, r, routing.DeviceType{ID: id(3), GroupID: id(1)})

	all := slices.Collect(r.Groups())
	require.Equal(t, []routing.Group{
		{ID: id(1), Name: "Fridges", ParentID: id(2), Callbacks: []dispatch.TargetOptions{}},
		{ID: id(2), Name: "Shops", Callbacks: []dispatch.TargetOptions{}},
	}, all)
	got, ok := r.Group(id(1))
	require.True(t, ok)
	require.Equal(t, all[0], got)
	_, ok = r.Group(id(9))
	require.False(t, ok)

	require.ErrorIs(t, r.RemoveGroup(id(9)), routing.ErrNotFound)
	require.ErrorIs(t, r.RemoveGroup(id(2)), routing.ErrInUse, "a group is below it")
	require.ErrorContains(t, r.RemoveGroup(id(1)), `routing: in use: group "`+id(1)+`" has 1 device types and groups`)
	require.NoError(t, r.RemoveDeviceType(id(3)))
	require.NoError(t, r.RemoveGroup(id(1)))
	require.NoError(t, r.RemoveGroup(id(2)))
}

func TestDevices(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	a, b := putType(t, r, routing.DeviceType{}), putType(t, r, routing.DeviceType{})
	named := routing.Device{
		ID: 0x2C30EA, DeviceTypeID: a, Name: "Fridge 7", Lat: sigfox.Some(48.85), Lng: sigfox.Some(2.35), Zone: sigfox.RC4,
	}
	require.NoError(t, r.PutDevice(named))
	putDevice(t, r, 0xFFFFFFFF, a)
	putDevice(t, r, 2, a)
	putDevice(t, r, 3, b)

	got, ok := r.Device(0x2C30EA)
	require.True(t, ok)
	require.Equal(t, named, got)
	_, ok = r.Device(4)
	require.False(t, ok)

	var all []sigfox.DeviceID
	for d := range r.Devices(a) {
		require.Equal(t, a, d.DeviceTypeID)
		all = append(all, d.ID)
		if d.ID == 2 {
			require.NoError(t, r.RemoveDevice(0x2C30EA), "the registry may change in the loop")
		}
	}
	require.Equal(t, []sigfox.DeviceID{2, 0xFFFFFFFF}, all)
	for d := range r.Devices(a) {
		require.EqualValues(t, 2, d.ID)
		break
	}
	for range r.Devices(id(99)) {
		t.Error("unknown device type")
	}
	require.ErrorIs(t, r.RemoveDevice(4), routing.ErrNotFound)
	require.NoError(t, r.PutDevice(named))
	putDevice(t, r, named.ID, a)
	got, _ = r.Device(named.ID)
	require.Equal(t, routing.Device{ID: named.ID, DeviceTypeID: a}, got, "its details are replaced")
}

func TestDownlinkModeString(t *testing.T) {
	t.Parallel()
	var names []string
	for m := range routing.DownlinkMode(5) {
		names = append(names, m.String())
	}
	require.Equal(t, []string{"DIRECT", "CALLBACK", "NONE", "MANAGED", "4"}, names)
}
