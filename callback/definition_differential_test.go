package callback_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/template"
)

// values are how callbacks write the variables of DATA_ADVANCED: as they should be,
// and as they should not.
var values = map[string]*rapid.Generator[string]{
	"device":         rapid.SampledFrom([]string{`"2C30EA"`, `"00af"`, `"2c30ea"`, `"modem"`, `""`, `null`, `12`, `"{device}"`}),
	"time":           rapid.SampledFrom([]string{`1546929254`, `"1546929254"`, `1546929254000`, `0`, `-1`, `"x"`, `null`, `{time}`, `15.0`, `1e3`}),
	"data":           rapid.SampledFrom([]string{`"00ff"`, `"D6"`, `""`, `"0"`, `"d609912345603f0f8004223c"`, `"null"`, `7`}),
	"seqNumber":      rapid.SampledFrom([]string{`0`, `4095`, `"424"`, `"01a8"`, `0424`, `70000`, `null`, `-0`}),
	"lqi":            rapid.SampledFrom([]string{`"Good"`, `"LIMIT"`, `"\u00e9\n"`, `"N/A"`, `"é"`, `true`}),
	"linkQuality":    rapid.SampledFrom([]string{`0`, `4`, `"2"`, `"GOOD"`, `255`, `256`}),
	"fixedLat":       rapid.SampledFrom([]string{`0.0`, `-12.345678901234567`, `"1.5"`, `1.`, `.5`, `90000000000000000`, `-0`, `-0.0`, `{"a":1}`}),
	"operatorName":   rapid.SampledFrom([]string{`"SIGFOX_Singapore_Unabiz"`, `"a\"b\\c"`, `"{x}"`, `"  "`, `5`}),
	"deviceTypeName": rapid.Map(rapid.StringOfN(rapid.RuneFrom([]rune("ab\"\\\n é{}<")), 0, 20, -1), quote),
	"countryCode":    rapid.SampledFrom([]string{`702`, `"702"`, `7.5`, `null`}),
	"duplicates":     rapid.SampledFrom([]string{`[]`, `[{"bsId":"27B9","rssi":-138.0,"nbRep":2,"x":[1]}]`, `null`, `"[{\"rssi\":1}]"`, `{}`, `"x"`}),
	"computedLocation": rapid.SampledFrom([]string{
		`{"lat":1.25,"lng":103.5,"radius":2447,"source":2,"status":1}`, `{"status":0}`, `{"lat":"x"}`, `null`, `"{\"lat\":1}"`, `[]`, `{"y":{"z":"\n"}, "lat" : null}`,
	}),
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// A definition whose template uses the documented names changes nothing: whatever
// the values, and whichever way they are read, the messages are those that are read
// without it.
func TestDefinition_differential(t *testing.T) {
	t.Parallel()
	names := slices.Sorted(maps.Keys(values))
	var general callback.Parser[callback.DataAdvanced]
	rapid.Check(t, func(t *rapid.T) {
		chosen := rapid.Permutation(names).Draw(t, "order")[:rapid.IntRange(1, len(names)).Draw(t, "members")]
		if !slices.Contains(chosen, "device") {
			chosen = append(chosen, "device")
		}
		quoted := rapid.Bool().Draw(t, "quoted")
		var tmpl []string
		for _, name := range chosen {
			if quoted || !slices.Contains([]string{"time", "seqNumber", "linkQuality", "fixedLat", "countryCode", "duplicates", "computedLocation"}, name) {
				tmpl = append(tmpl, fmt.Sprintf(`%q:"{%s}"`, name, name))
			} else {
				tmpl = append(tmpl, fmt.Sprintf(`%q:{%s}`, name, name))
			}
		}
		p, err := callback.NewParser[callback.DataAdvanced](&callback.Definition{
			Channel: callback.ChannelURL, Service: callback.ServiceDataAdvanced, Method: "POST", URL: "https://h/",
			ContentType: "application/json", BodyTemplate: "{" + strings.Join(tmpl, ",") + "}",
		})
		require.NoError(t, err)

		body := randomBody(t, chosen)
		in := callback.Input{ContentType: "application/json", Path: "/", Body: []byte(body)}
		want, wantErr := general.Append(nil, in)
		got, gotErr := p.Append(nil, in)
		require.Empty(t, cmp.Diff(lines(want), lines(got)), body)
		require.Equal(t, wantErr == nil, gotErr == nil, "%s: %v, %v", body, wantErr, gotErr)
	})
}

// randomBody writes members with values: in their order or another one, and some that
// are no variables.
func randomBody(t *rapid.T, names []string) string {
	if rapid.Bool().Draw(t, "shuffled") {
		names = rapid.Permutation(names).Draw(t, "shuffle")
	}
	space := rapid.SampledFrom([]string{"", " ", "\r\n\t"}).Draw(t, "space")
	var members []string
	for _, name := range names {
		if rapid.IntRange(0, 9).Draw(t, "left out") == 0 {
			continue
		}
		members = append(members, fmt.Sprintf("%q%s:%s%s", name, space, space, values[name].Draw(t, name)))
	}
	if rapid.Bool().Draw(t, "more") {
		members = append(members, `"site":"x"`, `"list":[1,{"a":null}]`)
	}
	return space + "{" + space + strings.Join(members, ","+space) + space + "}" + space
}

// everyType is a definition with values of all types, some in quotes.
var everyType = callback.Definition{
	Channel: callback.ChannelURL, Service: callback.ServiceDataAdvanced, Method: "POST", URL: "https://h/", ContentType: "application/json",
	BodyTemplate: `{"device":"{device}","n":{"t":"{time}","data":"{data}"},"seqNumber":{seqNumber},"lqi":"{lqi}","q":{linkQuality},` +
		`"fixedLat":{fixedLat},"fixedLng":"{fixedLng}","operatorName":"{operatorName}","aLongNameForTheCountry of the operator":{countryCode},` +
		`"duplicates":{duplicates},"computedLocation":{computedLocation},"customData":"{customData#x}","radius":{radius}}`,
}

const everyTypeBody = `{"device":"2C30EA","n":{"t":"1546929254","data":"d609912345603f0f8004223c"},"seqNumber":424,"lqi":"Good","q":2,` +
	`"fixedLat":0.0,"fixedLng":"-12.25","operatorName":"SIGFOX_Singapore_Unabiz","aLongNameForTheCountry of the operator":702,` +
	`"duplicates":[{"bsId":"27B9","rssi":-138.0,"nbRep":2}],` +
	`"computedLocation":{"lat":1.2763981,"lng":103.7973329,"radius":2447,"source":2,"status":1},"customData":"7","radius":null}`

// FuzzProgram reads a body as the definition was compiled, and with a space that makes
// it look different. Nothing else may depend on that, or on what was read before.
func FuzzProgram(f *testing.F) {
	f.Add([]byte(everyTypeBody))
	for _, value := range oddValues {
		for _, plain := range []string{`424`, `"Good"`, `2`, `0.0`, `"-12.25"`, `"SIGFOX_Singapore_Unabiz"`, `702`, `"2C30EA"`, `"7"`, `2447`} {
			f.Add([]byte(strings.Replace(everyTypeBody, ":"+plain, ":"+value, 1)))
		}
	}
	p, err := callback.NewParser[callback.DataAdvanced](&everyType)
	require.NoError(f, err)
	read := func(body []byte) (messages string, failed bool) {
		list, err := p.Append(nil, callback.Input{ContentType: "application/json", Path: "/", Body: body})
		return strings.Join(lines(list), "\n"), err != nil
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !json.Valid(body) || body[0] != '{' { // numbers like .5 are read where they are expected
			return
		}
		want, wantFailed := read(append([]byte("{ "), body[1:]...))
		for range 2 {
			got, failed := read(body)
			require.Equal(t, want, got, "%s", body)
			require.Equal(t, wantFailed, failed, "%s", body)
			read([]byte(everyTypeBody))
		}
	})
}

// What a definition renders of any message, it reads back.
func TestDefinition_roundTrip(t *testing.T) {
	t.Parallel()
	d := callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, Method: "POST", URL: "https://h/{deviceTypeName}?s={seqNumber}",
		Headers: map[string]string{"X-Station": "{station}"},
	}
	for name, body := range map[string]struct{ contentType, template string }{
		"JSON": {"application/json", `{"d":"{device}","n":{"t":{time},"x":["{data}",{rssi}]},"f":"{customData#f}","c":"{customData#c}"}`},
		"form": {"application/x-www-form-urlencoded", `d={device}&t={time}&x={data}&r={rssi}&f={customData#f}&c={customData#c}`},
		"text": {"text/plain", "{device} {time}\r\n{data} {rssi};{customData#f};{customData#c}."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := d
			d.ContentType, d.BodyTemplate, d.PayloadConfig = body.contentType, body.template, "f::float:32 c::char:3"
			require.NoError(t, d.Validate())
			c, err := d.Compile()
			require.NoError(t, err)
			p, err := callback.NewParser[callback.Uplink](&d)
			require.NoError(t, err)
			rapid.Check(t, func(t *rapid.T) {
				var want callback.Uplink
				require.NoError(t, json.Unmarshal(fmt.Appendf(nil,
					`{"device":"%X","time":%d,"deviceTypeName":%q,"data":"%x","seqNumber":%d,"rssi":%d.5,"station":"%04X"}`,
					rapid.Uint32Min(1).Draw(t, "device"), rapid.Int64Range(1, 1<<33).Draw(t, "time"),
					rapid.StringMatching(`[a-zé/%&=+? ]{1,9}x`).Draw(t, "name"),
					rapid.SliceOfN(rapid.ByteRange('a', 'z'), 7, 7).Draw(t, "data"), rapid.IntRange(0, 4095).Draw(t, "seq"),
					rapid.IntRange(-150, -10).Draw(t, "rssi"), rapid.Uint16Min(1).Draw(t, "station")), &want))
				out, err := c.Render(callback.SourceOf(&want, c))
				require.NoError(t, err)
				target, query, _ := strings.Cut(strings.TrimPrefix(out.URL, "https://h"), "?")
				got, err := p.Append(nil, callback.Input{
					ContentType: out.Header.Get("Content-Type"), Path: target, Query: query, Header: out.Header, Body: out.Body,
				})
				require.NoError(t, err)
				config, err := template.ParsePayloadConfig(d.PayloadConfig)
				require.NoError(t, err)
				want.CustomData = maps.Collect(config.Decode(want.Data.AppendTo(nil)))
				require.Equal(t, []callback.Uplink{want}, got)
			})
		})
	}
}
