package routing

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// Options configure a Registry. A zero field stands for its default.
type Options struct {
	// NewID makes the ids of what is registered without one: 24 lower-case hex digits,
	// never the same twice. Default: random.
	NewID func() string
	// MinKeepAlive is the shortest keep-alive delay of a device type. Default:
	// 30 minutes, as the Sigfox Cloud demands.
	// Source: https://support.sigfox.com/docs/set-a-keep-alive-delay
	MinKeepAlive time.Duration
}

// Registry holds device types, groups and devices. See the package.
type Registry struct {
	options Options

	// mu guards the maps below. Changes of device types, groups and callbacks hold it
	// for writing; PutDevice holds it for reading, so that no device type goes away
	// under a device. It is taken before the mutex of a shard.
	mu     sync.RWMutex
	types  map[string]*typeCell
	groups map[string]*groupState
	owners map[string]string // from the id of a callback to its device type or group

	// cells are the device types by typeCell.index. Devices hold the index, so that
	// their table has no pointers. A slot is read under the lock of a shard that holds
	// a device of the type, and changes only while the type has no devices.
	cells  atomic.Pointer[[]*typeCell]
	free   []uint32
	shards [shardCount]shard
}

// New returns an empty registry.
func New(o Options) (*Registry, error) {
	if o.MinKeepAlive < 0 {
		return nil, errors.New("routing: Options.MinKeepAlive is negative")
	}
	if o.NewID == nil {
		o.NewID = randomID
	}
	if o.MinKeepAlive == 0 {
		o.MinKeepAlive = minKeepAlive
	}
	r := &Registry{
		options: o,
		types:   make(map[string]*typeCell),
		groups:  make(map[string]*groupState),
		owners:  make(map[string]string),
	}
	r.cells.Store(new([]*typeCell))
	for i := range r.shards {
		r.shards[i].types = make(map[sigfox.DeviceID]uint32)
		r.shards[i].details = make(map[sigfox.DeviceID]details)
	}
	return r, nil
}

// Route returns the targets for a message of the service from the device: the
// enabled callbacks of its device type, in the order in which they were added. There
// are none if the device is not registered. For DATA/BIDIR they are all that are
// enabled; whose answer counts is told by View.Hook.
func (r *Registry) Route(id sigfox.DeviceID, s callback.Service) iter.Seq[*dispatch.Target] {
	return func(yield func(*dispatch.Target) bool) {
		if v, ok := r.View(id); ok {
			v.state.route(s, yield)
		}
	}
}

// RouteEvent returns the targets for an event of the group: the enabled callbacks of
// the group and of those above it, the nearest first.
func (r *Registry) RouteEvent(groupID string) iter.Seq[*dispatch.Target] {
	return func(yield func(*dispatch.Target) bool) { r.routeEvent(groupID, yield) }
}

// Allow takes one callback from the abuse limit of the device type and reports
// whether there was one left. Without a limit, and for device types that are not
// registered, it reports true. A now that goes back stands still.
func (r *Registry) Allow(now time.Time, deviceTypeID string) bool {
	r.mu.RLock()
	cell := r.types[deviceTypeID]
	r.mu.RUnlock()
	return cell == nil || cell.state.Load().limit.allow(now)
}

// idDigits is the length of ids in the API.
const idDigits = 24

func randomID() string {
	var b [idDigits / 2]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
