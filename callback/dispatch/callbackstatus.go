package dispatch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/go-sigfox/sigfox/callback"
)

// CallbackStatus is how one call of a callback ended: an element of cbStatus in the
// messages of API v2.
type CallbackStatus struct {
	// Status is the HTTP status, 0 if there was no complete answer. E-mails that a server has
	// taken have 200.
	Status int
	// Info is the reason phrase of the status, or why there was none.
	Info string
	// CbDef is the definition: its method and URL, "[POST] https://example.com/{device}".
	// Secrets are replaced as in UndeliveredCallback.
	CbDef string
	// Time is when the callback was called.
	Time time.Time
}

// NewCallbackStatus returns how an attempt ended.
func NewCallbackStatus(t *Target, a *Attempt) CallbackStatus {
	s := CallbackStatus{Time: a.Start}
	s.Status, s.Info = attemptStatus(a)
	d := t.Definition()
	if d.Channel != callback.ChannelEmail {
		s.CbDef = "[" + a.Method + "] " + withoutSecrets(d.URL, d.URL)
		return s
	}
	s.CbDef = "[EMAIL] " + d.Recipient
	if a.OK() {
		s.Status, s.Info = http.StatusOK, http.StatusText(http.StatusOK)
	}
	return s
}

// OK reports whether the callback was delivered.
func (s CallbackStatus) OK() bool { return s.Status >= 200 && s.Status < 300 }

// MarshalJSON implements json.Marshaler with the object of the API; the time is in
// milliseconds.
func (s CallbackStatus) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Status int    `json:"status"`
		Info   string `json:"info"`
		CbDef  string `json:"cbDef"`
		Time   int64  `json:"time"`
	}{s.Status, s.Info, s.CbDef, s.Time.UnixMilli()})
}

// UnmarshalJSON implements json.Unmarshaler. The status may be a string, the time in
// seconds, as in an example of API v1, or in milliseconds.
func (s *CallbackStatus) UnmarshalJSON(b []byte) error {
	var j struct {
		Status looseText `json:"status"`
		Info   looseText `json:"info"`
		CbDef  looseText `json:"cbDef"`
		Time   looseText `json:"time"`
	}
	if err := json.Unmarshal(b, &j); err != nil {
		return fmt.Errorf("dispatch: callback status: %w", err)
	}
	var f looseFields
	*s = CallbackStatus{CbDef: string(j.CbDef), Time: f.readTime(j.Time)}
	s.Status, s.Info = readStatus(j.Status, string(j.Info))
	return f.err
}

// CallbackStatuses is cbStatus: how the calls for one message ended. It is written
// as an array, as documented, and read from the single object of the documented
// example as well.
type CallbackStatuses []CallbackStatus

// UnmarshalJSON implements json.Unmarshaler.
func (s *CallbackStatuses) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) == 0 || b[0] != '{' {
		return json.Unmarshal(b, (*[]CallbackStatus)(s))
	}
	*s = make(CallbackStatuses, 1)
	return json.Unmarshal(b, &(*s)[0])
}
