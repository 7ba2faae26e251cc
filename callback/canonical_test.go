package callback_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/template"
)

// A message survives JSON inside other values, and an absent one is read as zero.
func TestMessage_JSON(t *testing.T) {
	t.Parallel()
	type record struct {
		Message callback.Uplink
		Note    string
	}
	data, err := sigfox.ParsePayload("0102")
	require.NoError(t, err)
	want := record{
		Message: callback.Uplink{
			Device: 1, Data: data,
			CustomData: callback.CustomData{"t": template.Float64Value(21.5), "s": template.TextValue("a\"b")},
			Extra:      callback.Extra{"n": json.RawMessage(`{"a":[1]}`), "a b": json.RawMessage(`"x"`)},
		},
		Note: "x",
	}
	text, err := json.Marshal(want)
	require.NoError(t, err)
	require.JSONEq(t, `{"Message":{"service":"DATA/UPLINK","device":"1","data":"0102",`+
		`"customData":{"s":"a\"b","t":21.5},"extra":{"a b":"x","n":{"a":[1]}}},"Note":"x"}`, string(text))
	got := record{Message: callback.Uplink{DeviceTypeID: "of the last one"}}
	require.NoError(t, json.Unmarshal(text, &got))
	require.Equal(t, want, got)
}

// Names of the canonical form are ordinary members of a callback.
func TestMessage_canonicalNames(t *testing.T) {
	t.Parallel()
	m := parseOne[callback.Uplink](t, `{"device":"1","service":"mine","extra":{"a":1},"customData":{"b":2}}`)
	const want = `{"service":"DATA/UPLINK","device":"1","extra":{"customData":{"b":2},"extra":{"a":1},"service":"mine"}}`
	require.Equal(t, want, string(m.AppendJSON(nil)))
	require.Equal(t, want, kinds[callback.DataUplink].again(t, want))
}

// A zero message is canonical JSON too.
func TestMessage_zero(t *testing.T) {
	t.Parallel()
	for s, k := range kinds {
		want := `{"service":"` + s.String() + `","device":"0"}`
		require.Equal(t, want, k.again(t, want))
	}
	require.Equal(t, `x{"service":"ERROR","device":"0"}`, string(callback.ErrorReport{}.AppendJSON([]byte("x"))))
}

func TestMessage_UnmarshalJSON_errors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`null`, `[]`, `"x"`, `{"device":"x"}`, `{"time":5}`, `{"device":"1","time":"x"}`, `{"device":"1","extra":{"a":1}`} {
		var m callback.Status
		require.Error(t, m.UnmarshalJSON([]byte(text)), text)
	}
	// As leniently as a callback.
	var m callback.Status
	require.NoError(t, json.Unmarshal([]byte(`{"deviceId":"2c30ea","batt":"3.50","extra":"none","x":1}`), &m))
	require.JSONEq(t, `{"service":"SERVICE/STATUS","device":"2C30EA","batt":3.5,"extra":{"extra":"none","x":1}}`, string(m.AppendJSON(nil)))
	err := m.UnmarshalJSON([]byte(`{"device":"1","extra":{"a":}}`))
	_, ok := errors.AsType[*callback.SyntaxError](err)
	require.True(t, ok, err)
}

// JSON tells whole numbers from others and from texts, and no more of the kinds.
func TestMessage_JSON_customData(t *testing.T) {
	t.Parallel()
	sent := callback.Uplink{Device: 1, CustomData: callback.CustomData{
		"bool": template.BoolValue(true), "int": template.IntValue(-5), "uint": template.UintValue(5), "large": template.UintValue(math.MaxUint64),
		"float": template.Float32Value(781.41516), "whole": template.Float32Value(5), "nan": template.Float32Value(float32(math.NaN())),
		"inf": template.Float64Value(math.Inf(1)), "none": {}, "text": template.TextValue("null"), "bytes": template.TextValue("\xff"),
	}}
	var got callback.Uplink
	require.NoError(t, json.Unmarshal(sent.AppendJSON(nil), &got))
	require.Equal(t, callback.CustomData{
		"bool": template.BoolValue(true), "int": template.IntValue(-5), "uint": template.IntValue(5), "large": template.UintValue(math.MaxUint64),
		"float": template.Float64Value(781.41516), "whole": template.IntValue(5), "text": template.TextValue("null"), "bytes": template.TextValue("\ufffd"),
	}, got.CustomData)
}

// Whatever a program puts into a message, its JSON is JSON that can be read again.
func TestMessage_AppendJSON_oddValues(t *testing.T) {
	t.Parallel()
	noNumber, infinite := sigfox.Some(math.NaN()), sigfox.Some(math.Inf(-1))
	for want, m := range map[string]callback.DataAdvanced{
		``: {FixedLat: noNumber, FixedLng: infinite},
		`,"duplicates":[{"nbRep":1}]`: {
			Duplicates: []callback.Duplicate{{RSSI: noNumber, SNR: infinite, NbRep: sigfox.Some(1)}},
		},
		`,"computedLocation":{"status":1}`: {ComputedLocation: sigfox.Some(callback.Location{
			Lat: noNumber, Lng: infinite, Radius: noNumber, Status: sigfox.Some(callback.LocationOK),
		})},
		`,"lqi":"\ufffd"`: {LQI: "\xff"},
		`,"extra":{"a":null,"b":null,"batt":null,"c":{"d":[1]},"unwantedMsg":null}`: {Extra: callback.Extra{
			"a": nil, "b": json.RawMessage(`}`), "c": json.RawMessage("{\n\"d\": [1]}"), "batt": nil,
			"unwantedMsg": json.RawMessage("\"\xff\""),
		}},
		`,"operatorName":"x","extra":{"operatorName":"y","time":2}`: {OperatorName: "x", Extra: callback.Extra{
			"operatorName": json.RawMessage(`"y"`), "time": json.RawMessage(`2`),
		}},
	} {
		want = `{"service":"SERVICE/DATA_ADVANCED","device":"0"` + strings.ReplaceAll(want, `\ufffd`, "\ufffd") + `}`
		require.Equal(t, want, string(m.AppendJSON(nil)))
		var again callback.DataAdvanced
		require.NoError(t, json.Unmarshal([]byte(want), &again))
	}
}
