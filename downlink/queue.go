package downlink

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Queue holds what an application wants to send to its devices until they ask. The life
// of a downlink:
//
//   - Push lets it wait;
//   - Next offers it to a BIDIR message that asks;
//   - Acknowledge then removes it, or puts it back in its place if it was not sent.
//
// While a downlink is on offer its device is offered nothing else, so that none
// is sent twice and their order is kept; only the repeated callback of the very
// same message gets the same reply again. If no ACKNOWLEDGE comes within
// ConfirmTimeout the downlink is put back, or taken for sent, as QueueOptions
// say. An ACKNOWLEDGE that comes later than that still counts until the downlink
// is offered again.
//
// A Queue keeps all in memory and is safe for concurrent use. A now that lies
// before one that it has seen is taken for that one.
type Queue struct {
	options QueueOptions

	mu      sync.Mutex
	now     time.Time // the latest seen
	devices map[sigfox.DeviceID]*waiting
	swept   time.Time // when room was last made in a full queue
	done    []Done    // to be reported once mu is released
}

// NewQueue returns an empty queue. The error names the field of o that is negative.
func NewQueue(o QueueOptions) (*Queue, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	return &Queue{options: o.withDefaults(), devices: map[sigfox.DeviceID]*waiting{}}, nil
}

// PushOptions say how a downlink waits.
type PushOptions struct {
	// Replace removes what waits for the device, so that it hears the newest only.
	// A downlink on offer may be sent yet, but is not put back. Default: wait behind
	// what is there.
	Replace bool
	// Expiry is how long to wait, at most NoExpiry. A downlink on offer expires only
	// when it is put back. Default: QueueOptions.Expiry.
	Expiry time.Duration
	// Ref is a number of the application's own, such as the id of a command.
	Ref uint64
}

// Push lets d wait for the device. The error is ErrQueueFull, or says that
// Expiry is negative; nothing has changed then.
func (q *Queue) Push(now time.Time, id sigfox.DeviceID, d Data, o PushOptions) error {
	if o.Expiry < 0 {
		return errors.New("downlink: PushOptions.Expiry is negative")
	}
	var err error
	q.update(now, func() { err = q.push(id, d, o) })
	return err
}

func (q *Queue) push(id sigfox.DeviceID, d Data, o PushOptions) error {
	w := q.find(id)
	if w == nil {
		if !q.makeRoom() {
			return fmt.Errorf("%w: %d devices", ErrQueueFull, len(q.devices))
		}
		w = &waiting{today: startOfDay(q.now)}
		q.devices[id] = w
	}
	if o.Replace {
		q.supersede(id, w, Replaced)
	} else if w.live() >= q.options.MaxPerDevice {
		return fmt.Errorf("%w: %d downlinks for device %v", ErrQueueFull, w.live(), id)
	}
	downlink := Downlink{Data: d, Ref: o.Ref, Pushed: q.now}
	if expiry := cmp.Or(o.Expiry, q.options.Expiry); expiry != NoExpiry {
		downlink.Expires = q.now.Add(expiry)
	}
	w.list = append(w.list, downlink)
	return nil
}

// Next returns the reply to a BIDIR message: the downlink that waits for its
// device, or no data. Call it only for a message whose ack is true, since what it
// returns counts as offered. The same message again, because its callback was
// repeated, gets the same reply as long as that is on offer and nothing after
// that; a message without time and sequence number is always taken for a new one.
func (q *Queue) Next(now time.Time, message sigfox.MessageKey) (reply Reply) {
	q.update(now, func() {
		if w := q.find(message.Device); w != nil {
			reply = q.next(w, message)
		}
	})
	return reply
}

func (q *Queue) next(w *waiting, message sigfox.MessageKey) Reply {
	if w.message == message && (message.Time != 0 || message.Seq != sigfox.NoSeqNumber) {
		if w.onOffer() {
			return Send(w.list[0].Data)
		}
		return Reply{}
	}
	if len(w.list) == 0 || w.onOffer() || q.options.HoldBack && w.used >= q.options.PerDay {
		return Reply{}
	}
	return w.offer(q.now, message)
}

// Acknowledge settles the downlink that is on offer to the device, and returns it
// with its outcome. An ACKNOWLEDGE that says infoCode Acked (and not downlinkAck
// false), or downlinkAck true without a code, confirms it; any other result puts
// it back, unless the result is InvalidPayload, or it has been offered MaxOffers
// times, or it was replaced or removed or has expired meanwhile.
//
// If the outcome is Ignored the Downlink is zero. Give Ack.Time, or remove
// repeated callbacks first, so that one cannot settle the wrong downlink.
func (q *Queue) Acknowledge(now time.Time, a Ack) (settled Downlink, outcome Outcome) {
	q.update(now, func() {
		if w := q.find(a.Device); w != nil {
			settled, outcome = q.acknowledge(w, a)
			q.forget(a.Device, w)
		}
	})
	return settled, outcome
}

func (q *Queue) acknowledge(w *waiting, a Ack) (Downlink, Outcome) {
	outcome := q.judge(w, a)
	if outcome == Ignored {
		return Downlink{}, Ignored
	}
	settled := w.list[0]
	settled.OnOffer = false
	if outcome != Confirmed {
		w.giveBackQuota()
	}
	if a.overQuota() {
		w.used = max(w.used, q.options.PerDay)
	}
	if outcome == PutBack {
		w.putBack(headIdle)
	} else {
		q.dropHead(a.Device, w, outcome)
	}
	return settled, outcome
}

// judge returns what a means for the first downlink of the device.
func (q *Queue) judge(w *waiting, a Ack) Outcome {
	sent, known := a.result()
	switch {
	case w.head == headIdle || !known:
		return Ignored
	case a.Time != 0 && a.Time < w.message.Time:
		return Ignored
	case sent:
		return Confirmed
	case a.Code.Or(Acked) == InvalidPayload:
		return Rejected
	}
	return q.afterFailure(w)
}

// afterFailure returns what becomes of the first downlink when its offer ends in
// vain.
func (q *Queue) afterFailure(w *waiting) Outcome {
	switch d := &w.list[0]; {
	case w.superseded != Ignored:
		return w.superseded
	case d.Offers >= q.options.MaxOffers:
		return GivenUp
	case d.expired(q.now):
		return Expired
	default:
		return PutBack
	}
}
