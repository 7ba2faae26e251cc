package dispatch

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
)

// Undelivered is a message whose callback was given up, as the resource
// callbacks-not-delivered of API v2 reports it. Reading its JSON takes what real answers
// and the documentation show, see UnmarshalJSON; writing follows the real ones, see
// UndeliveredPage.
type Undelivered struct {
	// Device is the device of the message, 0 for none.
	Device sigfox.DeviceID
	// DeviceTypeID is the device type of the device, 24 hex digits.
	DeviceTypeID string
	// Time is the time of the message, not that of an attempt.
	Time time.Time
	// Data is the payload, empty for messages that have none.
	Data sigfox.Payload
	// SNR is in dB.
	SNR sigfox.Opt[float64]
	// Status is the HTTP status of the last attempt, 0 if there was no complete answer.
	Status int
	// Message is the reason phrase of the status, or why there was none.
	Message string
	// Callback is the call that failed.
	Callback UndeliveredCallback
	// Parameters are the variables that the call was made of. A Request keeps no
	// variables, so that an UndeliveredLog leaves them out.
	Parameters json.RawMessage
	// DeviceURL is where the API has the device. Only lists of groups have it.
	DeviceURL string

	// These are not part of the JSON.

	// CallbackID is the ID of the target, GroupID the group of the device type.
	CallbackID, GroupID string
	// Service is what the callback reports.
	Service callback.Service
	// Attempts is how often it was tried, Cause why it was given up, and At when.
	Attempts int
	Cause    DropCause
	At       time.Time
}

// UndeliveredCallback is a call as it was made. Secrets are replaced or left out: user,
// password and fragment of the URL, the values of its query that are not variables,
// wherever they were sent, and the values of all headers.
type UndeliveredCallback struct {
	// URL, Method, ContentType and Headers are those of the request. Of the channel
	// BATCH_URL they are those of the definition.
	URL, Method, ContentType string
	Headers                  map[string]string
	// Body is the body, or the line of a batch. An UndeliveredLog may cut it.
	Body string
	// Error reports why no request could be made of the message.
	Error string
	// Subject and Message are those of the channel EMAIL.
	Subject, Message string
}

// newUndelivered copies what is to be kept of a message that was given up.
func newUndelivered(d *Drop, maxBody int) Undelivered {
	s := &d.Request.Subject
	u := Undelivered{
		Device: s.Device, DeviceTypeID: s.DeviceTypeID, GroupID: s.GroupID, Service: s.Service,
		Time: s.Time, Data: s.Data, SNR: s.SNR,
		Message: dropMessages[d.Cause], Attempts: len(d.Attempts), Cause: d.Cause, At: d.At,
	}
	if u.Time.IsZero() {
		u.Time = d.At
	}
	if t := d.Request.Target; t != nil {
		u.CallbackID = t.ID()
		if u.Service == callback.EventCallback {
			u.GroupID = cmp.Or(u.GroupID, t.OwnerID())
		} else {
			u.DeviceTypeID = cmp.Or(u.DeviceTypeID, t.OwnerID())
		}
	}
	u.Callback = newUndeliveredCallback(&d.Request, maxBody)
	if len(d.Attempts) > 0 {
		last := &d.Attempts[len(d.Attempts)-1]
		u.Status, u.Message = attemptStatus(last)
		if last.Reason == ReasonRequest || last.Reason == ReasonSign {
			u.Callback.Error = last.Error
		}
	}
	return u
}

// dropMessages stand for the answer of messages that were never tried.
var dropMessages = map[DropCause]string{
	DropAttempts:  "Not delivered",
	DropFinal:     "Not delivered",
	DropExpired:   "Not delivered in time",
	DropQueueFull: "Too many messages wait for the callback",
	DropDisabled:  "The callback is disabled",
	DropDiscarded: "Discarded",
}

// attemptStatus says how an attempt ended, as the API does: by the status and its reason
// phrase. An answer of success that was not complete is not an answer. Names and addresses that
// must not be looked at are not the customer's to know.
func attemptStatus(a *Attempt) (status int, message string) {
	switch {
	case a.Reason == ReasonForbidden:
		return 0, "The address must not be called"
	case !a.OK() && a.Status >= 200 && a.Status <= 299:
		return 0, cmp.Or(a.Error, string(a.Reason))
	default:
		return a.Status, cmp.Or(http.StatusText(a.Status), a.Error, string(a.Reason))
	}
}

func newUndeliveredCallback(r *Request, maxBody int) UndeliveredCallback {
	if r.Mail != nil {
		return UndeliveredCallback{Subject: cut(r.Mail.Subject, maxBody), Message: cut(r.Mail.Message, maxBody)}
	}
	var d callback.Definition
	if r.Target != nil {
		d = r.Target.Definition()
	}
	if r.HTTP == nil {
		return UndeliveredCallback{
			URL: withoutSecrets(d.URL, d.URL), Method: cmp.Or(d.Method, http.MethodPost), ContentType: d.ContentType,
			Body: cut(string(r.Line), maxBody),
		}
	}
	c := UndeliveredCallback{
		URL: withoutSecrets(r.HTTP.URL, d.URL), Method: r.HTTP.Method, ContentType: r.HTTP.Header.Get("Content-Type"),
		Headers: make(map[string]string, len(r.HTTP.Header)),
	}
	for name := range r.HTTP.Header {
		if name != "Content-Type" {
			c.Headers[name] = secret
		}
	}
	body := string(r.HTTP.Body)
	if !strings.Contains(r.HTTP.URL, "?") { // the body took over the query, if there is one
		body = pairsWithoutSecrets(body, d.URL)
	}
	c.Body = cut(body, maxBody)
	return c
}

// cut shortens s to at most n bytes, at the end of a character, and lets go of the
// rest.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.Clone(s[:n])
}
