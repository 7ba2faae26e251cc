package routing

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/template"
)

// problems collects what is wrong.
type problems []callback.DefinitionProblem

func (p *problems) add(field, format string, args ...any) {
	*p = append(*p, callback.DefinitionProblem{Type: "body", Field: field, Message: fmt.Sprintf(format, args...)})
}

// finish returns the error, nil if there are no problems.
func (p *problems) finish(message string) error {
	if len(*p) == 0 {
		return nil
	}
	return &InvalidError{Message: message, Errors: *p}
}

func inUse(kind, id string, n int, what string) error {
	return fmt.Errorf("%w: %s %q has %d %s", ErrInUse, kind, id, n, what)
}

// The limits of the API, in characters.
const (
	maxName        = 100
	maxDescription = 300
	maxEmail       = 250
	minGroupName   = 3
)

func (p *problems) checkLength(field, text string, most int) {
	if n := utf8.RuneCountInString(text); n > most {
		p.add(field, "has %d characters, at most %d are allowed", n, most)
	}
}

func (p *problems) checkID(id string) {
	if len(id) != idDigits || strings.Trim(id, "0123456789abcdef") != "" {
		p.add("id", "%.64q is not %d lower-case hex digits", id, idDigits)
	}
}

// newID returns an id that nothing has.
func (r *Registry) newID(p *problems) string {
	id := r.options.NewID()
	if r.types[id] != nil || r.groups[id] != nil || r.owners[id] != "" {
		p.add("id", "the new id %.64q is taken", id)
	}
	return id
}

func (r *Registry) checkDeviceType(t *DeviceType, p *problems) {
	p.checkID(t.ID)
	if r.groups[t.ID] != nil {
		p.add("id", "is the id of a group")
	}
	p.checkLength("name", t.Name, maxName)
	p.checkLength("description", t.Description, maxDescription)
	p.checkLength("alertEmail", t.AlertEmail, maxEmail)
	if t.AlertEmail != "" && !strings.Contains(t.AlertEmail, "@") {
		p.add("alertEmail", "is no e-mail address")
	}
	if t.GroupID != "" && r.groups[t.GroupID] == nil {
		p.add("groupId", "there is no group %.64q", t.GroupID)
	}
	if t.KeepAlive != 0 && (t.KeepAlive < r.options.MinKeepAlive || t.KeepAlive%time.Second != 0) {
		p.add("keepAlive", "%v is not 0 or at least %v, in whole seconds", t.KeepAlive, r.options.MinKeepAlive)
	}
	switch t.DownlinkMode {
	case DownlinkDirect:
		if _, err := downlink.ParseDirect(t.DownlinkData); err != nil {
			p.add("downlinkDataString", "%v", err)
		}
	case DownlinkCallback, DownlinkNone, DownlinkManaged:
	default:
		p.add("downlinkMode", "%d is not 0 to 3", t.DownlinkMode)
	}
	if t.PayloadConfig != "" {
		if _, err := template.ParsePayloadConfig(t.PayloadConfig); err != nil {
			p.add("payloadConfig", "%v", err)
		}
	}
	for _, n := range []struct {
		field string
		value float64
	}{
		{"uplinksPerDay", float64(t.UplinksPerDay)},
		{"downlinksPerDay", float64(t.DownlinksPerDay)},
		{"rate", t.Rate},
		{"burst", float64(t.Burst)},
	} {
		if !(n.value >= 0) || math.IsInf(n.value, 0) {
			p.add(n.field, "%v is not a number from 0", n.value)
		}
	}
}

func (r *Registry) checkGroup(g *Group, p *problems) {
	p.checkID(g.ID)
	if r.types[g.ID] != nil {
		p.add("id", "is the id of a device type")
	}
	p.checkLength("name", g.Name, maxName)
	if n := utf8.RuneCountInString(g.Name); n > 0 && n < minGroupName {
		p.add("name", "has %d characters, at least %d are needed", n, minGroupName)
	}
	if g.ParentID == "" {
		return
	}
	if r.groups[g.ParentID] == nil {
		p.add("parentId", "there is no group %.64q", g.ParentID)
	}
	for above := g.ParentID; above != ""; {
		if above == g.ID {
			p.add("parentId", "the group would be above itself")
			return
		}
		parent := r.groups[above]
		if parent == nil {
			return
		}
		above = parent.ParentID
	}
}

func checkDevice(d *Device, typeKnown bool) error {
	var p problems
	if d.ID == 0 {
		p.add("id", "required")
	}
	if !typeKnown {
		p.add("deviceTypeId", "there is no device type %.64q", d.DeviceTypeID)
	}
	p.checkLength("name", d.Name, maxName)
	if d.Lat.Present() != d.Lng.Present() {
		p.add("lat", "lat and lng are given together or not at all")
	}
	if !(math.Abs(d.Lat.Or(0)) <= 90) {
		p.add("lat", "%v is not -90 to 90", d.Lat.Or(0))
	}
	if !(math.Abs(d.Lng.Or(0)) <= 180) {
		p.add("lng", "%v is not -180 to 180", d.Lng.Or(0))
	}
	return p.finish("The device is invalid")
}

// callbackCheck checks what depends on the owner of a callback.
type callbackCheck func(*callback.Definition, *problems)

func checkTypeCallback(d *callback.Definition, p *problems) {
	if d.Service == callback.EventCallback {
		p.add("callbackType", "EVENT callbacks belong to groups")
	}
	if d.DownlinkHook && d.Channel == callback.ChannelEmail {
		p.add("downlinkHook", "an e-mail cannot be answered with a downlink")
	}
}

func checkGroupCallback(d *callback.Definition, p *problems) {
	if d.Service != callback.EventCallback {
		p.add("callbackType", "the callbacks of a group are EVENT callbacks, not %v", d.Service)
	}
}

// newCallbacks checks the callbacks of a device type or group.
func (r *Registry) newCallbacks(owner string, options []dispatch.TargetOptions, check callbackCheck, p *problems) callbackList {
	list := make(callbackList, 0, len(options))
	hooks := 0
	for i, o := range options {
		var own problems
		c := r.newCallback(owner, o, check, &own)
		if list.index(c.options.ID) >= 0 {
			own.add("id", "is taken")
		}
		if o.Definition.DownlinkHook {
			if hooks++; hooks > 1 {
				own.add("downlinkHook", "another callback carries downlinks already")
			}
		}
		for _, one := range own {
			p.add(fmt.Sprintf("callbacks[%d].%s", i, one.Field), "%s", one.Message)
		}
		list = append(list, c)
	}
	return list
}

// newCallback checks a callback and makes its target.
func (r *Registry) newCallback(owner string, o dispatch.TargetOptions, check callbackCheck, p *problems) registered {
	o = cloneOptions(o)
	o.OwnerID = owner
	if o.ID = cmp.Or(o.ID, o.Definition.ID); o.ID == "" {
		o.ID = r.newID(p)
	}
	o.Definition.ID = o.ID
	p.checkID(o.ID)
	if other, ok := r.owners[o.ID]; ok && other != owner {
		p.add("id", "is taken")
	}
	before := len(*p)
	if invalid, ok := errors.AsType[*callback.DefinitionError](o.Definition.Validate()); ok {
		*p = append(*p, invalid.Errors...)
	}
	check(&o.Definition, p)
	if len(*p) > before {
		return registered{options: o}
	}
	target, err := dispatch.NewTarget(o)
	if err != nil {
		p.add("target", "%v", err)
	}
	return registered{options: o, target: target}
}
