package callback_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

// Each rule refuses by the field that the API names.
func TestValidate(t *testing.T) {
	t.Parallel()
	url := callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, Enabled: true,
		URL: "https://example.com/{device}?t={time}", Method: "POST", ContentType: "application/json",
		Headers: map[string]string{"Authorization": "Bearer x", "X-Seq": "{seqNumber}"}, SendSNI: true,
		PayloadConfig: "temp::int:8", BodyTemplate: `{"id":"{device}","t":{time},"temp":{customData#temp}}`,
	}
	batch := callback.Definition{
		Channel: callback.ChannelBatchURL, Service: callback.DataBidir, URL: "http://example.com/b?l={batch}", Method: "POST",
		LinePattern: "{device};{time};{data}", DownlinkHook: true,
	}
	email := callback.Definition{
		Channel: callback.ChannelEmail, Service: callback.ErrorCallback, Recipient: "a@example.com",
		Subject: "{device}", Message: "{severity}: {info}",
	}
	form := func(d *callback.Definition) { d.ContentType = ""; d.BodyTemplate = "id={device}&x=" }
	isEvent := func(d *callback.Definition) {
		d.Service, d.URL, d.Headers, d.PayloadConfig = callback.EventCallback, "https://example.com/?t={time}&l={batch}", nil, ""
		if d.Channel == callback.ChannelURL {
			d.URL, d.BodyTemplate = "https://example.com/{eventType}", `{"id":"{sourceId}","info":{deviceInfo},"ids":{contractIds}}`
		}
	}
	for _, tt := range []struct {
		name    string
		base    callback.Definition
		change  func(*callback.Definition)
		field   string // "" if it is valid
		message string
	}{
		{"URL", url, func(*callback.Definition) {}, "", ""},
		{"BATCH_URL", batch, func(*callback.Definition) {}, "", ""},
		{"EMAIL", email, func(*callback.Definition) {}, "", ""},
		{"form", url, form, "", ""},
		{"text", url, func(d *callback.Definition) { d.ContentType, d.BodyTemplate = "text/plain", "any {device" }, "", ""},
		{"no body", url, func(d *callback.Definition) { d.BodyTemplate = "" }, "", ""},
		{"GET", url, func(d *callback.Definition) { d.Method, d.BodyTemplate = "GET", "" }, "", ""},
		{"PUT", url, func(d *callback.Definition) { d.Method = "PUT" }, "", ""},
		{"batch by GET", batch, func(d *callback.Definition) { d.Method = "GET" }, "", ""},
		{"user and password", url, func(d *callback.Definition) { d.URL, d.Headers = "https://a:b@example.com/", nil }, "", ""},
		{"port", url, func(d *callback.Definition) { d.URL = "HTTP://example.com:8080" }, "", ""},
		{"older names", url, func(d *callback.Definition) { d.URL = "http://h/?s={signal}&a={avgSignal}&l={lat}" }, "", ""},
		{"other braces", url, func(d *callback.Definition) { d.ContentType, d.BodyTemplate = "text/plain", "{} { device} {1}" }, "", ""},
		{"custom data without prefix text", url, func(d *callback.Definition) {
			d.PayloadConfig = "a::uint:8 b-c::bool:0"
			d.BodyTemplate = `{"x":{customData#b-c}}`
		}, "", ""},

		{"EVENT", url, isEvent, "", ""},
		{"EVENT by batch", batch, func(d *callback.Definition) {
			isEvent(d)
			d.DownlinkHook, d.LinePattern = false, "{time};{previousDeviceTypeID};{previousDeviceTypeId}"
		}, "", ""},
		{"EVENT by e-mail", email, func(d *callback.Definition) {
			d.Service, d.Subject, d.Message = callback.EventCallback, "{eventType}", "{deviceInfo}"
		}, "", ""},
		{"EVENT variable", email, func(d *callback.Definition) {
			d.Service, d.Subject, d.Message = callback.EventCallback, "{sourceid}", ""
		}, "subject", "{sourceid} is not offered by EVENT; write {sourceId}"},
		{"payload configuration of EVENT", url, func(d *callback.Definition) {
			isEvent(d)
			d.PayloadConfig = "temp::int:8"
		}, "payloadConfig", "EVENT takes no payload configuration"},

		{"no channel", url, func(d *callback.Definition) { d.Channel = "" }, "channel", `"" is not URL, BATCH_URL or EMAIL`},
		{"connector", url, func(d *callback.Definition) { d.Channel = "AWS_IOT" }, "channel", `"AWS_IOT" is not URL, BATCH_URL or EMAIL`},
		{"no service", url, func(d *callback.Definition) { d.Service = 0 }, "callbackType", "callbackType and callbackSubtype name no service; they are 0 with 2 (UPLINK) or 3 (BIDIR), " +
			"1 with 0 (STATUS), 4 (ACKNOWLEDGE), 5 (REPEATER) or 6 (DATA_ADVANCED), or 2 (ERROR)"},
		{"GEOLOC", email, func(d *callback.Definition) { d.Service, d.Message = callback.ServiceGeoloc, "" }, "callbackSubtype", "SERVICE/GEOLOC can no longer be created, use SERVICE/DATA_ADVANCED"},
		{"payload configuration of ERROR", email, func(d *callback.Definition) { d.PayloadConfig = "a::uint:8" }, "payloadConfig", "ERROR takes no payload configuration"},
		{"payload configuration", url, func(d *callback.Definition) { d.PayloadConfig = "temp" }, "payloadConfig", `template: payload config: field "temp" at offset 0: not name:index:type:size; the index may be empty, and a blank ends the field`},
		{"hook of UPLINK", url, func(d *callback.Definition) { d.DownlinkHook = true }, "downlinkHook", "only a DATA/BIDIR callback can carry downlinks"},

		{"no url", url, func(d *callback.Definition) { d.URL = "" }, "url", "required"},
		{"no scheme", url, func(d *callback.Definition) { d.URL = "example.com/x" }, "url", "not an absolute http or https URL"},
		{"other scheme", url, func(d *callback.Definition) { d.URL = "ftp://example.com/x" }, "url", "not an absolute http or https URL"},
		{"no host", url, func(d *callback.Definition) { d.URL = "https:///x" }, "url", "not an absolute http or https URL"},
		{"port that is none", url, func(d *callback.Definition) { d.URL = "https://h:x/" }, "url", "not an absolute http or https URL"},
		{"broken escape in url", url, func(d *callback.Definition) { d.URL = "https://h/100%/{device}" }, "url", `invalid URL escape "%/{"`},
		{"text in url", url, func(d *callback.Definition) { d.URL = " https://h/a b/{device}?t=20 °C " }, "", ""},
		{"variable as host", url, func(d *callback.Definition) { d.URL = "https://{device}/" }, "url", "template: variable {device} in the scheme, userinfo, host or port of a URL at offset 8"},
		{"line feed in url", url, func(d *callback.Definition) { d.URL = "https://h/\n" }, "url", "template: control character in a URL at offset 10"},
		{"url variable", url, func(d *callback.Definition) { d.URL = "https://h/{ack}" }, "url", "{ack} is not offered by DATA/UPLINK"},
		{"case of a variable", url, func(d *callback.Definition) { d.URL = "https://h/{Device}" }, "url", "{Device} is not offered by DATA/UPLINK; write {device}"},
		{"encoded braces", url, func(d *callback.Definition) { d.URL = "https://h/?id=%7Bdevice%7d&x=%7Bx%7D" }, "url", "%7Bdevice%7d is text, not a variable; write {device}"},
		{"batch out of a batch", url, func(d *callback.Definition) { d.URL = "https://h/{batch}" }, "url", "{batch} is not offered by DATA/UPLINK"},
		{"no method", url, func(d *callback.Definition) { d.Method = "" }, "httpMethod", "required"},
		{"DELETE", url, func(d *callback.Definition) { d.Method = "DELETE" }, "httpMethod", `"DELETE" is not GET, POST or PUT`},

		{"standard header", url, func(d *callback.Definition) { d.Headers = map[string]string{"content-type": "x"} }, "headers", "Content-Type is a standard header; only Authorization can be set"},
		{"header twice", url, func(d *callback.Definition) { d.Headers = map[string]string{"x-a": "1", "X-A": "2"} }, "headers", "X-A is given twice"},
		{"variable as header", url, func(d *callback.Definition) { d.Headers = map[string]string{"{device}": "1"} }, "headers", `"{device}" is not the name of a header`},
		{"header without name", url, func(d *callback.Definition) { d.Headers = map[string]string{"": "1"} }, "headers", `"" is not the name of a header`},
		{"header variable", url, func(d *callback.Definition) { d.Headers = map[string]string{"X": "{lqi}"} }, "headers", "{lqi} is not offered by DATA/UPLINK"},
		{"line feed in a header", url, func(d *callback.Definition) { d.Headers = map[string]string{"X": "a\r\nB: c"} }, "headers", "template: control character in a header at offset 1"},
		{"two credentials", url, func(d *callback.Definition) { d.URL = "https://a:b@h/" }, "headers", "Authorization is given beside user and password in the url"},

		{"body of GET", url, func(d *callback.Definition) { d.Method = "GET" }, "bodyTemplate", "GET has no body"},
		{"body variable", url, func(d *callback.Definition) { d.BodyTemplate = `{"a":{temp}}` }, "bodyTemplate", "{temp} is not offered by DATA/UPLINK; write {customData#temp}"},
		{"custom data", url, func(d *callback.Definition) { d.BodyTemplate = `{"a":{customData#x}}` }, "bodyTemplate", "{customData#x} is not in payloadConfig"},
		{"custom data in another case", url, func(d *callback.Definition) { d.BodyTemplate = `{"a":{customData#TEMP}}` }, "bodyTemplate", "{customData#TEMP} is not in payloadConfig; write {customData#temp}"},
		{"prefix in another case", url, func(d *callback.Definition) { d.BodyTemplate = `{"a":{customdata#temp}}` }, "bodyTemplate", "{customdata#temp} is not offered by DATA/UPLINK; write {customData#temp}"},
		{"prefix alone", url, func(d *callback.Definition) { d.BodyTemplate = `{"a":{customData}}` }, "bodyTemplate", "{customData} is not offered by DATA/UPLINK"},
		{"custom data after a point", url, func(d *callback.Definition) { d.BodyTemplate = `{"a":"{customData.temp}"}` }, "bodyTemplate", `"{customData.temp}" is text, not a variable, which is written {customData#name}`},
		{"custom data that is computed", url, func(d *callback.Definition) { d.BodyTemplate = `{"a":"{customData#temp/10}"}` }, "bodyTemplate", `"{customData#temp/10}" is text, not a variable, which is written {customData#name}`},
		{"custom data that is not closed", url, func(d *callback.Definition) {
			d.ContentType, d.BodyTemplate = "text/plain", "{customData#temp {device}"
		}, "bodyTemplate", `"{customData#temp" is text, not a variable, which is written {customData#name}`},
		{"custom data without configuration", url, func(d *callback.Definition) { d.PayloadConfig = "" }, "bodyTemplate", "{customData#temp} is not in payloadConfig"},
		{"JSON", url, func(d *callback.Definition) { d.BodyTemplate = `{"a":1,}` }, "bodyTemplate", "template: not valid JSON at offset 7"},
		{"bare text in JSON", url, func(d *callback.Definition) { d.BodyTemplate = `{"a":{device}x,"b":y}` }, "bodyTemplate", "template: not valid JSON at offset 19"},
		{"form without =", url, func(d *callback.Definition) {
			d.ContentType, d.BodyTemplate = "application/x-www-form-urlencoded", "a=1&{device}"
		}, "bodyTemplate", `"{device}" is not key=value`},
		{"default form", url, func(d *callback.Definition) { d.ContentType, d.BodyTemplate = "", "{device}" }, "bodyTemplate", `"{device}" is not key=value`},
		{"content type", url, func(d *callback.Definition) { d.ContentType = "application/xml"; d.BodyTemplate = "" }, "contentType", `"application/xml" is not application/x-www-form-urlencoded, application/json or text/plain`},
		{"content type of a body", url, func(d *callback.Definition) { d.ContentType, d.BodyTemplate = "text/csv", "{device},{time}" }, "contentType", `"text/csv" is not application/x-www-form-urlencoded, application/json or text/plain`},
		{"DATA_ADVANCED without body", url, func(d *callback.Definition) { d.Service, d.BodyTemplate = callback.ServiceDataAdvanced, "" }, "bodyTemplate", "SERVICE/DATA_ADVANCED needs a JSON body"},

		{"no line pattern", batch, func(d *callback.Definition) { d.LinePattern = "" }, "linePattern", "required"},
		{"line variable", batch, func(d *callback.Definition) { d.LinePattern = "{device};{x}" }, "linePattern", "{x} is not offered by DATA/BIDIR"},
		{"line that cannot be split", batch, func(d *callback.Definition) { d.LinePattern = "{device}{data}" }, "linePattern", "template: no text between {device} and {data}, and neither has a known width at offset 8"},
		{"body of a batch", batch, func(d *callback.Definition) { d.BodyTemplate = "a=1" }, "bodyTemplate", "not for the channel BATCH_URL"},
		{"line pattern out of a batch", url, func(d *callback.Definition) { d.LinePattern = "{device}" }, "linePattern", "not for the channel URL"},
		{"recipient of a URL", url, func(d *callback.Definition) { d.Recipient = "a@b" }, "recipient", "not for the channel URL"},

		{"no recipient", email, func(d *callback.Definition) { d.Recipient = "" }, "recipient", "an e-mail address is required"},
		{"subject", email, func(d *callback.Definition) { d.Subject = "{data}" }, "subject", "{data} is not offered by ERROR"},
		{"message", email, func(d *callback.Definition) { d.Message = "{x}" }, "message", "{x} is not offered by ERROR"},
		{"url of an e-mail", email, func(d *callback.Definition) { d.URL = "https://h/" }, "url", "not for the channel EMAIL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := tt.base
			tt.change(&d)
			err := d.Validate()
			if tt.field == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, &callback.DefinitionError{
				Message: "The callback is invalid",
				Errors:  []callback.DefinitionProblem{{Type: "body", Field: tt.field, Message: tt.message}},
			}, err)
			require.EqualError(t, err, "callback: definition: "+tt.field+": "+tt.message)
		})
	}
}

// The error reads as the API writes it.
// The problems come in the same order each time.
func TestValidate_order(t *testing.T) {
	t.Parallel()
	d := callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, URL: "https://example.com/", Method: "GET",
		Headers: map[string]string{"Accept": "x", "Host": "x", "a b": "x", "X-A": "{nothing}", "x-a": "x"},
	}
	for range 20 {
		require.EqualError(t, d.Validate(), `callback: definition: headers: Accept is a standard header; only Authorization can be set; `+
			`headers: Host is a standard header; only Authorization can be set; headers: {nothing} is not offered by DATA/UPLINK; `+
			`headers: "a b" is not the name of a header; headers: X-A is given twice`)
	}
}

func TestDefinitionError_JSON(t *testing.T) {
	t.Parallel()
	err := (&callback.Definition{Channel: callback.ChannelEmail, Service: callback.DataUplink}).Validate()
	got, e := json.Marshal(err)
	require.NoError(t, e)
	require.JSONEq(t, `{"message":"The callback is invalid","errors":[{"type":"body","field":"recipient","message":"an e-mail address is required"}]}`, string(got))
	require.EqualError(t, &callback.DefinitionError{Message: "m"}, "callback: definition: m")
}

func TestValidateDefinitions(t *testing.T) {
	t.Parallel()
	one := callback.Definition{Channel: callback.ChannelURL, Service: callback.DataBidir, Method: "GET", URL: "https://h/?id={device}"}
	hook := one
	hook.DownlinkHook = true
	bad := one
	bad.URL = ""
	require.NoError(t, callback.ValidateDefinitions(nil))
	require.NoError(t, callback.ValidateDefinitions([]callback.Definition{one, one, hook}), "several callbacks for one service are allowed")
	require.Equal(t, &callback.DefinitionError{
		Message: "The callback is invalid",
		Errors: []callback.DefinitionProblem{
			{Type: "body", Field: "[1].downlinkHook", Message: "another callback carries downlinks already"},
			{Type: "body", Field: "[2].url", Message: "required"},
			{Type: "body", Field: "[3].downlinkHook", Message: "another callback carries downlinks already"},
		},
	}, callback.ValidateDefinitions([]callback.Definition{hook, hook, bad, hook}))
}
