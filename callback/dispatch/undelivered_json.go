package dispatch

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/go-sigfox/sigfox"
)

// UndeliveredPage is one answer of the resource callbacks-not-delivered.
//
// Documentation and real answers differ; it is written as a real one was seen:
// status and snr are numbers, time is in milliseconds for all kinds of lists, there
// is a "date", headers are an object even if there are none, and a body that is a
// JSON object or array stands as such. Lists of groups, of which none was seen, have
// device, deviceUrl and deviceType in the place of deviceId and deviceTypeId, as
// documented. What has no value is left out.
// Source: https://www.kccs.co.jp/sigfox/blog/technical/2019/0925/
type UndeliveredPage struct {
	// Data are the messages, the newest first.
	Data []Undelivered
	// Paging tells of the next page.
	Paging Paging

	location *time.Location
	group    bool
}

// Paging says where the next page of a list is.
type Paging struct {
	// Next is the address of the next page, empty if this is the last one.
	Next string `json:"next,omitempty"`
}

// MarshalJSON implements json.Marshaler with the object of the API.
func (p UndeliveredPage) MarshalJSON() ([]byte, error) {
	data := make([]undeliveredJSON, len(p.Data))
	for i := range p.Data {
		data[i] = p.Data[i].wire(p.location, p.group)
	}
	return json.Marshal(struct {
		Data   []undeliveredJSON `json:"data"`
		Paging Paging            `json:"paging"`
	}{data, p.Paging})
}

// MarshalJSON implements json.Marshaler with the object that lists of devices,
// device types and callbacks have. The "date" is in UTC.
func (u Undelivered) MarshalJSON() ([]byte, error) { return json.Marshal(u.wire(time.UTC, false)) }

// undeliveredJSON is what is written; the order of the members is the one seen.
type undeliveredJSON struct {
	DeviceID     string              `json:"deviceId,omitempty"`
	DeviceTypeID string              `json:"deviceTypeId,omitempty"`
	Device       string              `json:"device,omitempty"`
	DeviceURL    string              `json:"deviceUrl,omitempty"`
	DeviceType   string              `json:"deviceType,omitempty"`
	SNR          sigfox.Opt[float64] `json:"snr,omitzero"`
	Time         sigfox.Opt[int64]   `json:"time,omitzero"`
	Date         string              `json:"date,omitempty"`
	Data         string              `json:"data,omitempty"`
	Status       int                 `json:"status"`
	Message      string              `json:"message"`
	Callback     UndeliveredCallback `json:"callback"`
	Parameters   json.RawMessage     `json:"parameters,omitempty"`
}

func (u *Undelivered) wire(location *time.Location, group bool) undeliveredJSON {
	if location == nil {
		location = time.UTC
	}
	device := ""
	if u.Device != 0 {
		device = u.Device.String()
	}
	j := undeliveredJSON{
		SNR: u.SNR, Data: u.Data.String(), Status: u.Status, Message: u.Message, Callback: u.Callback,
		Parameters: u.Parameters,
	}
	if !u.Time.IsZero() {
		j.Time, j.Date = sigfox.Some(u.Time.UnixMilli()), u.Time.In(location).Format(time.DateTime)
	}
	if group {
		j.Device, j.DeviceURL, j.DeviceType = device, u.DeviceURL, u.DeviceTypeID
	} else {
		j.DeviceID, j.DeviceTypeID = device, u.DeviceTypeID
	}
	return j
}

// MarshalJSON implements json.Marshaler with the object of the API.
func (c UndeliveredCallback) MarshalJSON() ([]byte, error) {
	if c.URL == "" && c.Method == "" {
		return json.Marshal(struct {
			Subject string `json:"subject"`
			Message string `json:"message"`
			Error   string `json:"error,omitempty"`
		}{c.Subject, c.Message, c.Error})
	}
	headers := c.Headers
	if headers == nil {
		headers = map[string]string{}
	}
	return json.Marshal(struct {
		URL         string            `json:"url"`
		Headers     map[string]string `json:"headers"`
		Method      string            `json:"method"`
		ContentType string            `json:"contentType,omitempty"`
		Body        any               `json:"body,omitempty"`
		Error       string            `json:"error,omitempty"`
	}{c.URL, headers, c.Method, c.ContentType, bodyJSON(c.Body), c.Error})
}

// bodyJSON returns a body as it stands in JSON: an object or array as such,
// everything else as a string, nil for none.
func bodyJSON(body string) any {
	start := strings.TrimLeft(body, " \t\r\n")
	switch {
	case body == "":
		return nil
	case start != "" && (start[0] == '{' || start[0] == '[') && json.Valid([]byte(start)):
		return json.RawMessage(start)
	default:
		return body
	}
}
