package callbacktest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-sigfox/sigfox/callback"
)

// Message is a message of package callback or event.
type Message interface {
	// AppendJSON appends the canonical JSON of the message.
	AppendJSON(dst []byte) []byte
}

// Encoding is how a request carries messages, as the customer's template decides.
type Encoding uint8

// The encodings of the Sigfox Cloud.
const (
	// JSON is a POST whose numbers and booleans are bare. Several messages make a
	// batch with one on each line.
	JSON Encoding = iota
	// QuotedJSON is the same with quotes around all values but objects and arrays.
	QuotedJSON
	// Form is a POST of application/x-www-form-urlencoded.
	Form
	// Query is a GET with all variables in the query.
	Query
	// Text is a POST of text/plain with a line "name:value" for each variable;
	// objects and arrays are left out.
	Text
)

// NewRequest returns a request that carries the messages to the target, a path or
// an absolute URL. Absent values are left out, Extra stands beside the variables,
// and CustomData under names such as customData#temperature.
//
// Like httptest.NewRequest, on which it is built, it panics if it is given what
// cannot be: a bad target, or several messages in an encoding that has one only.
func NewRequest[M Message](target string, e Encoding, messages ...M) *http.Request {
	if len(messages) != 1 && e != JSON && e != QuotedJSON {
		panic(fmt.Sprintf("callbacktest: a request of this encoding carries one message, not %d", len(messages)))
	}
	switch e {
	case Query:
		u, err := url.Parse(target)
		if err != nil {
			panic("callbacktest: " + err.Error())
		}
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+form(members(messages[0])), "&")
		return httptest.NewRequestWithContext(context.Background(), http.MethodGet, u.String(), nil)
	case Form:
		return post(target, "application/x-www-form-urlencoded", form(members(messages[0])))
	case Text:
		return post(target, "text/plain", text(members(messages[0])))
	default:
		lines := make([]string, len(messages))
		for i, m := range messages {
			lines[i] = object(members(m), e == QuotedJSON)
		}
		return post(target, "application/json", strings.Join(lines, "\n"))
	}
}

func post(target, contentType, body string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return r
}

// member is a variable with its value in JSON.
type member struct {
	name  string
	value json.RawMessage
}

func (m member) nested() bool { return m.value[0] == '{' || m.value[0] == '[' }

// text returns the value without quotes.
func (m member) text() string {
	var s string
	if json.Unmarshal(m.value, &s) == nil {
		return s
	}
	return string(m.value)
}

// members returns what the cloud sends of a message.
func members[M Message](m M) (list []member) {
	for _, c := range split(m.AppendJSON(nil), "") {
		switch c.name {
		case "service": // not sent
		case "extra":
			list = append(list, split(c.value, "")...)
		case "customData":
			list = append(list, split(c.value, "customData#")...)
		case "device":
			list = append(list, member{c.name, deviceText(m, c.value)})
		default:
			list = append(list, c)
		}
	}
	return list
}

// deviceText returns the device id in the form in which the message is to have it.
func deviceText[M Message](m M, canonical json.RawMessage) json.RawMessage {
	if b, ok := any(m).(callback.Bidir); ok && !b.DeviceText.IsZero() {
		return json.RawMessage(strconv.Quote(b.DeviceText.String()))
	}
	return canonical
}

// split returns the members of an object, in their order.
func split(object []byte, prefix string) (list []member) {
	dec := json.NewDecoder(bytes.NewReader(object))
	_, err := dec.Token() // the brace
	for err == nil && dec.More() {
		name, _ := dec.Token()
		m := member{name: prefix + fmt.Sprint(name)}
		err = dec.Decode(&m.value)
		list = append(list, m)
	}
	if err != nil {
		panic("callbacktest: canonical JSON: " + err.Error())
	}
	return list
}

func object(list []member, quoted bool) string {
	parts := make([]string, len(list))
	for i, m := range list {
		name, _ := json.Marshal(m.name) // never fails for a string
		value := string(m.value)
		if quoted && value[0] != '"' && !m.nested() {
			value = `"` + value + `"`
		}
		parts[i] = string(name) + ":" + value
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func form(list []member) string {
	parts := make([]string, len(list))
	for i, m := range list {
		parts[i] = url.QueryEscape(m.name) + "=" + url.QueryEscape(m.text())
	}
	return strings.Join(parts, "&")
}

func text(list []member) string {
	var b strings.Builder
	for _, m := range list {
		if !m.nested() {
			fmt.Fprintf(&b, "%s:%s\n", m.name, m.text())
		}
	}
	return b.String()
}
