package receivers_test

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/template"
)

// messages have a value for each variable that definitions name, with characters that
// are special in URLs, forms and JSON. The payload reads A&b=c"d%\é+.
var messages = map[callback.Service]string{
	callback.DataUplink: `{"device":"2C30EA","time":1546929254,"deviceTypeId":"5c187c222564327e80000000",` +
		`"deviceTypeName":"dt \"x\" \\ é + / & = % # ? <> 100%25","data":"4126623d632264255cc3a92b","seqNumber":424,` + reception + `}`,
	callback.DataBidir: `{"device":"2C30EA","time":1546929254,"deviceTypeId":"5c187c222564327e80000000",` +
		`"deviceTypeName":"a&b=c#d/e + %","data":"4126623d632264255cc3a92b","seqNumber":424,"ack":true,"longPolling":false,` + reception + `}`,
	callback.ServiceStatus:      `{"device":"2C30EA","time":1546929254,"seqNumber":4,"batt":3.5,"temp":21.5,` + reception + `}`,
	callback.ServiceGeoloc:      `{"device":"2C30EA","time":1546929254,"seqNumber":4,"radius":350,"geolocSource":2,` + reception + `}`,
	callback.ServiceAcknowledge: `{"device":"2C30EA","time":1546929254,"infoCode":0,"infoMessage":"Acked & \"done\"","downlinkAck":true,"downlinkOverusage":false}`,
	callback.ServiceDataAdvanced: `{"device":"2C30EA","time":1546929254,"deviceTypeId":"5c187c222564327e80000000","deviceTypeName":"dt",` +
		`"data":"4126623d632264255cc3a92b","seqNumber":424,"lqi":"Good","linkQuality":2,"fixedLat":0,"fixedLng":0,` +
		`"operatorName":"SIGFOX_\"X\"","countryCode":702,"duplicates":[{"bsId":"27B9","rssi":-138,"nbRep":2}],` +
		`"computedLocation":{"lat":1.25,"lng":103.5,"radius":2447,"source":2,"status":1}}`,
	callback.ErrorCallback: `{"device":"2C30EA","time":1546929254,"info":"No message received since 2019-01-08 06:34:14","severity":"ERROR"}`,
}

const reception = `"rssi":-120.5,"snr":12.25,"station":"1D44","duplicate":false,"avgSnr":15.5,"lat":51,"lng":-1`

const text12 = "text::char:12"

// made are definitions for what the published ones lack.
var made = []callback.Definition{
	{
		ID: "json", Method: "POST", URL: "/p/{deviceTypeName}?q={customData#text}&q=2", ContentType: "application/json",
		PayloadConfig: text12, Headers: map[string]string{"X-Device": "id {device}", "Authorization": "Bearer {deviceTypeId}"},
		BodyTemplate: `{"a":"{customData#text}","b":["{deviceTypeName}",{snr},{duplicate},null],"c":{"é":"{device}-{time}"}}`,
	},
	{
		ID: "form", Method: "POST", URL: "/?q={customData#text}&fixed=a%26b+c", PayloadConfig: text12,
		BodyTemplate: "text={customData#text}&q=again&name={deviceTypeName}&empty=&time={time}",
	},
	{ID: "form-alone", Method: "POST", URL: "/", BodyTemplate: "name={deviceTypeName}"},
	{ID: "get", Method: "GET", URL: "/a/{device}?text={customData#text}&name={deviceTypeName}&text=x", PayloadConfig: text12},
	{
		ID: "text", Method: "PUT", URL: "/?q={deviceTypeName}", ContentType: "text/plain", PayloadConfig: text12,
		BodyTemplate: "{device};{customData#text};{deviceTypeName}\r\né;{snr}",
	},
	{ID: "basic", Method: "GET", URL: "user:pa%20ss%3A@/"},
	{
		ID: "batch-form", Channel: callback.ChannelBatchURL, Method: "POST", URL: "/?batch={batch}&key=a",
		LinePattern: "{device};{customData#text};{deviceTypeName}", PayloadConfig: text12,
	},
	{
		ID: "batch-get", Channel: callback.ChannelBatchURL, Method: "GET", URL: "/?batch={batch}",
		LinePattern: "{device};{customData#text};{time}", PayloadConfig: text12,
	},
	{ID: "batch-text", Channel: callback.ChannelBatchURL, Method: "POST", URL: "/", LinePattern: "{device};{deviceTypeName}"},
}

var host = regexp.MustCompile(`^([a-z]+://[^/?]*|[^/?]*)`)

// all returns the definitions, published and made, that are not for e-mails. Their
// URLs are left without scheme and host.
func all(t *testing.T) (list []callback.Definition) {
	t.Helper()
	for _, d := range made {
		if d.Channel == "" {
			d.Channel = callback.ChannelURL
		}
		d.Service = callback.DataUplink
		list = append(list, d)
	}
	f, err := os.Open("../../callback/testdata/definitions.jsonl")
	require.NoError(t, err)
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var p struct {
			ID         string
			Definition callback.Definition
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &p))
		d := p.Definition
		switch {
		case d.Channel == callback.ChannelEmail, messages[d.Service] == "":
			continue
		case p.ID == "a-133":
			continue // its query is cut inside of a name
		case d.Channel != callback.ChannelBatchURL:
			d.Channel = callback.ChannelURL // AWS_IOT and the like have the templates of URL
		}
		d.ID, d.URL = p.ID, host.ReplaceAllString(d.URL, "")
		if d.PayloadConfig == "" {
			d.PayloadConfig = configFor(d)
		}
		list = append(list, d)
	}
	require.NoError(t, lines.Err())
	return list
}

var customData = regexp.MustCompile(`\{customData#(\w+)\}`)

// configFor returns a custom payload configuration for a definition that was published
// without its own, with as many fields as a payload has bytes.
func configFor(d callback.Definition) string {
	var fields []string
	for _, m := range customData.FindAllStringSubmatch(d.URL+d.BodyTemplate, 12) {
		if field := m[1] + "::uint:8"; !slices.Contains(fields, field) {
			fields = append(fields, field)
		}
	}
	return strings.Join(fields, " ")
}

// moved returns the definition for a receiver.
func moved(d callback.Definition, base, path string) callback.Definition {
	user, rest, ok := strings.Cut(d.URL, "@/")
	if !ok {
		user, rest = "", strings.TrimPrefix(d.URL, "/")
	} else {
		user += "@"
	}
	scheme, host, _ := strings.Cut(base, "://")
	d.URL = scheme + "://" + user + host + path + rest
	return d
}

// render renders the message of a service for a target.
func render(t *testing.T, target *dispatch.Target) (dispatch.Request, error) {
	t.Helper()
	switch s := target.Service(); s {
	case callback.DataUplink:
		return renderAs[callback.Uplink](t, target)
	case callback.DataBidir:
		return renderAs[callback.Bidir](t, target)
	case callback.ServiceStatus:
		return renderAs[callback.Status](t, target)
	case callback.ServiceGeoloc:
		return renderAs[callback.Geoloc](t, target)
	case callback.ServiceAcknowledge:
		return renderAs[callback.Acknowledge](t, target)
	case callback.ServiceDataAdvanced:
		return renderAs[callback.DataAdvanced](t, target)
	case callback.ErrorCallback:
		return renderAs[callback.ErrorReport](t, target)
	default:
		t.Fatalf("no message for %v", s)
		return dispatch.Request{}, nil
	}
}

func renderAs[M callback.Message](t *testing.T, target *dispatch.Target) (dispatch.Request, error) {
	t.Helper()
	var m M
	require.NoError(t, json.Unmarshal([]byte(messages[m.Service()]), &m))
	return dispatch.NewRequest(target, m)
}

// variables returns the values of the message of a service as they were written.
func variables(t *testing.T, d callback.Definition) map[string]json.RawMessage {
	t.Helper()
	vars := map[string]json.RawMessage{}
	require.NoError(t, json.Unmarshal([]byte(messages[d.Service]), &vars))
	for older, name := range map[string]string{"signal": "snr", "avgSignal": "avgSnr"} {
		if v, ok := vars[name]; ok {
			vars[older] = v
		}
	}
	if d.PayloadConfig == "" {
		return vars
	}
	config, err := template.ParsePayloadConfig(d.PayloadConfig)
	if err != nil {
		return vars
	}
	for field := range config.Fields() {
		vars["customData#"+field.Name] = json.RawMessage("null") // it may lie behind the end
	}
	for name, value := range config.Decode([]byte("A&b=c\"d%\\é+")) {
		vars["customData#"+name] = value.AppendJSON(nil)
	}
	return vars
}
