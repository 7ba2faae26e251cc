package downlink

import (
	"iter"
	"slices"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Quota returns how many downlinks the device has used of its quota of the UTC
// day, and the quota. An offer counts when it is made, and no more once it is
// known that it was not sent. If the network says that the device is over its
// quota, used is at least the quota.
func (q *Queue) Quota(now time.Time, id sigfox.DeviceID) (used, perDay int) {
	q.update(now, func() {
		if w := q.find(id); w != nil {
			used = w.used
		}
	})
	return used, q.options.PerDay
}

// Pending returns the downlinks that wait for the device, in the order in which
// they will be offered, as they are when the loop begins. The loop may call the
// queue.
func (q *Queue) Pending(now time.Time, id sigfox.DeviceID) iter.Seq[Downlink] {
	return func(yield func(Downlink) bool) {
		var list []Downlink
		q.update(now, func() {
			if w := q.find(id); w != nil {
				list = slices.Clone(w.list)
			}
		})
		slices.Values(list)(yield)
	}
}

// Devices returns the devices for which a downlink waits, in ascending order, as
// they are when the loop begins. The loop may call the queue.
func (q *Queue) Devices(now time.Time) iter.Seq[sigfox.DeviceID] {
	return func(yield func(sigfox.DeviceID) bool) {
		var ids []sigfox.DeviceID
		q.update(now, func() {
			q.sweep()
			for id, w := range q.devices {
				if len(w.list) > 0 {
					ids = append(ids, id)
				}
			}
		})
		slices.Sort(ids)
		slices.Values(ids)(yield)
	}
}

// Remove removes what waits for the device and returns how many downlinks that
// were. One that is on offer may be sent yet; it is not put back, and counts too.
func (q *Queue) Remove(now time.Time, id sigfox.DeviceID) (removed int) {
	q.update(now, func() {
		if w := q.find(id); w != nil {
			removed = w.live()
			q.supersede(id, w, Removed)
			q.forget(id, w)
		}
	})
	return removed
}

// Sweep removes what has expired for any device, and forgets the devices of which
// nothing is left to know. Nobody has to call it: what has expired is never
// offered, and a full queue sweeps itself. Called now and then, it frees memory
// and lets OnDone hear of expiry in time.
func (q *Queue) Sweep(now time.Time) { q.update(now, q.sweep) }
