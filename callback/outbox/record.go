package outbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/store"
)

// version is that of record.
const version = 1

// record is what is stored of a delivery. Times are Unix nanoseconds.
type record struct {
	Version  int            `json:"v"`
	ID       string         `json:"id"`
	Target   string         `json:"target"`
	Subject  subject        `json:"subject"`
	HTTP     *outgoing      `json:"http,omitempty"`
	Line     []byte         `json:"line,omitzero"`
	Mail     *callback.Mail `json:"mail,omitempty"`
	Attempts []attempt      `json:"attempts,omitempty"`
	Accepted int64          `json:"accepted"`
	Due      int64          `json:"due,omitempty"`
	Batch    string         `json:"batch,omitempty"`
	// Cause says why it was given up.
	Cause dispatch.DropCause `json:"cause,omitempty"`
}

type subject struct {
	Service      callback.Service             `json:"service"`
	Device       sigfox.DeviceID              `json:"device"`
	DeviceTypeID string                       `json:"deviceTypeId,omitempty"`
	GroupID      string                       `json:"groupId,omitempty"`
	Time         int64                        `json:"time,omitempty"`
	SeqNumber    sigfox.Opt[sigfox.SeqNumber] `json:"seqNumber,omitzero"`
	Data         sigfox.Payload               `json:"data"`
	SNR          sigfox.Opt[float64]          `json:"snr,omitzero"`
	Ack          bool                         `json:"ack,omitempty"`
}

type outgoing struct {
	Method string      `json:"method"`
	URL    string      `json:"url"`
	Header http.Header `json:"header,omitzero"`
	Body   []byte      `json:"body,omitzero"`
}

type attempt struct {
	Number     int             `json:"number"`
	Start      int64           `json:"start"`
	Duration   time.Duration   `json:"duration"`
	Method     string          `json:"method,omitempty"`
	URL        string          `json:"url,omitempty"`
	Status     int             `json:"status,omitempty"`
	Reason     dispatch.Reason `json:"reason,omitempty"`
	Error      string          `json:"error,omitempty"`
	Permanent  bool            `json:"permanent,omitempty"`
	RetryAfter time.Duration   `json:"retryAfter,omitempty"`
	Answer     []byte          `json:"answer,omitzero"`
}

// encode writes a delivery.
func encode(d *dispatch.Delivery) ([]byte, error) { return json.Marshal(recordOf(d)) }

func recordOf(d *dispatch.Delivery) *record {
	r, s := &d.Request, &d.Request.Subject
	rec := &record{
		Version: version, ID: r.ID, Target: r.Target.ID(), Line: r.Line, Mail: r.Mail,
		Accepted: nanos(d.Accepted), Due: nanos(d.Due), Batch: d.Batch,
		Subject: subject{
			Service: s.Service, Device: s.Device, DeviceTypeID: s.DeviceTypeID, GroupID: s.GroupID, Time: nanos(s.Time),
			SeqNumber: s.SeqNumber, Data: s.Data, SNR: s.SNR, Ack: s.Ack,
		},
	}
	if o := r.HTTP; o != nil {
		rec.HTTP = &outgoing{o.Method, o.URL, o.Header, o.Body}
	}
	for _, a := range d.Attempts {
		rec.Attempts = append(rec.Attempts, attempt{
			a.Number, nanos(a.Start), a.Duration, a.Method, a.URL, a.Status, a.Reason, a.Error, a.Permanent,
			a.RetryAfter, a.Answer,
		})
	}
	return rec
}

// decode reads what encode has written; the target is the caller's to find. The error
// wraps store.ErrCorrupt, also for what a newer version has written.
func decode(data []byte) (*record, error) {
	var rec record
	if err := json.Unmarshal(data, &rec); err != nil {
		return nil, fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	}
	if rec.Version != version {
		return nil, fmt.Errorf("%w: version %d, not %d", store.ErrCorrupt, rec.Version, version)
	}
	if rec.Subject.Service == 0 {
		return nil, fmt.Errorf("%w: no service", store.ErrCorrupt)
	}
	return &rec, nil
}

// delivery returns what was stored.
func (rec *record) delivery(t *dispatch.Target) dispatch.Delivery {
	s := &rec.Subject
	d := dispatch.Delivery{
		Accepted: moment(rec.Accepted), Due: moment(rec.Due), Batch: rec.Batch,
		Request: dispatch.Request{
			ID: rec.ID, Target: t, Line: rec.Line, Mail: rec.Mail,
			Subject: dispatch.Subject{
				Service: s.Service, Device: s.Device, DeviceTypeID: s.DeviceTypeID, GroupID: s.GroupID, Time: moment(s.Time),
				SeqNumber: s.SeqNumber, Data: s.Data, SNR: s.SNR, Ack: s.Ack,
			},
		},
	}
	if o := rec.HTTP; o != nil {
		d.Request.HTTP = &callback.Outgoing{Method: o.Method, URL: o.URL, Header: o.Header, Body: o.Body}
	}
	for _, a := range rec.Attempts {
		d.Attempts = append(d.Attempts, dispatch.Attempt{
			Number: a.Number, Start: moment(a.Start), Duration: a.Duration, Method: a.Method, URL: a.URL, Status: a.Status,
			Reason: a.Reason, Error: a.Error, Permanent: a.Permanent, RetryAfter: a.RetryAfter, Answer: a.Answer,
		})
	}
	return d
}

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func moment(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos).UTC()
}
