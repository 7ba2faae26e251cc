package downlink

import (
	"strconv"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Downlink is one downlink that waits in a Queue.
type Downlink struct {
	Data Data
	// Ref is the application's own number for it, from PushOptions.
	Ref uint64
	// Pushed is when it came into the queue.
	Pushed time.Time
	// Expires is when it leaves the queue unsent, zero for never.
	Expires time.Time
	// Offers is how often it was given to a message that asked.
	Offers int
	// OnOffer says that it was given to a message and that no ACKNOWLEDGE has told
	// yet what became of it.
	OnOffer bool
}

func (d *Downlink) expired(now time.Time) bool {
	return !d.Expires.IsZero() && !now.Before(d.Expires)
}

// Done reports that a downlink left the queue, and why.
type Done struct {
	Device   sigfox.DeviceID
	Downlink Downlink
	// Outcome is neither Ignored nor PutBack.
	Outcome Outcome
}

// Outcome is what became of a downlink.
type Outcome uint8

const (
	// Ignored says that an ACKNOWLEDGE changed nothing: no downlink of the device
	// is on offer, or it speaks of an earlier message, or it tells no result.
	Ignored Outcome = iota
	// Confirmed says that a base station emitted the downlink. It has left the queue.
	Confirmed
	// PutBack says that it was not sent and is offered again at the next opportunity.
	PutBack
	// Rejected says that the cloud found it invalid: it has left the queue, because
	// the same data would be refused for ever.
	Rejected
	// GivenUp says that it has left the queue after MaxOffers offers without success.
	GivenUp
	// Expired says that it has left the queue because its time was over.
	Expired
	// Replaced says that it has left the queue for a newer one.
	Replaced
	// Removed says that it has left the queue because Remove was called.
	Removed
	// Assumed says that no ACKNOWLEDGE came in time and that it is taken for sent,
	// as AssumeSent wants it.
	Assumed
)

var outcomes = [...]string{
	Ignored:   "ignored",
	Confirmed: "confirmed",
	PutBack:   "put back",
	Rejected:  "rejected",
	GivenUp:   "given up",
	Expired:   "expired",
	Replaced:  "replaced",
	Removed:   "removed",
	Assumed:   "assumed sent",
}

// String returns the outcome in lower-case words ("put back").
func (o Outcome) String() string {
	if int(o) >= len(outcomes) {
		return strconv.Itoa(int(o))
	}
	return outcomes[o]
}
