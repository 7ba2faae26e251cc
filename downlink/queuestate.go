package downlink

import (
	"slices"
	"time"

	"github.com/go-sigfox/sigfox"
)

// update runs fn with the lock held and the clock advanced, then reports the
// downlinks that fn removed.
func (q *Queue) update(now time.Time, fn func()) {
	q.mu.Lock()
	if now.After(q.now) {
		q.now = now
	}
	fn()
	done := q.done
	q.done = nil
	q.mu.Unlock()
	for _, d := range done {
		q.options.OnDone(d)
	}
}

// find returns what is known of the device, brought up to date, or nil.
func (q *Queue) find(id sigfox.DeviceID) *waiting {
	w := q.devices[id]
	if w == nil {
		return nil
	}
	q.refresh(id, w)
	if !q.forget(id, w) {
		return w
	}
	return nil
}

// refresh applies what the passing of time has changed.
func (q *Queue) refresh(id sigfox.DeviceID, w *waiting) {
	w.rollDay(q.now)
	if w.onOffer() && q.now.Sub(w.offered) >= q.options.ConfirmTimeout {
		outcome := q.afterFailure(w)
		if q.options.AssumeSent {
			outcome = Assumed
		}
		if outcome == PutBack {
			w.putBack(headInDoubt)
		} else {
			q.dropHead(id, w, outcome)
		}
	}
	q.drop(id, w, Expired, func(d Downlink) bool { return d.expired(q.now) })
}

// supersede drops all that waits, and lets the downlink on offer be dropped when
// its offer ends in vain.
func (q *Queue) supersede(id sigfox.DeviceID, w *waiting, why Outcome) {
	q.drop(id, w, why, func(Downlink) bool { return true })
	if w.onOffer() {
		w.superseded = why
	}
}

// drop removes the downlinks that match, but never the one on offer.
func (q *Queue) drop(id sigfox.DeviceID, w *waiting, why Outcome, match func(Downlink) bool) {
	first := 0
	if w.onOffer() {
		first = 1
	} else if len(w.list) > 0 && match(w.list[0]) {
		w.head = headIdle
	}
	kept := slices.DeleteFunc(w.list[first:], func(d Downlink) bool {
		if !match(d) {
			return false
		}
		q.report(id, d, why)
		return true
	})
	w.list = w.list[:first+len(kept)]
}

// dropHead removes the first downlink.
func (q *Queue) dropHead(id sigfox.DeviceID, w *waiting, why Outcome) {
	d := w.list[0]
	d.OnOffer = false
	q.report(id, d, why)
	w.list = slices.Delete(w.list, 0, 1)
	w.head, w.superseded = headIdle, Ignored
}

// report notes that a downlink has left the queue.
func (q *Queue) report(id sigfox.DeviceID, d Downlink, why Outcome) {
	if q.options.OnDone != nil {
		q.done = append(q.done, Done{Device: id, Downlink: d, Outcome: why})
	}
}

// forget drops the device if nothing is left to know about it, and reports
// whether it did.
func (q *Queue) forget(id sigfox.DeviceID, w *waiting) bool {
	if w.idle() {
		delete(q.devices, id)
	}
	return w.idle()
}

// sweepPause keeps a full queue from looking through all its devices at each Push.
const sweepPause = time.Second

// makeRoom reports whether one more device fits.
func (q *Queue) makeRoom() bool {
	if len(q.devices) >= q.options.MaxDevices && q.now.Sub(q.swept) >= sweepPause {
		q.sweep()
	}
	return len(q.devices) < q.options.MaxDevices
}

// sweep brings all devices up to date and forgets those of which nothing is left.
func (q *Queue) sweep() {
	q.swept = q.now
	for id := range q.devices {
		q.find(id)
	}
}
