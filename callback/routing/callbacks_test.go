package routing_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
)

func TestAddCallback(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	dt, group := putType(t, r, routing.DeviceType{}), putGroup(t, r, routing.Group{})
	putDevice(t, r, 1, dt)

	got, err := r.AddCallback(dt, target(callback.DataBidir, hooked))
	require.NoError(t, err)
	require.Equal(t, id(0xf00003), got, "a new id")
	o, ok := r.Callback(got)
	require.True(t, ok)
	require.Equal(t, got, o.ID)
	require.Equal(t, got, o.Definition.ID)
	require.Equal(t, dt, o.OwnerID)
	require.False(t, o.Definition.DownlinkHook, "not before it is selected")
	require.Equal(t, []string{got}, ids(r.Route(1, callback.DataBidir)))

	event, err := r.AddCallback(group, target(callback.EventCallback))
	require.NoError(t, err)
	require.Equal(t, []string{event}, ids(r.RouteEvent(group)))

	fromAPI := target(callback.DataUplink)
	fromAPI.Definition.ID = id(7)
	got, err = r.AddCallback(dt, fromAPI)
	require.NoError(t, err)
	require.Equal(t, id(7), got, "the id of the definition")

	_, err = r.AddCallback(id(99), target(callback.DataUplink))
	require.ErrorIs(t, err, routing.ErrNotFound)
	_, err = r.AddCallback(dt, target(callback.DataUplink, withID(7)))
	require.Equal(t, []string{"id: is taken"}, problems(t, err))
	_, err = r.AddCallback(group, target(callback.EventCallback, withID(7)))
	require.Equal(t, []string{"id: is taken"}, problems(t, err), "by another owner")
	_, err = r.AddCallback(dt, target(callback.EventCallback))
	require.Equal(t, []string{"callbackType: EVENT callbacks belong to groups"}, problems(t, err))
	_, err = r.AddCallback(group, target(callback.DataUplink))
	require.Equal(t, []string{"callbackType: the callbacks of a group are EVENT callbacks, not DATA/UPLINK"}, problems(t, err))
	_, err = r.AddCallback(dt, target(callback.DataUplink, func(o *dispatch.TargetOptions) { o.Definition.URL = "ftp://example.com" }))
	require.Equal(t, []string{"url: not an absolute http or https URL"}, problems(t, err))
	_, err = r.AddCallback(dt, target(callback.DataUplink, func(o *dispatch.TargetOptions) { o.Timeout = -1 }))
	require.Len(t, problems(t, err), 1)
	_, err = r.AddCallback(dt, target(callback.DataUplink, func(o *dispatch.TargetOptions) {
		o.Connector = &dispatch.Connector{Name: "AWS_IOT", Services: []callback.Service{callback.ServiceDataAdvanced}}
	}))
	require.Equal(t, "connector AWS_IOT does not take DATA/UPLINK", problems(t, err)[0][len("target: dispatch: "):])

	body, err := json.Marshal(err)
	require.NoError(t, err)
	require.JSONEq(t, `{"message":"The callback is invalid","errors":[{"type":"body","field":"target",
		"message":"dispatch: connector AWS_IOT does not take DATA/UPLINK"}]}`, string(body), "the error body of the API")
}

func TestUpdateCallback(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	dt := putType(t, r, routing.DeviceType{DownlinkMode: routing.DownlinkCallback, Callbacks: []dispatch.TargetOptions{
		target(callback.DataUplink, withID(1)),
		target(callback.DataBidir, withID(2), hooked),
		target(callback.DataUplink, withID(3)),
	}})
	putDevice(t, r, 1, dt)
	before, ok := r.Target(id(2))
	require.True(t, ok)

	changed := target(callback.DataBidir, withID(50))
	changed.Definition.URL = "https://example.com/changed"
	require.NoError(t, r.UpdateCallback(id(2), changed))
	after, _ := r.Target(id(2))
	require.NotSame(t, before, after)
	require.Equal(t, id(2), after.ID(), "it keeps its id")
	require.Equal(t, "https://example.com/changed", after.Definition().URL)
	require.True(t, after.Definition().DownlinkHook, "and stays selected")
	require.Equal(t, "https://example.com/callback", before.Definition().URL)

	require.NoError(t, r.UpdateCallback(id(1), target(callback.DataUplink, disabled)))
	require.Equal(t, []string{id(3)}, ids(r.Route(1, callback.DataUplink)))
	require.NoError(t, r.EnableCallback(id(1), true))
	require.Equal(t, []string{id(1), id(3)}, ids(r.Route(1, callback.DataUplink)), "it keeps its place")

	mail := target(callback.DataBidir)
	mail.Definition = callback.Definition{
		Service: callback.DataBidir, Channel: callback.ChannelEmail, Recipient: "a@example.com", Enabled: true,
	}
	require.NoError(t, r.UpdateCallback(id(2), mail))
	v, _ := r.View(1)
	require.Nil(t, v.Hook(), "an e-mail has no answer")
	require.Equal(t, []string{"downlinkHook: an e-mail cannot be answered with a downlink"}, problems(t, r.SelectDownlink(id(2))))
	require.NotEmpty(t, problems(t, r.SelectDownlink(id(1))), "not BIDIR")

	bad := target(callback.DataUplink)
	bad.Definition.Method = "PATCH"
	require.Equal(t, []string{`httpMethod: "PATCH" is not GET, POST or PUT`}, problems(t, r.UpdateCallback(id(1), bad)))
	require.Equal(t, []string{id(1), id(3)}, ids(r.Route(1, callback.DataUplink)), "nothing changed")

	require.NoError(t, r.RemoveCallback(id(1)))
	require.Equal(t, []string{id(3)}, ids(r.Route(1, callback.DataUplink)))
	_, ok = r.Callback(id(1))
	require.False(t, ok)
	_, ok = r.Target(id(1))
	require.False(t, ok)
	for _, err := range []error{
		r.UpdateCallback(id(1), target(callback.DataUplink)), r.RemoveCallback(id(1)),
		r.EnableCallback(id(1), true), r.SelectDownlink(id(1)),
	} {
		require.ErrorIs(t, err, routing.ErrNotFound)
	}
	_, err := r.AddCallback(dt, target(callback.DataUplink, withID(1)))
	require.NoError(t, err, "the id is free again")
}

func TestCallbacksAreCopied(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	o := target(callback.DataUplink, withID(1))
	o.Definition.Headers = map[string]string{"X-Key": "a"}
	dt := putType(t, r, routing.DeviceType{Callbacks: []dispatch.TargetOptions{o}})
	o.Definition.Headers["X-Key"] = "changed by its maker"
	got, _ := r.DeviceType(dt)
	require.Equal(t, "a", got.Callbacks[0].Definition.Headers["X-Key"])
	got.Callbacks[0].Definition.Headers["X-Key"] = "changed by a reader"
	got.Callbacks[0].ID = id(9)
	again, _ := r.DeviceType(dt)
	require.Equal(t, "a", again.Callbacks[0].Definition.Headers["X-Key"])
	require.Equal(t, id(1), again.Callbacks[0].ID)
}

func TestPutKeepsOrReplacesCallbacks(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	dt := putType(t, r, routing.DeviceType{Callbacks: []dispatch.TargetOptions{
		target(callback.DataUplink, withID(1)), target(callback.DataUplink, withID(2)),
	}})
	putDevice(t, r, 1, dt)
	putType(t, r, routing.DeviceType{ID: dt, Name: "Fridge"})
	require.Equal(t, []string{id(1), id(2)}, ids(r.Route(1, callback.DataUplink)), "nil leaves them")
	putType(t, r, routing.DeviceType{ID: dt, Callbacks: []dispatch.TargetOptions{
		target(callback.DataUplink, withID(2)), target(callback.DataUplink, withID(3)),
	}})
	require.Equal(t, []string{id(2), id(3)}, ids(r.Route(1, callback.DataUplink)))
	_, ok := r.Callback(id(1))
	require.False(t, ok)
	putType(t, r, routing.DeviceType{ID: dt, Callbacks: []dispatch.TargetOptions{}})
	require.Empty(t, ids(r.Route(1, callback.DataUplink)), "empty removes them")

	group := putGroup(t, r, routing.Group{Callbacks: []dispatch.TargetOptions{target(callback.EventCallback, withID(3))}})
	putGroup(t, r, routing.Group{ID: group, Name: "Shops"})
	require.Equal(t, []string{id(3)}, ids(r.RouteEvent(group)))
	putGroup(t, r, routing.Group{ID: group, Callbacks: []dispatch.TargetOptions{}})
	require.Empty(t, ids(r.RouteEvent(group)))
}
