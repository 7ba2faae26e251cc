package template_test

import (
	"bufio"
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/template"
)

// documented holds a value for every variable that the real definitions use.
var documented = template.Map{
	"device": "2C30EA", "time": "1546929254", "data": "d609912345603f0f8004223c", "seqNumber": "424",
	"station": "27B9", "rssi": "-123.00", "snr": "18.86", "avgSnr": "15.54", "signal": "18.86", "avgSignal": "15.54",
	"lat": "52.0", "lng": "-5.0", "radius": "2447", "duplicate": "false", "ack": "true", "longPolling": "false",
	"deviceTypeId": "5c187c222564327e80000000", "deviceTypeName": `my "type"`, "operatorName": "SIGFOX_é\\",
	"countryCode": "702", "lqi": "Good", "linkQuality": "2", "fixedLat": "0.0", "fixedLng": "0.0",
	"computedLocation": `{"lat":1.27,"lng":103.79,"radius":2447,"source":2,"status":1}`,
	"duplicates":       `[{"bsId":"27B9","rssi":-138.0,"nbRep":2}]`, "geolocSource": "2",
	"infoCode": "0", "infoMessage": "Acked", "downlinkAck": "true", "downlinkOverusage": "false",
	"info": "No message since\n\"then\"", "severity": "ERROR", "batt": "3.61", "temp": "21.5",
	"batch": "2C30EA;1;00\n2C30EB;2;01",
}

// full gives every custom field a value, too.
type full struct{ template.Map }

func (f full) AppendVar(dst []byte, name string) ([]byte, bool) {
	if strings.HasPrefix(name, "customData#") {
		return append(dst, "12.5"...), true
	}
	return f.Map.AppendVar(dst, name)
}

func isDocumented(name string) bool {
	_, ok := documented[name]
	return ok || strings.HasPrefix(name, "customData#")
}

type definition struct {
	ID         string
	Definition struct {
		URL, ContentType, BodyTemplate, LinePattern, Subject, Message string

		Headers map[string]string
	}
}

func definitions(t testing.TB) []definition {
	t.Helper()
	f, err := os.Open("testdata/definitions.jsonl")
	require.NoError(t, err)
	defer f.Close()
	var all []definition
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var d definition
		require.NoError(t, json.Unmarshal(lines.Bytes(), &d))
		all = append(all, d)
	}
	require.NoError(t, lines.Err())
	require.Len(t, all, 139)
	return all
}

// TestRealDefinitions compiles, renders and reads back every text of every real
// definition.
func TestRealDefinitions(t *testing.T) {
	t.Parallel()
	// These are cut off, or hold a mask such as <id> or a slip of their author.
	invalid := []string{"a-036", "a-060", "a-062", "a-109", "a-111", "a-113"}
	for _, d := range definitions(t) {
		t.Run(d.ID, func(t *testing.T) {
			t.Parallel()
			def := d.Definition
			body := template.JSON
			switch {
			case strings.Contains(def.ContentType, "form"):
				body = template.Form
			case strings.Contains(def.ContentType, "text/plain"):
				body = template.Text
			}
			if tmpl := roundTrip(t, body, def.BodyTemplate); tmpl != nil {
				require.Equal(t, slices.Contains(invalid, d.ID), tmpl.ValidJSON() != nil, tmpl.ValidJSON())
			}
			roundTrip(t, template.URL, def.URL)
			roundTrip(t, template.Line, def.LinePattern)
			for _, text := range []string{def.Subject, def.Message} {
				roundTrip(t, template.Text, text)
			}
			for _, text := range def.Headers {
				roundTrip(t, template.Header, text)
			}
		})
	}
}

func roundTrip(t *testing.T, place template.Place, src string) *template.Template {
	t.Helper()
	if src == "" {
		return nil
	}
	tmpl := parse(t, src, template.Options{Place: place, Known: isDocumented})
	require.NoError(t, tmpl.Matchable())
	out, err := tmpl.Append(nil, full{documented})
	require.NoError(t, err)

	want := template.Map{}
	for name := range tmpl.Variables() {
		value, _ := full{documented}.AppendVar(nil, name)
		want[name] = string(value)
	}
	got := template.Map{}
	require.NoError(t, tmpl.Match(out, got), "%s", out)
	require.Equal(t, want, got)

	switch {
	case place == template.JSON && tmpl.ValidJSON() == nil:
		require.True(t, json.Valid(out), "%s", out)
		var indented json.RawMessage = out
		spaced, err := json.MarshalIndent(indented, " ", "\t")
		require.NoError(t, err)
		got = template.Map{}
		require.NoError(t, tmpl.Match(spaced, got), "%s", spaced)
		for _, object := range []string{"computedLocation", "duplicates"} { // these are spaced now
			delete(got, object)
			delete(want, object)
		}
		require.Equal(t, want, got)
	case place == template.Form:
		_, err := url.ParseQuery(string(out))
		require.NoError(t, err)
	}
	return tmpl
}
