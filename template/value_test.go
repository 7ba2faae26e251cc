package template_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/template"
)

func TestValueTexts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		v          template.Value
		kind       template.ValueKind
		kindName   string
		text, json string
	}{
		{"zero", template.Value{}, template.NoKind, "none", "", "null"},
		{"true", template.BoolValue(true), template.BoolKind, "bool", "true", "true"},
		{"false", template.BoolValue(false), template.BoolKind, "bool", "false", "false"},
		{"lowest int", template.IntValue(math.MinInt64), template.IntKind, "int", "-9223372036854775808", "-9223372036854775808"},
		{"highest uint", template.UintValue(math.MaxUint64), template.UintKind, "uint", "18446744073709551615", "18446744073709551615"},
		{"float32 is not widened", template.Float32Value(781.41516), template.Float32Kind, "float32", "781.41516", "781.41516"},
		{"float64", template.Float64Value(0.1), template.Float64Kind, "float64", "0.1", "0.1"},
		{"whole float", template.Float32Value(23), template.Float32Kind, "float32", "23", "23"},
		{"large float", template.Float64Value(1e21), template.Float64Kind, "float64", "1e21", "1e21"},
		{"small float", template.Float32Value(-1e-7), template.Float32Kind, "float32", "-1e-7", "-1e-7"},
		{"largest float", template.Float64Value(math.MaxFloat64), template.Float64Kind, "float64", "1.7976931348623157e308", "1.7976931348623157e308"},
		{"smallest float", template.Float32Value(math.SmallestNonzeroFloat32), template.Float32Kind, "float32", "1e-45", "1e-45"},
		{"negative zero", template.Float64Value(math.Copysign(0, -1)), template.Float64Kind, "float64", "-0", "-0"},
		{"NaN", template.Float32Value(float32(math.NaN())), template.Float32Kind, "float32", "NaN", "null"},
		{"infinity", template.Float64Value(math.Inf(1)), template.Float64Kind, "float64", "Infinity", "null"},
		{"negative infinity", template.Float32Value(float32(math.Inf(-1))), template.Float32Kind, "float32", "-Infinity", "null"},
		{"text", template.TextValue("6CJ6N"), template.TextKind, "text", "6CJ6N", `"6CJ6N"`},
		{
			"text to escape", template.TextValue("a\"\\\n\x00é\u2028\xff"), template.TextKind, "text",
			"a\"\\\n\x00é\u2028\xff", "\"a\\\"\\\\\\n\\u0000é\u2028\ufffd\"",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.kind, tt.v.Kind())
			require.Equal(t, tt.kindName, tt.v.Kind().String())
			require.Equal(t, tt.text, tt.v.String())
			text, err := tt.v.AppendText([]byte("="))
			require.NoError(t, err)
			require.Equal(t, "="+tt.text, string(text))
			require.Equal(t, "="+tt.json, string(tt.v.AppendJSON([]byte("="))))
			b, err := json.Marshal(map[string]template.Value{"v": tt.v})
			require.NoError(t, err, "the JSON must be valid")
			require.Equal(t, `{"v":`+strings.ReplaceAll(tt.json, "\u2028", `\u2028`)+`}`, string(b))
		})
	}
	require.Equal(t, "unknown", template.ValueKind(99).String())
}

func TestValueAccessors(t *testing.T) {
	t.Parallel()
	type seen struct {
		b                      bool
		i                      int64
		u                      uint64
		f                      float64
		s                      string
		isB, isI, isU, isF, ok bool
	}
	tests := []struct {
		name string
		v    template.Value
		want seen
	}{
		{"zero", template.Value{}, seen{}},
		{"bool", template.BoolValue(true), seen{b: true, isB: true}},
		{"negative int", template.IntValue(-3), seen{i: -3, f: -3, isI: true, isF: true}},
		{"int", template.IntValue(3), seen{i: 3, u: 3, f: 3, isI: true, isU: true, isF: true}},
		{"uint", template.UintValue(3), seen{i: 3, u: 3, f: 3, isI: true, isU: true, isF: true}},
		{"large uint", template.UintValue(1 << 63), seen{u: 1 << 63, f: 1 << 63, isU: true, isF: true}},
		{"float32", template.Float32Value(0.5), seen{f: 0.5, isF: true}},
		{"float64", template.Float64Value(-0.1), seen{f: -0.1, isF: true}},
		{"text", template.TextValue("true"), seen{s: "true", ok: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got seen
			got.b, got.isB = tt.v.Bool()
			got.i, got.isI = tt.v.Int()
			got.u, got.isU = tt.v.Uint()
			got.f, got.isF = tt.v.Float()
			got.s, got.ok = tt.v.Text()
			require.Equal(t, tt.want, got)
		})
	}
}

func TestValueComparison(t *testing.T) {
	t.Parallel()
	require.Equal(t, template.UintValue(1), template.UintValue(1))
	require.NotEqual(t, template.UintValue(1), template.IntValue(1))
	require.NotEqual(t, template.Float32Value(1), template.Float64Value(1))
	nan := template.Float64Value(math.NaN())
	require.True(t, nan == template.Float64Value(math.NaN()))
}
