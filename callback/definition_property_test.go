package callback_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox/callback"
)

// invented is a definition of DATA/UPLINK that somebody might write, and the members of a
// message.
type invented struct {
	definition callback.Definition
	message    string
}

// inventions draws definitions of each kind of body, with a custom payload.
var inventions = rapid.Custom(func(t *rapid.T) invented {
	config, chars := drawPayloadConfig(t)
	data := rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "data")
	members := []string{`"device":"2C30EA"`, fmt.Sprintf(`"data":%q`, hex.EncodeToString(data))}
	for _, member := range []string{
		`"time":1546929254`, `"seqNumber":4095`, `"rssi":-120.5`, `"snr":12.25`, `"station":"1D44"`, `"lat":51`, `"lng":-1`,
		`"duplicate":true`, `"avgSnr":15.5`, `"deviceTypeId":"5c187c222564327e80000000"`, `"deviceTypeName":"a\"b\\c: é+%7B&={x};</a>"`,
	} {
		if rapid.IntRange(0, 3).Draw(t, "known") > 0 {
			members = append(members, member)
		}
	}
	plain := []string{"device", "time", "data", "seqNumber", "rssi", "snr", "station", "lat", "lng", "duplicate", "avgSnr", "deviceTypeId"}
	free := []string{"deviceTypeName"}
	for i, isChar := range chars {
		name := fmt.Sprintf("customData#f%d", i)
		if isChar {
			free = append(free, name)
		} else {
			plain = append(plain, name)
		}
	}
	d := callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, Enabled: true, Method: "POST", URL: "https://h.test/x",
		PayloadConfig: config,
	}
	choose := func(names []string) []string {
		all := rapid.Permutation(names).Draw(t, "order")
		return append([]string{"device"}, slices.DeleteFunc(all[:rapid.IntRange(0, len(all)).Draw(t, "number")],
			func(name string) bool { return name == "device" })...)
	}
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		d.ContentType, d.BodyTemplate = "application/json", inventJSON(t, choose(slices.Concat(plain, free)), free)
	case 1:
		d.BodyTemplate = inventForm(t, choose(slices.Concat(plain, free)))
	case 2:
		d.Method, d.URL = "GET", d.URL+"?"+inventForm(t, choose(slices.Concat(plain, free)))
	case 3:
		d.ContentType = "text/plain"
		for _, name := range choose(plain) {
			d.BodyTemplate += rapid.SampledFrom([]string{"x: {%s};\n", "<v>{%s}</v>", "[{%s}] ", "{%s}\r\n"}).Draw(t, "text")
			d.BodyTemplate = strings.Replace(d.BodyTemplate, "%s", name, 1)
		}
	case 4:
		d.Channel, d.URL = callback.ChannelBatchURL, "https://h.test/b?l={batch}"
		d.LinePattern = "{" + strings.Join(choose(plain), rapid.SampledFrom([]string{"};{", "},{", "} {", "}|{"}).Draw(t, "between")) + "}"
	default: // something everywhere
		d.URL = "https://h.test/x/{device}/y-{time}?s={station}"
		d.Headers = map[string]string{"X-Seq": "n {seqNumber}", "Authorization": "Bearer {deviceTypeId}"}
		d.ContentType, d.BodyTemplate = "application/json", inventJSON(t, choose(slices.Concat(plain, free)), free)
	}
	return invented{d, strings.Join(members, ",")}
})

// drawPayloadConfig returns a configuration and which of its fields are chars.
func drawPayloadConfig(t *rapid.T) (config string, chars []bool) {
	var fields []string
	for i := range rapid.IntRange(0, 5).Draw(t, "fields") {
		text := rapid.SampledFrom([]string{
			"uint:8", "int:8", "int:16:little-endian", "uint:24", "bool:7", "bool:0", "float:32", "float:32:little-endian", "float:64",
			"uint:4", "uint:12::3", "int:48", "uint:64", "char:1", "char:3",
		}).Draw(t, "type")
		index := rapid.SampledFrom([]string{"", "", "", "0", "3"}).Draw(t, "index")
		fields = append(fields, fmt.Sprintf("f%d:%s:%s", i, index, text))
		chars = append(chars, strings.HasPrefix(text, "char"))
	}
	return strings.Join(fields, " "), chars
}

// inventJSON returns an object, with objects and lists in it, that has all names.
func inventJSON(t *rapid.T, names, texts []string) string {
	var members []string
	for i, name := range names {
		value := "{" + name + "}"
		text := slices.Contains(texts, name) || slices.Contains([]string{"device", "data", "station", "deviceTypeId"}, name)
		if text || rapid.Bool().Draw(t, "quoted") {
			value = `"` + value + `"`
		}
		switch rapid.IntRange(0, 5).Draw(t, "shape") {
		case 0:
			value = `{"value":` + value + `,"unit":"°C"}`
		case 1:
			value = `[1,` + value + `]`
		case 2:
			members = append(members, `"const":{"a":[true,null]}`)
		}
		members = append(members, fmt.Sprintf(`"k%d":%s`, i, value))
	}
	return "{" + strings.Join(members, rapid.SampledFrom([]string{",", ",\n  ", " ,\t"}).Draw(t, "space")) + "}"
}

// inventForm returns a form that has all names.
func inventForm(t *rapid.T, names []string) string {
	var pairs []string
	for i, name := range names {
		pairs = append(pairs, fmt.Sprintf("%s%d={%s}", rapid.SampledFrom([]string{"k", "data[h]", "K."}).Draw(t, "key"), i, name))
	}
	return strings.Join(pairs, "&")
}

// What is rendered from any definition, a handler made from it reads back.
func TestDefinition_anyRoundTrip(t *testing.T) {
	read := 0
	for seed := range 1000 {
		in := inventions.Example(seed)
		text, err := json.Marshal(in.definition)
		require.NoError(t, err)
		require.NoError(t, in.definition.Validate(), "%s", text)
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("%s\n{%s}", text, in.message)
				}
			}()
			read += roundTrip[callback.Uplink](t, in.definition, in.message)
		})
	}
	require.Equal(t, 1000, read)
}
