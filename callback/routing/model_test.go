package routing_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
)

// modelCallback is what the model knows of a callback.
type modelCallback struct {
	id            string
	service       callback.Service
	enabled, hook bool
}

// model is a registry made of plain maps.
type model struct {
	callbacks map[string][]modelCallback // by device type or group
	modes     map[string]routing.DownlinkMode
	groupOf   map[string]string // by device type
	parent    map[string]string // by group
	typeOf    map[sigfox.DeviceID]string
}

func (m *model) owner(id string) (owner string, i int) {
	for owner, list := range m.callbacks {
		if i := slices.IndexFunc(list, func(c modelCallback) bool { return c.id == id }); i >= 0 {
			return owner, i
		}
	}
	return "", -1
}

func (m *model) route(owner string, s callback.Service) (all []string) {
	for _, c := range m.callbacks[owner] {
		if c.enabled && c.service == s {
			all = append(all, c.id)
		}
	}
	return all
}

func (m *model) routeEvent(group string) (all []string) {
	for ; group != ""; group = m.parent[group] {
		all = append(all, m.route(group, callback.EventCallback)...)
	}
	return all
}

func (m *model) hook(dt string) string {
	for _, c := range m.callbacks[dt] {
		if c.hook && c.enabled && m.modes[dt] == routing.DownlinkCallback {
			return c.id
		}
	}
	return ""
}

// isAbove reports whether group is id or below it.
func (m *model) isAbove(id, group string) bool {
	for ; group != ""; group = m.parent[group] {
		if group == id {
			return true
		}
	}
	return false
}

func TestRegistryModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, err := routing.New(routing.Options{})
		require.NoError(t, err)
		m := &model{
			callbacks: map[string][]modelCallback{}, modes: map[string]routing.DownlinkMode{}, groupOf: map[string]string{},
			parent: map[string]string{}, typeOf: map[sigfox.DeviceID]string{},
		}
		typeIDs := rapid.SampledFrom([]string{id(1), id(2), id(3)})
		groupIDs := rapid.SampledFrom([]string{id(11), id(12), id(13)})
		callbackIDs := rapid.SampledFrom([]string{id(21), id(22), id(23), id(24), id(25), id(26)})
		devices := rapid.SampledFrom([]sigfox.DeviceID{1, 2, 65, 66})
		services := rapid.SampledFrom([]callback.Service{callback.DataUplink, callback.DataBidir, callback.ErrorCallback, callback.EventCallback})
		drawn := func(c modelCallback) dispatch.TargetOptions {
			o := target(c.service, func(o *dispatch.TargetOptions) { o.ID = c.id })
			o.Definition.Enabled = c.enabled
			return o
		}
		t.Repeat(map[string]func(*rapid.T){
			"put device type": func(t *rapid.T) {
				dt := routing.DeviceType{
					ID:           typeIDs.Draw(t, "id"),
					DownlinkMode: routing.DownlinkMode(rapid.IntRange(0, 3).Draw(t, "mode")),
					GroupID:      rapid.OneOf(rapid.Just(""), groupIDs).Draw(t, "group"),
				}
				_, known := m.parent[dt.GroupID]
				_, err := r.PutDeviceType(dt)
				require.Equal(t, dt.GroupID == "" || known, err == nil)
				if err == nil {
					m.modes[dt.ID], m.groupOf[dt.ID] = dt.DownlinkMode, dt.GroupID
				}
			},
			"remove device type": func(t *rapid.T) {
				dt := typeIDs.Draw(t, "id")
				_, known := m.modes[dt]
				used := slices.Contains(slices.Collect(maps.Values(m.typeOf)), dt)
				require.Equal(t, known && !used, r.RemoveDeviceType(dt) == nil)
				if known && !used {
					delete(m.modes, dt)
					delete(m.groupOf, dt)
					delete(m.callbacks, dt)
				}
			},
			"put group": func(t *rapid.T) {
				g := routing.Group{ID: groupIDs.Draw(t, "id"), ParentID: rapid.OneOf(rapid.Just(""), groupIDs).Draw(t, "parent")}
				_, known := m.parent[g.ParentID]
				_, err := r.PutGroup(g)
				require.Equal(t, g.ParentID == "" || known && !m.isAbove(g.ID, g.ParentID), err == nil)
				if err == nil {
					m.parent[g.ID] = g.ParentID
				}
			},
			"remove group": func(t *rapid.T) {
				g := groupIDs.Draw(t, "id")
				_, known := m.parent[g]
				used := slices.Contains(slices.Collect(maps.Values(m.parent)), g) ||
					slices.Contains(slices.Collect(maps.Values(m.groupOf)), g)
				require.Equal(t, known && !used, r.RemoveGroup(g) == nil)
				if known && !used {
					delete(m.parent, g)
					delete(m.callbacks, g)
				}
			},
			"put device": func(t *rapid.T) {
				d := routing.Device{ID: devices.Draw(t, "id"), DeviceTypeID: typeIDs.Draw(t, "type")}
				_, known := m.modes[d.DeviceTypeID]
				require.Equal(t, known, r.PutDevice(d) == nil)
				if known {
					m.typeOf[d.ID] = d.DeviceTypeID
				}
			},
			"remove device": func(t *rapid.T) {
				d := devices.Draw(t, "id")
				_, known := m.typeOf[d]
				require.Equal(t, known, r.RemoveDevice(d) == nil)
				delete(m.typeOf, d)
			},
			"add callback": func(t *rapid.T) {
				owner := rapid.OneOf(typeIDs, groupIDs).Draw(t, "owner")
				c := modelCallback{id: callbackIDs.Draw(t, "id"), service: services.Draw(t, "service"), enabled: rapid.Bool().Draw(t, "enabled")}
				_, isType := m.modes[owner]
				_, isGroup := m.parent[owner]
				_, at := m.owner(c.id)
				event := c.service == callback.EventCallback
				_, err := r.AddCallback(owner, drawn(c))
				require.Equal(t, at < 0 && (isType && !event || isGroup && event), err == nil)
				if err == nil {
					m.callbacks[owner] = append(m.callbacks[owner], c)
				}
			},
			"update callback": func(t *rapid.T) {
				c := modelCallback{id: callbackIDs.Draw(t, "id"), service: services.Draw(t, "service"), enabled: rapid.Bool().Draw(t, "enabled")}
				owner, i := m.owner(c.id)
				_, isType := m.modes[owner]
				err := r.UpdateCallback(c.id, drawn(c))
				require.Equal(t, i >= 0 && isType == (c.service != callback.EventCallback), err == nil)
				if err == nil {
					c.hook = m.callbacks[owner][i].hook && c.service == callback.DataBidir
					m.callbacks[owner][i] = c
				}
			},
			"enable callback": func(t *rapid.T) {
				cb, enabled := callbackIDs.Draw(t, "id"), rapid.Bool().Draw(t, "enabled")
				owner, i := m.owner(cb)
				require.Equal(t, i >= 0, r.EnableCallback(cb, enabled) == nil)
				if i >= 0 {
					m.callbacks[owner][i].enabled = enabled
				}
			},
			"select callback": func(t *rapid.T) {
				cb := callbackIDs.Draw(t, "id")
				owner, i := m.owner(cb)
				ok := i >= 0 && m.callbacks[owner][i].service == callback.DataBidir
				require.Equal(t, ok, r.SelectDownlink(cb) == nil)
				if ok {
					for k := range m.callbacks[owner] {
						m.callbacks[owner][k].hook = k == i
					}
				}
			},
			"remove callback": func(t *rapid.T) {
				cb := callbackIDs.Draw(t, "id")
				owner, i := m.owner(cb)
				require.Equal(t, i >= 0, r.RemoveCallback(cb) == nil)
				if i >= 0 {
					m.callbacks[owner] = slices.Delete(m.callbacks[owner], i, i+1)
				}
			},
			"": func(t *rapid.T) {
				d, s, g := devices.Draw(t, "device"), services.Draw(t, "service"), groupIDs.Draw(t, "group")
				dt, known := m.typeOf[d]
				require.Equal(t, m.route(dt, s), ids(r.Route(d, s)))
				require.Equal(t, m.routeEvent(g), ids(r.RouteEvent(g)))
				v, ok := r.View(d)
				require.Equal(t, known, ok)
				if ok {
					hook := ""
					if v.Hook() != nil {
						hook = v.Hook().ID()
					}
					require.Equal(t, m.hook(dt), hook)
					require.Equal(t, dt, v.ID())
				}
				require.Len(t, slices.Collect(r.DeviceTypes()), len(m.modes))
				require.Len(t, slices.Collect(r.Groups()), len(m.parent))
			},
		})
	})
}
