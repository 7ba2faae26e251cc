package routing

import (
	"iter"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/downlink"
)

// View is the device type of a device at one instant: what is to be known to handle
// a message. It does not change, so that all decisions about one message agree. The
// zero View must not be used.
type View struct{ state *typeState }

// View returns the device type of the device; ok is false if the device is not
// registered.
func (r *Registry) View(id sigfox.DeviceID) (v View, ok bool) {
	s := r.shard(id)
	s.mu.RLock()
	index, ok := s.types[id]
	if ok {
		v.state = (*r.cells.Load())[index].state.Load()
	}
	s.mu.RUnlock()
	return v, ok
}

// ID returns the id of the device type.
func (v View) ID() string { return v.state.ID }

// Name returns the name of the device type.
func (v View) Name() string { return v.state.Name }

// GroupID returns the group of the device type, "" if it has none.
func (v View) GroupID() string { return v.state.GroupID }

// KeepAlive returns the keep-alive delay, 0 if it is off.
func (v View) KeepAlive() time.Duration { return v.state.KeepAlive }

// AlertEmail returns who is told when callbacks fail, "" if nobody.
func (v View) AlertEmail() string { return v.state.AlertEmail }

// UplinksPerDay returns how many messages a day the contract allows a device.
func (v View) UplinksPerDay() int { return v.state.UplinksPerDay }

// DownlinksPerDay returns how many downlinks a day the contract allows a device, 0
// if it allows none at all.
func (v View) DownlinksPerDay() int {
	if v.state.NoDownlinks {
		return 0
	}
	return v.state.DownlinksPerDay
}

// DownlinkMode says who answers a device that asks for a downlink.
func (v View) DownlinkMode() DownlinkMode { return v.state.DownlinkMode }

// Direct returns the template of the downlinks in the mode DownlinkDirect, nil in
// the others.
func (v View) Direct() *downlink.Direct { return v.state.direct }

// Hook returns the DATA/BIDIR callback that downlinks are asked of in the mode
// DownlinkCallback: the selected one, if it is enabled. It is nil in the other modes
// and if there is none, which the network reports as downlink.InvalidConfiguration.
func (v View) Hook() *dispatch.Target { return v.state.hook }

// Targets returns the targets for a message of the service, as Registry.Route does.
func (v View) Targets(s callback.Service) iter.Seq[*dispatch.Target] {
	return func(yield func(*dispatch.Target) bool) { v.state.route(s, yield) }
}

// Allow takes one callback from the abuse limit, as Registry.Allow does.
func (v View) Allow(now time.Time) bool { return v.state.limit.allow(now) }
