package apiv2

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/routing"
)

func (a *api) listCallbacks(r *http.Request) answer {
	t, found := a.Registry.DeviceType(r.PathValue("id"))
	if !found {
		return failure(routing.ErrNotFound)
	}
	list := make([]resource, 0, len(t.Callbacks))
	for _, c := range t.Callbacks {
		d := c.Definition
		d.Dead = a.Dead(d.ID)
		list = append(list, resource{d})
	}
	return ok(map[string]any{"data": list})
}

// resource is a definition as lists have it.
type resource struct{ callback.Definition }

// MarshalJSON implements json.Marshaler. What is false is written, as clients with
// types expect.
func (r resource) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(r.Definition)
	if err != nil {
		return nil, err
	}
	members := map[string]any{"dead": false, "downlinkHook": false}
	if r.Channel == callback.ChannelURL {
		members["sendSni"] = false
	}
	err = json.Unmarshal(text, &members)
	if err != nil {
		return nil, err
	}
	return json.Marshal(members)
}

func (a *api) createCallback(r *http.Request) answer {
	d, err := created(r)
	if err != nil {
		return failedBody(err)
	}
	d.ID, d.Dead, d.DownlinkHook = "", false, false // not the client's to say
	owner := r.PathValue("id")
	id, err := a.Registry.AddCallback(owner, dispatch.TargetOptions{Definition: d})
	if err != nil {
		return failure(err)
	}
	a.Changed(owner)
	return answer{
		status: http.StatusCreated, body: map[string]string{"id": id},
		location: "/api/v2/device-types/" + owner + "/callbacks/" + id,
	}
}

// created returns the definition in the body of the request. It is enabled unless the
// body says otherwise.
func created(r *http.Request) (d callback.Definition, err error) {
	var body json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return d, err
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return d, err
	}
	given := struct{ Enabled bool }{Enabled: true}
	err = json.Unmarshal(body, &given)
	d.Enabled = given.Enabled
	return d, err
}

// callback finds the callback of a request.
func (a *api) callback(r *http.Request) (o dispatch.TargetOptions, found bool) {
	o, found = a.Registry.Callback(r.PathValue("cb"))
	return o, found && o.OwnerID == r.PathValue("id")
}

// updateCallback changes the members that the request has; one that is null is
// removed.
func (a *api) updateCallback(r *http.Request) answer {
	o, found := a.callback(r)
	if !found {
		return failure(routing.ErrNotFound)
	}
	changed, err := patched(r, o.Definition)
	if err != nil {
		return failedBody(err)
	}
	changed.ID, changed.DownlinkHook = o.Definition.ID, o.Definition.DownlinkHook
	o.Definition = changed
	return a.changed(r, a.Registry.UpdateCallback(o.ID, o))
}

// patched returns v with the members of the body of the request.
func patched[T any](r *http.Request, v T) (T, error) {
	var patch, members map[string]json.RawMessage
	var changed T
	if err := json.NewDecoder(r.Body).Decode(&patch); err != nil {
		return changed, err
	}
	old, err := json.Marshal(v)
	if err != nil {
		return changed, err
	}
	if err := json.Unmarshal(old, &members); err != nil {
		return changed, err
	}
	for name, value := range patch {
		if string(value) == "null" {
			delete(members, name)
		} else {
			members[name] = value
		}
	}
	merged, err := json.Marshal(members)
	if err != nil {
		return changed, err
	}
	return changed, json.Unmarshal(merged, &changed)
}

func (a *api) deleteCallback(r *http.Request) answer {
	o, found := a.callback(r)
	if !found {
		return failure(routing.ErrNotFound)
	}
	return a.changed(r, a.Registry.RemoveCallback(o.ID))
}

func (a *api) enableCallback(r *http.Request) answer {
	o, found := a.callback(r)
	if !found {
		return failure(routing.ErrNotFound)
	}
	enabled, err := strconv.ParseBool(r.URL.Query().Get("enabled"))
	if err != nil {
		return failedField("query", "enabled", "must be true or false")
	}
	return a.changed(r, a.Registry.EnableCallback(o.ID, enabled))
}

func (a *api) selectDownlink(r *http.Request) answer {
	o, found := a.callback(r)
	if !found {
		return failure(routing.ErrNotFound)
	}
	return a.changed(r, a.Registry.SelectDownlink(o.ID))
}

// changed answers a change, which the registry took unless err says no.
func (a *api) changed(r *http.Request, err error) answer {
	if err != nil {
		return failure(err)
	}
	a.Changed(r.PathValue("id"))
	return done
}

// callbackErrors answers the messages that a callback failed to deliver. The API
// documents a single object, but has the parameters of a list; this is the list.
func (a *api) callbackErrors(r *http.Request) answer {
	o, found := a.callback(r)
	if !found {
		return failure(routing.ErrNotFound)
	}
	return a.undelivered(r, dispatch.UndeliveredQuery{CallbackID: o.ID})
}

func (a *api) deviceTypeErrors(r *http.Request) answer {
	id := r.PathValue("id")
	if _, found := a.Registry.DeviceType(id); !found {
		return failure(routing.ErrNotFound)
	}
	return a.undelivered(r, dispatch.UndeliveredQuery{DeviceTypeID: id})
}

func (a *api) groupErrors(r *http.Request) answer {
	id := r.PathValue("id")
	if _, found := a.Registry.Group(id); !found {
		return failure(routing.ErrNotFound)
	}
	return a.undelivered(r, dispatch.UndeliveredQuery{GroupID: id})
}

func (a *api) deviceErrors(r *http.Request) answer {
	d, found := a.device(r)
	if !found {
		return failure(routing.ErrNotFound)
	}
	return a.undelivered(r, dispatch.UndeliveredQuery{Device: d.ID})
}

func (a *api) undelivered(r *http.Request, q dispatch.UndeliveredQuery) answer {
	if err := q.ParseQuery(r.URL.Query()); err != nil {
		return failedField("query", "", "since and before must be times in milliseconds, limit and offset numbers")
	}
	q.URL = resourceURL(r)
	return ok(a.Undelivered.Page(q))
}
