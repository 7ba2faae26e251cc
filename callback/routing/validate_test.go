package routing_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := routing.New(routing.Options{MinKeepAlive: -1})
	require.ErrorContains(t, err, "Options.MinKeepAlive")
	r, err := routing.New(routing.Options{MinKeepAlive: time.Minute})
	require.NoError(t, err)
	putType(t, r, routing.DeviceType{KeepAlive: time.Minute})

	r, err = routing.New(routing.Options{})
	require.NoError(t, err)
	a, b := putType(t, r, routing.DeviceType{}), putType(t, r, routing.DeviceType{})
	require.Regexp(t, "^[0-9a-f]{24}$", a)
	require.NotEqual(t, a, b)

	r, err = routing.New(routing.Options{NewID: func() string { return id(1) }})
	require.NoError(t, err)
	putType(t, r, routing.DeviceType{})
	_, err = r.PutDeviceType(routing.DeviceType{})
	require.Equal(t, []string{`id: the new id "` + id(1) + `" is taken`}, problems(t, err))
}

func TestDeviceTypeRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		dt    routing.DeviceType
		field string // "": valid
	}{
		{"zero", routing.DeviceType{}, ""},
		{"all that the cloud allows", routing.DeviceType{
			Name: strings.Repeat("é", 100), Description: strings.Repeat("é", 300), AlertEmail: strings.Repeat("é", 238) + "@example.com",
			KeepAlive: 30 * time.Minute, DownlinkMode: routing.DownlinkManaged, PayloadConfig: "temp::int:8",
			UplinksPerDay: 2, DownlinksPerDay: 1, Rate: 0.1, Burst: 1,
		}, ""},
		{"id too short", routing.DeviceType{ID: "5c187c22"}, "id"},
		{"id in upper case", routing.DeviceType{ID: "5C187C222564327E80000000"}, "id"},
		{"id of a group", routing.DeviceType{ID: id(1)}, "id"},
		{"name", routing.DeviceType{Name: strings.Repeat("é", 101)}, "name"},
		{"description", routing.DeviceType{Description: strings.Repeat("d", 301)}, "description"},
		{"unknown group", routing.DeviceType{GroupID: id(99)}, "groupId"},
		{"keep-alive too short", routing.DeviceType{KeepAlive: 30*time.Minute - time.Second}, "keepAlive"},
		{"keep-alive negative", routing.DeviceType{KeepAlive: -time.Hour}, "keepAlive"},
		{"keep-alive not in seconds", routing.DeviceType{KeepAlive: time.Hour + time.Millisecond}, "keepAlive"},
		{"mode", routing.DeviceType{DownlinkMode: 4}, "downlinkMode"},
		{"negative mode", routing.DeviceType{DownlinkMode: -1}, "downlinkMode"},
		{"template too short", routing.DeviceType{DownlinkData: "{time}{rssi}"}, "downlinkDataString"},
		{"template of hex", routing.DeviceType{DownlinkData: "0011223344556677"}, ""},
		{"template in another mode", routing.DeviceType{DownlinkMode: routing.DownlinkNone, DownlinkData: "?"}, ""},
		{"CALLBACK without BIDIR", routing.DeviceType{DownlinkMode: routing.DownlinkCallback}, ""},
		{"alert e-mail too long", routing.DeviceType{AlertEmail: strings.Repeat("a", 239) + "@example.com"}, "alertEmail"},
		{"alert e-mail", routing.DeviceType{AlertEmail: "nobody"}, "alertEmail"},
		{"payload configuration", routing.DeviceType{PayloadConfig: "temp:int"}, "payloadConfig"},
		{"uplinks", routing.DeviceType{UplinksPerDay: -1}, "uplinksPerDay"},
		{"downlinks", routing.DeviceType{DownlinksPerDay: -1}, "downlinksPerDay"},
		{"rate", routing.DeviceType{Rate: -0.5}, "rate"},
		{"rate NaN", routing.DeviceType{Rate: math.NaN()}, "rate"},
		{"rate infinite", routing.DeviceType{Rate: math.Inf(1)}, "rate"},
		{"burst", routing.DeviceType{Rate: 1, Burst: -1}, "burst"},
		{"invalid callback", routing.DeviceType{Callbacks: []dispatch.TargetOptions{
			target(callback.DataUplink), {Definition: callback.Definition{Channel: "SMS", Service: callback.DataUplink}},
		}}, "callbacks[1].channel"},
		{"callback of another owner", routing.DeviceType{Callbacks: []dispatch.TargetOptions{
			target(callback.DataUplink, withID(2)),
		}}, "callbacks[0].id"},
		{"the same id twice", routing.DeviceType{Callbacks: []dispatch.TargetOptions{
			target(callback.DataUplink, withID(3)), target(callback.DataUplink, withID(3)),
		}}, "callbacks[1].id"},
		{"id of a callback", routing.DeviceType{Callbacks: []dispatch.TargetOptions{
			target(callback.DataUplink, func(o *dispatch.TargetOptions) { o.ID = "mine" }),
		}}, "callbacks[0].id"},
		{"two selected", routing.DeviceType{Callbacks: []dispatch.TargetOptions{
			target(callback.DataBidir, hooked), target(callback.DataBidir, hooked),
		}}, "callbacks[1].downlinkHook"},
		{"selected, but not BIDIR", routing.DeviceType{Callbacks: []dispatch.TargetOptions{
			target(callback.DataUplink, hooked),
		}}, "callbacks[0].downlinkHook"},
		{"EVENT", routing.DeviceType{Callbacks: []dispatch.TargetOptions{
			target(callback.EventCallback),
		}}, "callbacks[0].callbackType"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRegistry(t)
			putGroup(t, r, routing.Group{ID: id(1), Callbacks: []dispatch.TargetOptions{target(callback.EventCallback, withID(2))}})
			got, err := r.PutDeviceType(c.dt)
			if c.field == "" {
				require.NoError(t, err)
				_, ok := r.DeviceType(got)
				require.True(t, ok)
				return
			}
			list := problems(t, err)
			require.Len(t, list, 1)
			require.True(t, strings.HasPrefix(list[0], c.field+": "), list[0])
			require.ErrorContains(t, err, "routing: The device type is invalid: "+c.field)
			for range r.DeviceTypes() {
				t.Error("it is registered all the same")
			}
		})
	}
}

func TestGroupRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		group routing.Group
		field string
	}{
		{"zero", routing.Group{}, ""},
		{"parent", routing.Group{Name: "abc", ParentID: id(2)}, ""},
		{"id", routing.Group{ID: "x"}, "id"},
		{"id of a device type", routing.Group{ID: id(3)}, "id"},
		{"short name", routing.Group{Name: "ab"}, "name"},
		{"long name", routing.Group{Name: strings.Repeat("n", 101)}, "name"},
		{"unknown parent", routing.Group{ParentID: id(99)}, "parentId"},
		{"above itself", routing.Group{ID: id(1), ParentID: id(1)}, "parentId"},
		{"in a ring", routing.Group{ID: id(1), ParentID: id(2)}, "parentId"},
		{"own new id as parent", routing.Group{ID: id(50), ParentID: id(50)}, "parentId"},
		{"DATA", routing.Group{Callbacks: []dispatch.TargetOptions{target(callback.DataUplink)}}, "callbacks[0].callbackType"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRegistry(t)
			putGroup(t, r, routing.Group{ID: id(1)})
			putGroup(t, r, routing.Group{ID: id(2), ParentID: id(1)})
			putType(t, r, routing.DeviceType{ID: id(3)})
			_, err := r.PutGroup(c.group)
			if c.field == "" {
				require.NoError(t, err)
				return
			}
			require.True(t, strings.HasPrefix(problems(t, err)[0], c.field+": "), err)
		})
	}
}

func TestDeviceRules(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	dt := putType(t, r, routing.DeviceType{})
	at := func(lat, lng float64) routing.Device {
		return routing.Device{ID: 1, DeviceTypeID: dt, Lat: sigfox.Some(lat), Lng: sigfox.Some(lng)}
	}
	for _, c := range []struct {
		name  string
		dev   routing.Device
		field string
	}{
		{"id and type", routing.Device{ID: 1, DeviceTypeID: dt}, ""},
		{"position", at(-90, 180), ""},
		{"no id", routing.Device{DeviceTypeID: dt}, "id"},
		{"no type", routing.Device{ID: 1}, "deviceTypeId"},
		{"unknown type", routing.Device{ID: 1, DeviceTypeID: id(99)}, "deviceTypeId"},
		{"name", routing.Device{ID: 1, DeviceTypeID: dt, Name: strings.Repeat("n", 101)}, "name"},
		{"half a position", routing.Device{ID: 1, DeviceTypeID: dt, Lng: sigfox.Some(1.0)}, "lat"},
		{"latitude", at(90.1, 0), "lat"},
		{"latitude NaN", at(math.NaN(), 0), "lat"},
		{"longitude", at(0, -180.1), "lng"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := r.PutDevice(c.dev)
			if c.field == "" {
				require.NoError(t, err)
				return
			}
			list := problems(t, err)
			require.Len(t, list, 1)
			require.True(t, strings.HasPrefix(list[0], c.field+": "), list[0])
		})
	}
}
