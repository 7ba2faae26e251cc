package downlink

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox"
)

// storedVersion is that of storedDevice. Every change of it, also a new field, is a new
// version: who does not know a field would drop it.
const storedVersion = 1

// storedDevice is what a SharedQueue stores of a device, as JSON: waiting, and the clock
// of the queue. Times are in UTC; numbers of states and outcomes are as declared.
type storedDevice struct {
	Version    int              `json:"v"`
	Now        time.Time        `json:"now"`
	Waiting    []storedDownlink `json:"waiting,omitempty"`
	Head       headState        `json:"head,omitempty"`
	Superseded Outcome          `json:"superseded,omitempty"`
	Offer      *storedOffer     `json:"offer,omitempty"`
	Today      time.Time        `json:"today"`
	Used       int              `json:"used,omitempty"`
}

type storedDownlink struct {
	Data    Data      `json:"data"`
	Ref     uint64    `json:"ref,omitempty"`
	Pushed  time.Time `json:"pushed"`
	Expires time.Time `json:"expires,omitzero"`
	Offers  int       `json:"offers,omitempty"`
}

// storedOffer is to which message the last offer was made, and when.
type storedOffer struct {
	Time int64            `json:"time"`
	Seq  sigfox.SeqNumber `json:"seq"`
	At   time.Time        `json:"at"`
}

// encode returns what is stored. The error tells of a year that is not 0 to 9999.
func (w *waiting) encode(now time.Time) ([]byte, error) {
	s := storedDevice{
		Version: storedVersion, Now: now.UTC(), Head: w.head, Superseded: w.superseded, Today: w.today.UTC(), Used: w.used,
	}
	for i := range w.list {
		d := &w.list[i]
		s.Waiting = append(s.Waiting, storedDownlink{d.Data, d.Ref, d.Pushed.UTC(), d.Expires.UTC(), d.Offers})
	}
	if !w.offered.IsZero() {
		s.Offer = &storedOffer{w.message.Time, w.message.Seq, w.offered.UTC()}
	}
	value, err := json.Marshal(&s)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	return value, nil
}

// decodeWaiting reads what encode has written for the device.
func decodeWaiting(id sigfox.DeviceID, value []byte) (now time.Time, w *waiting, err error) {
	var head struct {
		Version int `json:"v"`
	}
	if err := json.Unmarshal(value, &head); err != nil {
		return now, nil, fmt.Errorf("state: %w", err)
	}
	if head.Version != storedVersion {
		return now, nil, fmt.Errorf("state has version %d, not %d", head.Version, storedVersion)
	}
	var s storedDevice
	if err := json.Unmarshal(value, &s); err != nil {
		return now, nil, fmt.Errorf("state: %w", err)
	}
	if err := s.validate(); err != nil {
		return now, nil, err
	}
	w = &waiting{head: s.Head, superseded: s.Superseded, today: s.Today, used: s.Used}
	for i, d := range s.Waiting {
		w.list = append(w.list, Downlink{
			Data: d.Data, Ref: d.Ref, Pushed: d.Pushed, Expires: d.Expires, Offers: d.Offers,
			OnOffer: i == 0 && w.onOffer(),
		})
	}
	if s.Offer != nil {
		w.message = sigfox.MessageKey{Device: id, Time: s.Offer.Time, Seq: s.Offer.Seq}
		w.offered = s.Offer.At
	}
	return s.Now, w, nil
}

// validate refuses what no queue writes and what its methods do not expect.
func (s *storedDevice) validate() error {
	switch {
	case s.Head > headInDoubt, s.Head != headIdle && len(s.Waiting) == 0:
		return fmt.Errorf("state: head %d with %d downlinks", s.Head, len(s.Waiting))
	case s.Superseded != Ignored && (s.Head != headOnOffer || s.Superseded != Replaced && s.Superseded != Removed):
		return fmt.Errorf("state: superseded %d with head %d", s.Superseded, s.Head)
	case s.Head != headIdle && s.Offer == nil, s.Offer != nil && s.Offer.At.IsZero():
		return fmt.Errorf("state: head %d without an offer", s.Head)
	case s.Used < 0:
		return fmt.Errorf("state: %d used", s.Used)
	}
	for i := range s.Waiting {
		if s.Waiting[i].Offers < 0 {
			return fmt.Errorf("state: %d offers", s.Waiting[i].Offers)
		}
	}
	return nil
}

// clockSlack is by how much the clocks of replicas may differ for the quota to be right.
const clockSlack = time.Hour

// keep returns how long the state must be kept, 0 for ever: without a downlink it is only
// the count of the day.
func (w *waiting) keep(now time.Time) time.Duration {
	if len(w.list) > 0 {
		return 0
	}
	return w.today.Add(day).Sub(now) + clockSlack
}
