package routing

import (
	"maps"
	"slices"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// registered is a callback of a device type or group.
type registered struct {
	options dispatch.TargetOptions
	target  *dispatch.Target
}

// callbackList are callbacks in the order in which they were added. It is immutable.
type callbackList []registered

func (l callbackList) options() []dispatch.TargetOptions {
	all := make([]dispatch.TargetOptions, len(l))
	for i := range l {
		all[i] = cloneOptions(l[i].options)
	}
	return all
}

func (l callbackList) index(id string) int {
	return slices.IndexFunc(l, func(c registered) bool { return c.options.ID == id })
}

// replace returns the list with c at index i.
func (l callbackList) replace(i int, c registered) callbackList {
	l = slices.Clone(l)
	l[i] = c
	return l
}

// cloneOptions returns a copy that shares nothing that could be changed by mistake.
func cloneOptions(o dispatch.TargetOptions) dispatch.TargetOptions {
	o.Definition.Headers = maps.Clone(o.Definition.Headers)
	return o
}

// own makes the callbacks of a device type or group known by their ids, in place of
// those it had before.
func (r *Registry) own(owner string, before, after callbackList) {
	for _, c := range before {
		delete(r.owners, c.options.ID)
	}
	for _, c := range after {
		r.owners[c.options.ID] = owner
	}
}

// AddCallback adds a callback to a device type, or an EVENT callback to a group, and
// returns its id: that of o, 24 lower-case hex digits, or a new one. A DATA/BIDIR callback
// is not asked for downlinks before SelectDownlink is called. The error wraps ErrNotFound
// or is an *InvalidError.
func (r *Registry) AddCallback(ownerID string, o dispatch.TargetOptions) (id string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list, check, ok := r.callbacksOf(ownerID)
	if !ok {
		return "", notFound("device type or group", ownerID)
	}
	var p problems
	o.Definition.DownlinkHook = false
	c := r.newCallback(ownerID, o, check, &p)
	if list.index(c.options.ID) >= 0 {
		p.add("id", "is taken")
	}
	if err := p.finish(invalidCallback); err != nil {
		return "", err
	}
	r.setCallbacks(ownerID, append(slices.Clip(list), c))
	return c.options.ID, nil
}

// UpdateCallback puts another callback in the place of the one with the id. It keeps
// the id, and with it its queue and health in the dispatcher, and stays selected for
// downlinks if it can be. The error wraps ErrNotFound or is an *InvalidError.
func (r *Registry) UpdateCallback(id string, o dispatch.TargetOptions) error {
	return r.change(id, func(list callbackList, i int, remake remakeFunc) callbackList {
		d := &o.Definition
		o.ID = id
		d.DownlinkHook = list[i].options.Definition.DownlinkHook &&
			d.Service == callback.DataBidir && d.Channel != callback.ChannelEmail
		return list.replace(i, remake(o))
	})
}

// RemoveCallback removes a callback. The error wraps ErrNotFound.
func (r *Registry) RemoveCallback(id string) error {
	return r.change(id, func(list callbackList, i int, _ remakeFunc) callbackList {
		return slices.Delete(slices.Clone(list), i, i+1)
	})
}

// EnableCallback says whether a callback is used. The error wraps ErrNotFound.
func (r *Registry) EnableCallback(id string, enabled bool) error {
	return r.change(id, func(list callbackList, i int, remake remakeFunc) callbackList {
		o := list[i].options
		o.Definition.Enabled = enabled
		return list.replace(i, remake(o))
	})
}

// SelectDownlink has downlinks asked of a DATA/BIDIR callback, and no longer of the
// one that was selected before. The error wraps ErrNotFound, or is an *InvalidError
// if the callback is of another service or an e-mail.
func (r *Registry) SelectDownlink(id string) error {
	return r.change(id, func(list callbackList, i int, remake remakeFunc) callbackList {
		list = slices.Clone(list)
		for k := range list {
			o := list[k].options
			if o.Definition.DownlinkHook != (k == i) {
				o.Definition.DownlinkHook = k == i
				list[k] = remake(o)
			}
		}
		return list
	})
}

// Callback returns the callback with the id, and whether there is one. Its OwnerID
// is the device type or group that it belongs to.
func (r *Registry) Callback(id string) (dispatch.TargetOptions, bool) {
	c, ok := r.find(id)
	return cloneOptions(c.options), ok
}

// Target returns the target of the callback with the id, enabled or not, and whether
// there is one.
func (r *Registry) Target(id string) (*dispatch.Target, bool) {
	c, ok := r.find(id)
	return c.target, ok
}

func (r *Registry) find(id string) (registered, bool) {
	r.mu.RLock()
	list, _, _ := r.callbacksOf(r.owners[id])
	r.mu.RUnlock()
	i := list.index(id)
	if i < 0 {
		return registered{}, false
	}
	return list[i], true
}

const invalidCallback = "The callback is invalid"

// remakeFunc makes a callback again, with other options.
type remakeFunc func(dispatch.TargetOptions) registered

// change replaces the list that the callback with the id is in, at index i, by what
// edit makes of it, unless a callback that it remakes is invalid.
func (r *Registry) change(id string, edit func(list callbackList, i int, remake remakeFunc) callbackList) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	owner, ok := r.owners[id]
	if !ok {
		return notFound("callback", id)
	}
	var p problems
	list, check, _ := r.callbacksOf(owner)
	list = edit(list, list.index(id), func(o dispatch.TargetOptions) registered {
		return r.newCallback(owner, o, check, &p)
	})
	if err := p.finish(invalidCallback); err != nil {
		return err
	}
	r.setCallbacks(owner, list)
	return nil
}

// callbacksOf returns the callbacks of a device type or group, and what is to be
// checked of new ones.
func (r *Registry) callbacksOf(owner string) (list callbackList, check callbackCheck, ok bool) {
	if cell := r.types[owner]; cell != nil {
		return cell.state.Load().callbacks, checkTypeCallback, true
	}
	if g := r.groups[owner]; g != nil {
		return g.callbacks, checkGroupCallback, true
	}
	return nil, nil, false
}

// setCallbacks publishes the callbacks of a device type or group.
func (r *Registry) setCallbacks(owner string, list callbackList) {
	if cell := r.types[owner]; cell != nil {
		before := cell.state.Load()
		r.own(owner, before.callbacks, list)
		cell.state.Store(newTypeState(before.DeviceType, list, before))
		return
	}
	before := r.groups[owner]
	r.own(owner, before.callbacks, list)
	r.groups[owner] = newGroupState(before.Group, list)
}
