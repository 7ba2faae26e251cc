package callback

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/go-sigfox/sigfox"
)

// Channel is the way in which the cloud delivers a callback.
type Channel string

// The channels of the callbacks resource.
const (
	ChannelURL      Channel = "URL"       // one request for each message
	ChannelBatchURL Channel = "BATCH_URL" // one request each second for all its messages
	ChannelEmail    Channel = "EMAIL"     // an e-mail, for tests
)

// Definition is a callback as it is configured in the cloud: the callbacks
// resource of API v2. Its JSON form is that of the API; the names of API v1 and
// the shapes of older answers are read too. Templates hold variables such as
// {device} and {customData#temperature}.
//
// EVENT callbacks, which a group has under "Event configuration", are written in the
// same language but are not part of that resource. Their JSON has "service":"EVENT" in
// place of callbackType and callbackSubtype, for export and import.
//
// Given to a handler, it makes the handler read what the cloud sends by it. See
// Compile for sending.
// Source: https://support.sigfox.com/apidocs, "callbacks".
type Definition struct {
	// ID is given by the API: 24 hex digits.
	ID string
	// Channel is how the callback is delivered.
	Channel Channel
	// Service is what it reports; in JSON callbackType and callbackSubtype, or service
	// for EVENT.
	Service Service
	// PayloadConfig is the custom payload configuration, for the DATA services and
	// DATA_ADVANCED.
	PayloadConfig string
	// Enabled says whether the cloud uses the callback. What the API lists has it always;
	// a body that creates a callback may lack it, which reads as false.
	Enabled bool
	// Dead is true if its last use failed. Read only.
	Dead bool
	// DownlinkHook is true for the BIDIR callback that is asked for downlinks. Read only.
	DownlinkHook bool

	// URL is the address, with variables in path and query; user:password@ in it
	// becomes Basic credentials. Blanks, quotes, angle brackets and letters beyond ASCII
	// are sent percent-encoded. Channels URL and BATCH_URL; urlPattern in API v1.
	URL string
	// Method is GET, POST or PUT; httpMethod in JSON.
	Method string
	// Headers are custom headers; their values may have variables.
	Headers map[string]string
	// SendSNI makes the cloud send Server Name Indication over TLS.
	SendSNI bool
	// ContentType is application/x-www-form-urlencoded (the default),
	// application/json or text/plain, for POST and PUT.
	ContentType string
	// BodyTemplate is the body of POST and PUT.
	BodyTemplate string
	// LinePattern is one line of a batch, for the variable {batch} of the URL. Values are
	// written as they are: in lines of JSON nothing escapes the quotes of a char field of
	// a payload.
	LinePattern string

	// Recipient, Subject and Message are for the channel EMAIL.
	Recipient, Subject, Message string

	// SendDuplicate asked for one callback for each base station. API v1 only.
	SendDuplicate bool
}

// definitionJSON is the resource as API v2 writes it, with service added for EVENT.
type definitionJSON struct {
	ID              string            `json:"id,omitempty"`
	Service         string            `json:"service,omitempty"`
	Channel         Channel           `json:"channel"`
	CallbackType    sigfox.Opt[int]   `json:"callbackType,omitzero"`
	CallbackSubtype sigfox.Opt[int]   `json:"callbackSubtype,omitzero"`
	PayloadConfig   string            `json:"payloadConfig,omitempty"`
	Enabled         bool              `json:"enabled"`
	Dead            bool              `json:"dead,omitempty"`
	DownlinkHook    bool              `json:"downlinkHook,omitempty"`
	URL             string            `json:"url,omitempty"`
	HTTPMethod      string            `json:"httpMethod,omitempty"`
	Headers         definitionHeaders `json:"headers,omitempty"`
	SendSNI         bool              `json:"sendSni,omitempty"`
	BodyTemplate    string            `json:"bodyTemplate,omitempty"`
	ContentType     string            `json:"contentType,omitempty"`
	LinePattern     string            `json:"linePattern,omitempty"`
	Recipient       string            `json:"recipient,omitempty"`
	Subject         string            `json:"subject,omitempty"`
	Message         string            `json:"message,omitempty"`
	SendDuplicate   bool              `json:"sendDuplicate,omitempty"`
}

// MarshalJSON implements json.Marshaler with the resource of API v2.
func (d Definition) MarshalJSON() ([]byte, error) {
	j := definitionJSON{
		ID: d.ID, Channel: d.Channel, PayloadConfig: d.PayloadConfig, Enabled: d.Enabled, Dead: d.Dead,
		DownlinkHook: d.DownlinkHook, URL: d.URL, HTTPMethod: d.Method, Headers: d.Headers, SendSNI: d.SendSNI,
		BodyTemplate: d.BodyTemplate, ContentType: d.ContentType, LinePattern: d.LinePattern,
		Recipient: d.Recipient, Subject: d.Subject, Message: d.Message, SendDuplicate: d.SendDuplicate,
	}
	if d.Service == EventCallback {
		j.Service = d.Service.String()
	}
	if n, ok := d.Service.Type(); ok {
		j.CallbackType = sigfox.Some(n)
	}
	if n, ok := d.Service.Subtype(); ok {
		j.CallbackSubtype = sigfox.Some(n)
	}
	return json.Marshal(j)
}

// UnmarshalJSON implements json.Unmarshaler. Types and subtypes that are unknown or
// missing leave Service zero, which Validate refuses; the subtype may be missing
// for ERROR. Members that the resource does not have are ignored, but
// "service":"EVENT" beside a type or subtype is an error. A value of another type, and a
// header that a list has twice, are reported by a *DefinitionError.
func (d *Definition) UnmarshalJSON(b []byte) error {
	var j struct {
		definitionJSON
		Service    any    `json:"service"`    // whatever it may be elsewhere
		URLPattern string `json:"urlPattern"` // API v1

		// As pointers, so that each JSON engine names them in its errors.
		CallbackType    *int `json:"callbackType"`
		CallbackSubtype *int `json:"callbackSubtype"`
	}
	if err := json.Unmarshal(b, &j); err != nil {
		return unreadable(err)
	}
	isEvent := j.Service == services[EventCallback].name
	if isEvent && (j.CallbackType != nil || j.CallbackSubtype != nil) {
		return errors.New("callback: definition: EVENT has no callbackType and no callbackSubtype")
	}
	*d = Definition{
		ID: j.ID, Channel: Channel(strings.ToUpper(string(j.Channel))), PayloadConfig: j.PayloadConfig,
		Enabled: j.Enabled, Dead: j.Dead, DownlinkHook: j.DownlinkHook,
		URL: j.URL, Method: strings.ToUpper(j.HTTPMethod), Headers: j.Headers,
		SendSNI: j.SendSNI, BodyTemplate: j.BodyTemplate, ContentType: j.ContentType, LinePattern: j.LinePattern,
		Recipient: j.Recipient, Subject: j.Subject, Message: j.Message, SendDuplicate: j.SendDuplicate,
	}
	if d.URL == "" {
		d.URL = j.URLPattern
	}
	if isEvent {
		d.Service = EventCallback
	}
	if j.CallbackType != nil {
		subtype := noSubtype
		if j.CallbackSubtype != nil {
			subtype = *j.CallbackSubtype
		}
		d.Service, _ = ServiceOf(*j.CallbackType, subtype)
	}
	return nil
}

// definitionHeaders is an object in requests and in API v1, and an array of objects
// in answers of API v2.
type definitionHeaders map[string]string

// UnmarshalJSON implements json.Unmarshaler.
func (h *definitionHeaders) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '[' {
		return wrongType("headers", json.Unmarshal(b, (*map[string]string)(h)))
	}
	var list []map[string]string
	if err := json.Unmarshal(b, &list); err != nil {
		return wrongType("headers", err)
	}
	*h = make(definitionHeaders)
	var e DefinitionError
	for _, one := range list {
		for _, name := range slices.Sorted(maps.Keys(one)) {
			if _, before := (*h)[name]; before {
				e.addf("headers", "%s is given twice", name)
			}
			(*h)[name] = one[name]
		}
	}
	return e.finish()
}

// isBatch reports whether requests hold the messages of one second. Excerpts of
// definitions leave the channel out.
func (d *Definition) isBatch() bool {
	return d.Channel == ChannelBatchURL || d.Channel == "" && d.LinePattern != ""
}

// method returns the method, or what a definition without one means.
func (d *Definition) method() string {
	switch {
	case d.Method != "":
		return d.Method
	case d.BodyTemplate != "" || d.isBatch():
		return http.MethodPost
	default:
		return http.MethodGet
	}
}

// hasBody reports whether requests have a body.
func (d *Definition) hasBody() bool { return d.method() != http.MethodGet }

// bodyFormat is how the body is written. Without content type it is a form, but
// definitions that were never saved leave it out for JSON and text as well. Of a type that
// the cloud does not offer it is what the template looks like, JSON or text.
func (d *Definition) bodyFormat() Format {
	mediaType, _, _ := strings.Cut(d.ContentType, ";")
	switch mediaType = strings.TrimSpace(mediaType); {
	case strings.EqualFold(mediaType, typeJSON):
		return FormatJSON
	case strings.EqualFold(mediaType, typeText):
		return FormatText
	case strings.EqualFold(mediaType, typeForm):
		return FormatForm
	case looksLikeJSON(d.BodyTemplate):
		return FormatJSON
	case mediaType != "" || looksLikeXML(d.BodyTemplate) || notForm(d.BodyTemplate) != "":
		return FormatText
	default:
		return FormatForm
	}
}

// looksLikeJSON reports whether a template starts as a JSON object or an array of
// objects does, which a placeholder at its start does not.
func looksLikeJSON(s string) bool {
	s = strings.TrimLeft(s, byteOrderMark+"["+jsonSpace)
	rest, ok := strings.CutPrefix(s, "{")
	return ok && strings.HasPrefix(strings.TrimLeft(rest, jsonSpace), `"`)
}

// looksLikeXML reports whether a template starts as XML does. Its attributes make it look
// like a form, too.
func looksLikeXML(s string) bool {
	return strings.HasPrefix(strings.TrimLeft(s, byteOrderMark+jsonSpace), "<")
}

// notForm returns the first part of a body that is not key=value, "" if it is a form.
func notForm(body string) string {
	if body == "" {
		return ""
	}
	for pair := range strings.SplitSeq(body, "&") {
		if name, _, ok := strings.Cut(pair, "="); !ok || name == "" {
			return cmp.Or(pair, body)
		}
	}
	return ""
}

// The content types that the cloud offers.
const (
	typeForm = "application/x-www-form-urlencoded"
	typeJSON = "application/json"
	typeText = "text/plain"
)
