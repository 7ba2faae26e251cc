package routing

import (
	"iter"
	"slices"
	"sync"

	"github.com/go-sigfox/sigfox"
)

// Device is a registered device.
type Device struct {
	// ID is not zero.
	ID sigfox.DeviceID
	// DeviceTypeID is the id of its device type.
	DeviceTypeID string
	// Name has at most 100 characters.
	Name string
	// Lat and Lng are where it stands, in degrees: the variables fixedLat and
	// fixedLng. Both or none are given.
	Lat, Lng sigfox.Opt[float64]
	// Zone is the radio zone that it works in.
	Zone sigfox.RadioZone
}

// shardCount is how many parts the table of devices has, each with its own lock.
const shardCount = 64

// shard is a part of the table of devices.
type shard struct {
	mu      sync.RWMutex
	types   map[sigfox.DeviceID]uint32  // typeCell.index
	details map[sigfox.DeviceID]details // of those that have any
}

// details are what few devices of a large fleet have.
type details struct {
	name     string
	lat, lng sigfox.Opt[float64]
	zone     sigfox.RadioZone
}

// shard returns the part that holds the device. Ids are handed out in blocks, so any
// bits would do that differ within one.
func (r *Registry) shard(id sigfox.DeviceID) *shard { return &r.shards[id%shardCount] }

// PutDevice registers a device, or changes the one with its ID, which may move it to
// another device type. The error is an *InvalidError.
func (r *Registry) PutDevice(d Device) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	cell := r.types[d.DeviceTypeID]
	if err := checkDevice(&d, cell != nil); err != nil {
		return err
	}
	s := r.shard(d.ID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := s.types[d.ID]; ok {
		(*r.cells.Load())[before].devices.Add(-1)
	}
	cell.devices.Add(1)
	s.types[d.ID] = cell.index
	if more := (details{d.Name, d.Lat, d.Lng, d.Zone}); more != (details{}) {
		s.details[d.ID] = more
	} else {
		delete(s.details, d.ID)
	}
	return nil
}

// Device returns the device with the id, and whether there is one.
func (r *Registry) Device(id sigfox.DeviceID) (Device, bool) {
	s := r.shard(id)
	s.mu.RLock()
	defer s.mu.RUnlock()
	index, ok := s.types[id]
	if !ok {
		return Device{}, false
	}
	more := s.details[id]
	return Device{
		ID: id, DeviceTypeID: (*r.cells.Load())[index].state.Load().ID,
		Name: more.name, Lat: more.lat, Lng: more.lng, Zone: more.zone,
	}, true
}

// Devices returns the devices of a device type, by ascending id. It takes 4 bytes a
// device, and time in proportion to all devices that are registered; devices that
// come or go during the loop may be seen or not.
func (r *Registry) Devices(deviceTypeID string) iter.Seq[Device] {
	return func(yield func(Device) bool) {
		for _, id := range r.deviceIDs(deviceTypeID) {
			if d, ok := r.Device(id); ok && d.DeviceTypeID == deviceTypeID && !yield(d) {
				return
			}
		}
	}
}

func (r *Registry) deviceIDs(deviceTypeID string) []sigfox.DeviceID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	cell := r.types[deviceTypeID]
	if cell == nil {
		return nil
	}
	ids := make([]sigfox.DeviceID, 0, cell.devices.Load())
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.RLock()
		for id, index := range s.types {
			if index == cell.index {
				ids = append(ids, id)
			}
		}
		s.mu.RUnlock()
	}
	slices.Sort(ids)
	return ids
}

// RemoveDevice removes a device. The error wraps ErrNotFound.
func (r *Registry) RemoveDevice(id sigfox.DeviceID) error {
	s := r.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	index, ok := s.types[id]
	if !ok {
		return notFound("device", id.String())
	}
	delete(s.types, id)
	delete(s.details, id)
	(*r.cells.Load())[index].devices.Add(-1)
	return nil
}
