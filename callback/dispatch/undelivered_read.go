package dispatch

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// UnmarshalJSON implements json.Unmarshaler. It takes what real answers, the
// documentation and its examples have: the members of all kinds of lists; status,
// time and snr as numbers or strings; times in seconds, or from 10^11 on in
// milliseconds (1973, before which there was no network); a body that
// is a string or any other JSON; message and headers by the names that one example
// gives them ("messages", "header"). The member "date" is skipped, since it does not
// state its time zone. Unknown members are ignored.
func (u *Undelivered) UnmarshalJSON(b []byte) error {
	var j struct {
		DeviceID     looseText           `json:"deviceId"`
		Device       looseText           `json:"device"`
		DeviceTypeID looseText           `json:"deviceTypeId"`
		DeviceType   looseText           `json:"deviceType"`
		DeviceURL    looseText           `json:"deviceUrl"`
		SNR          looseText           `json:"snr"`
		Time         looseText           `json:"time"`
		Data         looseText           `json:"data"`
		Status       looseText           `json:"status"`
		Message      looseText           `json:"message"`
		Messages     looseText           `json:"messages"`
		Callback     UndeliveredCallback `json:"callback"`
		Parameters   json.RawMessage     `json:"parameters"`
	}
	if err := json.Unmarshal(b, &j); err != nil {
		return fmt.Errorf("dispatch: undelivered callback: %w", err)
	}
	*u = Undelivered{
		DeviceTypeID: string(cmp.Or(j.DeviceTypeID, j.DeviceType)), DeviceURL: string(j.DeviceURL),
		Message: string(cmp.Or(j.Message, j.Messages)), Callback: j.Callback,
	}
	if p := bytes.TrimSpace(j.Parameters); string(p) != "null" {
		u.Parameters = p
	}
	u.Status, u.Message = readStatus(j.Status, u.Message)
	var f looseFields
	f.read("deviceId", cmp.Or(j.DeviceID, j.Device), func(s string) (err error) {
		u.Device, err = sigfox.ParseDeviceID(s)
		return err
	})
	f.read("data", j.Data, func(s string) (err error) { u.Data, err = sigfox.ParsePayload(s); return err })
	u.Time = f.readTime(j.Time)
	f.read("snr", j.SNR, func(s string) error {
		v, err := wire.ParseFloat([]byte(s))
		u.SNR = sigfox.Some(v)
		return err
	})
	return f.err
}

// readStatus reads a status. One that is not a number is kept as the message if there
// is no other.
func readStatus(text looseText, message string) (int, string) {
	n, err := wire.ParseInt([]byte(text))
	if err != nil || n < 0 || n > 999 {
		return 0, cmp.Or(message, string(text))
	}
	return int(n), message
}

// UnmarshalJSON implements json.Unmarshaler, with the leniency of Undelivered.
func (c *UndeliveredCallback) UnmarshalJSON(b []byte) error {
	var j struct {
		URL         looseText            `json:"url"`
		Method      looseText            `json:"method"`
		ContentType looseText            `json:"contentType"`
		Headers     map[string]looseText `json:"headers"`
		Header      map[string]looseText `json:"header"`
		Body        looseText            `json:"body"`
		Error       looseText            `json:"error"`
		Subject     looseText            `json:"subject"`
		Message     looseText            `json:"message"`
	}
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*c = UndeliveredCallback{
		URL: string(j.URL), Method: string(j.Method), ContentType: string(j.ContentType), Body: string(j.Body),
		Error: string(j.Error), Subject: string(j.Subject), Message: string(j.Message),
	}
	if j.Headers == nil {
		j.Headers = j.Header
	}
	if len(j.Headers) > 0 {
		c.Headers = make(map[string]string, len(j.Headers))
		for name, value := range j.Headers {
			c.Headers[name] = string(value)
		}
	}
	return nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *UndeliveredPage) UnmarshalJSON(b []byte) error {
	var j struct {
		Data   []Undelivered `json:"data"`
		Paging Paging        `json:"paging"`
	}
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*p = UndeliveredPage{Data: j.Data, Paging: j.Paging}
	return nil
}

// looseText is any JSON value: the content of a string, "" for null, and the compact
// text of anything else.
type looseText string

// UnmarshalJSON implements json.Unmarshaler.
func (t *looseText) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		return json.Unmarshal(b, (*string)(t))
	case 'n':
		*t = ""
		return nil
	}
	var compact bytes.Buffer
	err := json.Compact(&compact, b)
	*t = looseText(compact.String())
	return err
}

// looseFields reads values that may be absent, and keeps the first error.
type looseFields struct{ err error }

func (f *looseFields) read(name string, text looseText, parse func(string) error) {
	if f.err != nil || wire.Absent([]byte(text)) {
		return
	}
	if err := parse(string(text)); err != nil {
		f.err = fmt.Errorf("dispatch: undelivered callback: member %s: %w", name, err)
	}
}

// readTime reads a time in milliseconds or, in what API v1 and one document have, in
// seconds. It may be absent.
func (f *looseFields) readTime(text looseText) (t time.Time) {
	f.read("time", text, func(s string) error {
		n, err := wire.ParseInt([]byte(s))
		switch {
		case err != nil:
			return err
		case n < 0 || n > maxMillis:
			return wire.ErrRange
		case n < wire.FirstMillis:
			n *= 1000
		}
		t = time.UnixMilli(n).UTC()
		return nil
	})
	return t
}
