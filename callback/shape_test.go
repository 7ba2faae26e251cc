package callback_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox/callback"
)

// numbers are written in all ways that JSON has, and some more.
var numbers = rapid.OneOf(
	rapid.StringMatching(`-?[0-9]{1,5}(\.[0-9]{1,9})?`),
	rapid.StringMatching(`-?[0-9]{1,20}(\.[0-9]{0,20})?(e[0-9])?`),
	rapid.StringMatching(`[0-9]{1,4}`),
	rapid.StringMatching(`-?[0-9./+-]{1,17}`),
	rapid.SampledFrom(oddValues),
)

// ids are hex of all lengths, and some more.
var ids = rapid.StringMatching(`[0-9A-Fa-f]{0,26}[0-9a-g]?`)

// shapedBody has numbers, ids and a payload, with and without text behind them.
func shapedBody(t *rapid.T, label string) string {
	number := func(name string) string { return numbers.Draw(t, label+name) }
	body := fmt.Sprintf(`{"device":%q,"time":%s,"data":%q,"seqNumber":%s,"linkQuality":%s,"fixedLat":%s,"fixedLng":"%s","countryCode":"%s",`+
		`"duplicates":[{"bsId":%q,"rssi":%s,"nbRep":%s}],"computedLocation":{"lat":%s,"lng":%s,"radius":%s,"source":%s,"status":%s}}`,
		ids.Draw(t, label+"device"), number("time"), ids.Draw(t, label+"data"), number("seqNumber"), number("linkQuality"),
		number("fixedLat"), number("fixedLng"), number("countryCode"), ids.Draw(t, label+"bsId"), number("rssi"), number("nbRep"),
		number("lat"), number("lng"), number("radius"), number("source"), number("status"))
	return strings.ReplaceAll(body, `""`, `"`) // some of them are strings
}

// What is read does not depend on how the values before were written.
func TestParser_shapes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var used callback.Parser[callback.DataAdvanced]
		for _, label := range []string{"first ", "second ", "third "} {
			body := shapedBody(t, label)
			want := result(new(callback.Parser[callback.DataAdvanced]), body)
			require.Equal(t, want, result(&used, body), body)
			require.Equal(t, want, result(&used, body), "%s again", body)
		}
	})
}

// Nor does it where a number is changed in one place only.
func TestParser_shapesOfOne(t *testing.T) {
	t.Parallel()
	const body = `{"device":"2C30EA","%s":%s,"data":"00ff"}`
	for _, name := range []string{"time", "seqNumber", "linkQuality", "fixedLat", "countryCode"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var used callback.Parser[callback.DataAdvanced]
			rapid.Check(t, func(t *rapid.T) {
				text := fmt.Sprintf(body, name, numbers.Draw(t, "number"))
				require.Equal(t, result(new(callback.Parser[callback.DataAdvanced]), text), result(&used, text), text)
			})
		})
	}
}

// Short bodies end, and their first texts begin, where not all words fit.
func TestParser_shortBodies(t *testing.T) {
	t.Parallel()
	for _, tmpl := range []string{
		`{"d":"{device}"}`, `{"":"{device}"}`, `["{device}"]`, `{"device":"{device}","t":{time}}`, `{"t":{time},"d":"{device}"}`,
		`{"x":{fixedLat},"d":"{device}"}`, `{"p":"{data}","d":"{device}"}`, `{"d":"{device}","p":"{data}"}`, `{"d":"{device}","q":{linkQuality}}`,
		`{"some name that is longer than all words":"{device}","q":{linkQuality}}`, `{"d":"{device}","l":"{lqi}"}`, `{"d":"{device}","lqi of the message":"{lqi}"}`,
	} {
		d := everyType
		d.BodyTemplate = tmpl
		used, err := callback.NewParser[callback.DataAdvanced](&d)
		require.NoError(t, err)
		for _, values := range []string{"1 0 00 0 0.5 Good", "2C30EA 1546929254 d609912345603f0f8004223c 2 -12.25 Limit", "ffffffff 15469292540 00ff 4 1.2763981 NA"} {
			v := strings.Fields(values)
			body := strings.NewReplacer("{device}", v[0], "{time}", v[1], "{data}", v[2], "{linkQuality}", v[3], "{fixedLat}", v[4], "{lqi}", v[5]).Replace(tmpl)
			fresh, err := callback.NewParser[callback.DataAdvanced](&d)
			require.NoError(t, err)
			want := result(fresh, body)
			require.NotContains(t, want, "callback:", body)
			for range 3 {
				require.Equal(t, want, result(used, body), body)
			}
			for cut := range len(body) {
				fresh, err := callback.NewParser[callback.DataAdvanced](&d)
				require.NoError(t, err)
				require.Equal(t, result(fresh, body[:cut]), result(used, body[:cut]), body[:cut])
				require.Equal(t, want, result(used, body), body)
			}
		}
	}
}

// A text that is longer than all words is compared from its start.
func TestParser_longText(t *testing.T) {
	t.Parallel()
	p, err := callback.NewParser[callback.DataAdvanced](&everyType)
	require.NoError(t, err)
	require.Contains(t, result(p, everyTypeBody), `"countryCode":702`)
	another := strings.Replace(everyTypeBody, "aLongNameForTheCountry", "xLongNameForTheCountry", 1)
	require.NotContains(t, result(p, another), `"countryCode":702`)
}
