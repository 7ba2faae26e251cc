package keepalive

import (
	"iter"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Status is what a monitor knows of a device.
type Status struct {
	// LastSeen is as in Breach.
	LastSeen time.Time
	// Delay is how long the device may be silent; 0 if it is not watched.
	Delay time.Duration
	// Silent reports that the device was found silent for that long, and that
	// no message has been received since.
	Silent bool
}

// Len returns the number of devices.
func (m *Monitor) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.devices
}

// Waiting returns the number of breaches that were found and not yet handed
// out, or not accepted by the function of Run.
func (m *Monitor) Waiting() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.alerts.len()
}

// Lookup returns the status of a device, and whether the device is known.
func (m *Monitor) Lookup(id sigfox.DeviceID) (Status, bool) {
	m.mu.Lock()
	c, known := m.find(id)
	if !known {
		m.mu.Unlock()
		return Status{}, false
	}
	v, meta := slot(c.slot.Load()), *c.meta
	m.mu.Unlock()
	return m.status(v, meta), true
}

// All returns all devices, in no order. The monitor may be used during the loop:
// a device that joins or leaves meanwhile may or may not be returned; no device
// is returned twice.
func (m *Monitor) All() iter.Seq2[sigfox.DeviceID, Status] {
	type device struct {
		slot slot
		meta meta
	}
	return func(yield func(sigfox.DeviceID, Status) bool) {
		var devices []device
		for i := range m.segments.tables {
			devices = devices[:0]
			m.mu.Lock()
			for v, meta := range m.segments.tables[i].Load().all() {
				devices = append(devices, device{v, meta})
			}
			m.mu.Unlock()
			for _, d := range devices {
				if !yield(d.slot.id(), m.status(d.slot, d.meta)) {
					return
				}
			}
		}
	}
}

func (m *Monitor) status(v slot, meta meta) Status {
	return Status{
		LastSeen: m.timeOf(v.last()),
		Delay:    time.Duration(m.ticksOf(meta.delay())) * m.opts.Resolution,
		Silent:   v.silent(),
	}
}
