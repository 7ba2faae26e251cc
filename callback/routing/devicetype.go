package routing

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/downlink"
)

// DeviceType is what devices of one kind have in common. Lengths are in characters.
type DeviceType struct {
	// ID is 24 lower-case hex digits. Default: a new one.
	ID string
	// Name has at most 100, Description at most 300 characters.
	Name, Description string
	// GroupID is the group of the device type, which its events go to. Default: none.
	GroupID string
	// KeepAlive is how long a device may be silent before an ERROR callback. Default
	// 0: off; else at least Options.MinKeepAlive, in whole seconds.
	KeepAlive time.Duration
	// DownlinkMode says who answers a device that asks for a downlink.
	DownlinkMode DownlinkMode
	// DownlinkData is the template of the mode DownlinkDirect (downlinkDataString in
	// the API), see downlink.ParseDirect. Default in that mode: "{tapId}0000{rssi}",
	// with which the cloud fills its form.
	DownlinkData string
	// AlertEmail is told when callbacks fail. At most 250 characters. Default: nobody.
	AlertEmail string
	// PayloadConfig is the custom payload configuration by which payloads are
	// displayed. Those of the callbacks do not depend on it. Default: none.
	PayloadConfig string
	// UplinksPerDay and DownlinksPerDay are what the contract allows a device in a
	// day. Defaults: 140 and 4.
	UplinksPerDay, DownlinksPerDay int
	// NoDownlinks is for contracts that allow no downlink at all.
	NoDownlinks bool
	// Rate is how many callbacks a second are allowed, in bursts of Burst, see Allow.
	// Default: no limit.
	Rate float64
	// Burst goes with Rate. Default: Rate rounded up.
	Burst int
	// Callbacks are the callbacks, of all services but EVENT. At most one may have
	// DownlinkHook. Their IDs are 24 lower-case hex digits; those without get a new one.
	// OwnerID is set to ID. For PutDeviceType, nil leaves the callbacks of a device type
	// that exists as they are.
	Callbacks []dispatch.TargetOptions
}

const (
	defaultUplinks   = 140
	defaultDownlinks = 4
	defaultDirect    = "{tapId}0000{rssi}"
	minKeepAlive     = 30 * time.Minute
)

func (t *DeviceType) setDefaults() {
	t.UplinksPerDay = cmp.Or(t.UplinksPerDay, defaultUplinks)
	t.DownlinksPerDay = cmp.Or(t.DownlinksPerDay, defaultDownlinks)
	if t.DownlinkMode == DownlinkDirect {
		t.DownlinkData = cmp.Or(t.DownlinkData, defaultDirect)
	}
}

// typeCell is the place of a device type, the same for as long as it is registered.
type typeCell struct {
	state   atomic.Pointer[typeState]
	devices atomic.Int64
	index   uint32
}

// typeState is a device type between two changes. It is immutable.
type typeState struct {
	DeviceType // without Callbacks
	callbacks  callbackList
	targets    [serviceCount][]*dispatch.Target // the enabled ones
	hook       *dispatch.Target
	direct     *downlink.Direct
	limit      *limit
}

const serviceCount = int(callback.EventCallback) + 1

// newTypeState makes the state of a valid device type.
func newTypeState(t DeviceType, list callbackList, before *typeState) *typeState {
	t.Callbacks = nil
	s := &typeState{DeviceType: t, callbacks: list, limit: newLimit(t.Rate, t.Burst)}
	if before != nil && before.limit.is(t.Rate, t.Burst) {
		s.limit = before.limit
	}
	if t.DownlinkMode == DownlinkDirect {
		s.direct, _ = downlink.ParseDirect(t.DownlinkData) // validated
	}
	for _, c := range list {
		d := &c.options.Definition
		if !d.Enabled {
			continue
		}
		s.targets[d.Service] = append(s.targets[d.Service], c.target)
		if d.DownlinkHook && t.DownlinkMode == DownlinkCallback {
			s.hook = c.target
		}
	}
	return s
}

func (s *typeState) route(service callback.Service, yield func(*dispatch.Target) bool) {
	if int(service) >= serviceCount {
		return
	}
	for _, t := range s.targets[service] {
		if !yield(t) {
			return
		}
	}
}

func (s *typeState) deviceType() DeviceType {
	t := s.DeviceType
	t.Callbacks = s.callbacks.options()
	return t
}

// PutDeviceType registers a device type, or changes the one with its ID, and returns
// the ID. Its devices stay. The error is an *InvalidError.
func (r *Registry) PutDeviceType(t DeviceType) (id string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var p problems
	if t.ID == "" {
		t.ID = r.newID(&p)
	}
	cell := r.types[t.ID]
	var before *typeState
	if cell != nil {
		before = cell.state.Load()
	}
	t.setDefaults()
	r.checkDeviceType(&t, &p)
	list := before.list()
	if t.Callbacks != nil || before == nil {
		list = r.newCallbacks(t.ID, t.Callbacks, checkTypeCallback, &p)
	}
	if err := p.finish("The device type is invalid"); err != nil {
		return "", err
	}
	r.own(t.ID, before.list(), list)
	if cell == nil {
		cell = r.newCell()
		r.types[t.ID] = cell
	}
	cell.state.Store(newTypeState(t, list, before))
	return t.ID, nil
}

func (s *typeState) list() callbackList {
	if s == nil {
		return nil
	}
	return s.callbacks
}

// newCell gives a device type its index.
func (r *Registry) newCell() *typeCell {
	cells := *r.cells.Load()
	if n := len(r.free); n > 0 {
		cell := &typeCell{index: r.free[n-1]}
		r.free = r.free[:n-1]
		cells[cell.index] = cell
		return cell
	}
	cell := &typeCell{index: uint32(len(cells))}
	cells = append(cells, cell)
	r.cells.Store(&cells)
	return cell
}

// DeviceType returns the device type with the id, and whether there is one.
func (r *Registry) DeviceType(id string) (DeviceType, bool) {
	r.mu.RLock()
	cell := r.types[id]
	r.mu.RUnlock()
	if cell == nil {
		return DeviceType{}, false
	}
	return cell.state.Load().deviceType(), true
}

// DeviceTypes returns the device types, by ascending id, as they are when the loop
// begins.
func (r *Registry) DeviceTypes() iter.Seq[DeviceType] {
	return func(yield func(DeviceType) bool) {
		r.mu.RLock()
		all := make([]*typeState, 0, len(r.types))
		for cell := range maps.Values(r.types) {
			all = append(all, cell.state.Load())
		}
		r.mu.RUnlock()
		slices.SortFunc(all, func(a, b *typeState) int { return cmp.Compare(a.ID, b.ID) })
		for _, s := range all {
			if !yield(s.deviceType()) {
				return
			}
		}
	}
}

// RemoveDeviceType removes a device type with its callbacks. The error wraps
// ErrNotFound, or ErrInUse if it has devices.
func (r *Registry) RemoveDeviceType(id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	cell := r.types[id]
	if cell == nil {
		return notFound("device type", id)
	}
	if n := cell.devices.Load(); n > 0 {
		return inUse("device type", id, int(n), "devices")
	}
	r.own(id, cell.state.Load().callbacks, nil)
	delete(r.types, id)
	(*r.cells.Load())[cell.index] = nil
	r.free = append(r.free, cell.index)
	return nil
}
