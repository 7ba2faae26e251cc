package downlink

import (
	"time"

	"github.com/go-sigfox/sigfox"
)

// waiting is what a Queue knows of one device.
type waiting struct {
	// list holds the downlinks in the order in which they are offered. Only the
	// first one can be on offer or in doubt.
	list []Downlink
	head headState
	// superseded is Replaced or Removed if that happened to the downlink on offer,
	// which is then not put back. Otherwise it is Ignored.
	superseded Outcome
	// message and offered tell to which message the last offer was made, and when.
	message sigfox.MessageKey
	offered time.Time
	// used counts the downlinks of the UTC day that begins at today.
	today time.Time
	used  int
}

// headState tells what is known of the first downlink of the list.
type headState uint8

const (
	// headIdle: not offered, or offered and known not to have been sent.
	headIdle headState = iota
	// headOnOffer: given to a message, waiting for the ACKNOWLEDGE.
	headOnOffer
	// headInDoubt: put back because no ACKNOWLEDGE came; one that comes late still
	// counts until the next offer.
	headInDoubt
)

// startOfDay returns the beginning of the UTC day of t. (The zero time is at
// midnight UTC, and Truncate counts from there.)
func startOfDay(t time.Time) time.Time { return t.Truncate(day) }

// idle reports whether there is nothing to remember about the device.
func (w *waiting) idle() bool {
	return len(w.list) == 0 && w.used == 0 && w.offered.Before(w.today)
}

// onOffer reports whether the first downlink is on offer.
func (w *waiting) onOffer() bool { return w.head == headOnOffer }

// live returns how many downlinks still want to be sent.
func (w *waiting) live() int {
	if w.superseded != Ignored {
		return len(w.list) - 1
	}
	return len(w.list)
}

// offer gives the first downlink to a message.
func (w *waiting) offer(now time.Time, message sigfox.MessageKey) Reply {
	d := &w.list[0]
	d.Offers++
	d.OnOffer = true
	w.head, w.message, w.offered = headOnOffer, message, now
	w.used++
	return Send(d.Data)
}

// putBack ends an offer without success.
func (w *waiting) putBack(next headState) {
	w.head = next
	w.list[0].OnOffer = false
}

// giveBackQuota undoes the count of the last offer. If that was made on an
// earlier day, nothing has been counted since.
func (w *waiting) giveBackQuota() { w.used = max(0, w.used-1) }

// rollDay starts the count anew when the UTC day has changed.
func (w *waiting) rollDay(now time.Time) {
	if today := startOfDay(now); !today.Equal(w.today) {
		w.today, w.used = today, 0
	}
}
