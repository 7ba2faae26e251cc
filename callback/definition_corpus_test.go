package callback_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/template"
)

// published is a definition that somebody published.
type published struct {
	ID         string              `json:"id"`
	Callback   string              `json:"callback"`
	Definition callback.Definition `json:"definition"`
}

func corpus(t testing.TB) (list []published) {
	t.Helper()
	for _, file := range []string{"testdata/definitions.jsonl", "testdata/definitions.more.jsonl"} {
		f, err := os.Open(file)
		require.NoError(t, err)
		defer f.Close()
		scanner := bufio.NewScanner(f)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			var p published
			require.NoError(t, json.Unmarshal(scanner.Bytes(), &p))
			list = append(list, p)
		}
		require.NoError(t, scanner.Err())
	}
	require.Len(t, list, 139+111)
	return list
}

// Each published definition is valid, or refused for the reasons in the golden file.
// Most are excerpts: the address or method is not public.
func TestValidate_corpus(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	valid := 0
	for _, p := range corpus(t) {
		err := p.Definition.Validate()
		if err == nil {
			valid++
			continue
		}
		var problems *callback.DefinitionError
		require.ErrorAs(t, err, &problems)
		for _, e := range problems.Errors {
			require.Equal(t, "body", e.Type)
			got.WriteString(p.ID + " " + e.Field + ": " + e.Message + "\n")
		}
	}
	const golden = "testdata/definitions.refused.txt"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(golden, got.Bytes(), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")))
	require.Equal(t, 49+94, valid)
}

// full are messages with a value for each variable that templates name.
var full = map[callback.Service]string{
	callback.DataUplink: `"device":"2C30EA","time":1546929254,"deviceTypeId":"5c187c222564327e80000000","deviceTypeName":"dt \"x\" \\ é",` +
		`"data":"d609912345603f0f8004223c","seqNumber":424,` + reception,
	callback.DataBidir: `"device":"2C30EA","time":1546929254,"deviceTypeId":"5c187c222564327e80000000","deviceTypeName":"a&b=c#d/e",` +
		`"data":"d609912345603f0f8004223c","seqNumber":424,"ack":true,"longPolling":false,` + reception,
	callback.ServiceStatus:      `"device":"2C30EA","time":1546929254,"seqNumber":4,"batt":3.5,"temp":21.5,` + reception,
	callback.ServiceGeoloc:      `"device":"2C30EA","time":1546929254,"seqNumber":4,"radius":350,"geolocSource":2,` + reception,
	callback.ServiceAcknowledge: `"device":"2C30EA","time":1546929254,"infoCode":0,"infoMessage":"Acked","downlinkAck":true,"downlinkOverusage":false`,
	callback.ServiceRepeater: `"device":"2C30EA","time":1546929254,"batt":3.5,"whitelistDevices":2,"repeatedMsg":3,` +
		`"unwantedDevices":4,"unwantedMsg":5,"wrongMsg":6,"overRegulMsg":7`,
	callback.ServiceDataAdvanced: `"device":"2C30EA","time":1546929254,"deviceTypeId":"5c187c222564327e80000000","deviceTypeName":"dt",` +
		`"data":"d609912345603f0f8004223c","seqNumber":424,"lqi":"Good","linkQuality":2,"fixedLat":0,"fixedLng":0,` +
		`"operatorName":"SIGFOX_X","countryCode":702,"duplicates":[{"bsId":"27B9","rssi":-138,"nbRep":2}],` +
		`"computedLocation":{"lat":1.25,"lng":103.5,"radius":2447,"source":2,"status":1}`,
	callback.ErrorCallback: `"device":"2C30EA","time":1546929254,"info":"No message received since 2019-01-08 06:34:14","severity":"ERROR"`,
}

const reception = `"rssi":-120.5,"snr":12.25,"station":"1D44","duplicate":false,"avgSnr":15.5,"lat":51,"lng":-1`

// sparse are the only variables that every message has a value for.
const sparse = `"device":"2C30EA","time":1546929254`

// What is rendered from a published definition, a handler made from it reads back:
// the variables that it sends, and the custom data of the payload. So it does where most
// variables have no value.
func TestDefinition_corpusRoundTrip(t *testing.T) {
	var read [2]int
	for _, p := range corpus(t) {
		t.Run(p.ID, func(t *testing.T) {
			for i, text := range []string{full[p.Definition.Service], sparse} {
				switch d := p.Definition; p.Callback {
				case "DATA/UPLINK":
					read[i] += roundTrip[callback.Uplink](t, d, text)
				case "DATA/BIDIR":
					read[i] += roundTrip[callback.Bidir](t, d, text)
				case "SERVICE/STATUS":
					read[i] += roundTrip[callback.Status](t, d, text)
				case "SERVICE/GEOLOC":
					read[i] += roundTrip[callback.Geoloc](t, d, text)
				case "SERVICE/ACKNOWLEDGE":
					read[i] += roundTrip[callback.Acknowledge](t, d, text)
				case "SERVICE/REPEATER":
					read[i] += roundTrip[callback.Repeater](t, d, text)
				case "SERVICE/DATA_ADVANCED":
					read[i] += roundTrip[callback.DataAdvanced](t, d, text)
				case "ERROR":
					read[i] += roundTrip[callback.ErrorReport](t, d, text)
				default:
					require.Equal(t, "a-128", p.ID, "not Sigfox")
				}
			}
		})
	}
	require.Equal(t, [...]int{117 + 104, 204}, read)
}

// roundTrip returns how many messages it could render and read back.
func roundTrip[M callback.Message](t *testing.T, d callback.Definition, text string) int {
	t.Helper()
	c, err := d.Compile()
	if err != nil {
		return 0
	}
	var m M
	require.NoError(t, json.Unmarshal([]byte(`{`+text+`}`), &m))
	src := callback.SourceOf(&m, c)
	var out *callback.Outgoing
	count := 1
	switch d.Channel {
	case callback.ChannelEmail:
		return 0
	case callback.ChannelBatchURL:
		count = 2
		one := line(t, c, src)
		out, err = c.RenderBatch(slices.Values([][]byte{one, one}))
	default:
		out, err = c.Render(src)
	}
	require.NoError(t, err)
	if out.Header.Get("Content-Type") == "application/json" && len(out.Body) > 0 && d.Validate() == nil {
		require.True(t, json.Valid(out.Body), "%s", out.Body)
	}
	want := sent(t, &d, m)
	if want == nil {
		return 0 // nothing of the message is sent
	}
	r, err := http.NewRequestWithContext(t.Context(), out.Method, out.URL, bytes.NewReader(out.Body))
	if err != nil { // it is an excerpt that names no host
		_, target, _ := strings.Cut(strings.TrimPrefix(out.URL[strings.Index(out.URL, "://")+1:], "//"), "/")
		r = httptest.NewRequest(out.Method, "/"+target, bytes.NewReader(out.Body))
	}
	maps.Copy(r.Header, out.Header)
	got, status, err := receive[M](t, &d, r)
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, status)
	require.Len(t, got, count)
	for _, line := range lines(got) {
		var g map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &g))
		require.Empty(t, cmp.Diff(want, g))
	}
	return 1
}

// sent returns the canonical members of m that the definition sends.
func sent[M callback.Message](t *testing.T, d *callback.Definition, m M) map[string]any {
	t.Helper()
	var all map[string]any
	require.NoError(t, json.Unmarshal(m.AppendJSON(nil), &all))
	want := make(map[string]any)
	custom := make(map[string]any)
	known := customValues(t, d, all)
	for name := range namesIn(d) {
		if field, ok := strings.CutPrefix(name, "customData#"); ok {
			if v, ok := known[field]; ok {
				custom[field] = v
			}
			continue
		}
		if newer, ok := map[string]string{"signal": "snr", "avgSignal": "avgSnr", "overRegulmsg": "overRegulMsg"}[name]; ok {
			name = newer
		}
		if v, ok := all[name]; ok {
			want[name] = v
		}
	}
	if want["data"] != nil {
		maps.Copy(custom, known)
	}
	if len(custom) > 0 {
		want["customData"] = custom
	}
	if len(want) == 0 {
		return nil
	}
	want["service"] = all["service"]
	if want["device"] == nil {
		want["device"] = "0"
	}
	return want
}

// customValues returns the values of the payload configuration.
func customValues(t *testing.T, d *callback.Definition, message map[string]any) map[string]any {
	t.Helper()
	values := make(map[string]any)
	text, ok := message["data"].(string)
	if d.PayloadConfig == "" || !ok {
		return values
	}
	config, err := template.ParsePayloadConfig(d.PayloadConfig)
	require.NoError(t, err)
	var m callback.Uplink
	require.NoError(t, json.Unmarshal([]byte(`{"device":"1","data":"`+text+`"}`), &m))
	m.CustomData = maps.Collect(config.Decode(m.Data.AppendTo(nil)))
	var out struct{ CustomData map[string]any }
	require.NoError(t, json.Unmarshal(m.AppendJSON(nil), &out))
	return out.CustomData
}

// namesIn yields the {names} in what the definition sends.
func namesIn(d *callback.Definition) iter.Seq[string] {
	texts := []string{d.URL, d.LinePattern}
	if d.Method != http.MethodGet {
		texts = append(texts, d.BodyTemplate)
	}
	texts = slices.AppendSeq(texts, maps.Values(d.Headers))
	return func(yield func(string) bool) {
		for _, text := range texts {
			all, _ := template.Parse(text, template.Options{})
			for name := range all.Variables() {
				if !yield(name) {
					return
				}
			}
		}
	}
}
