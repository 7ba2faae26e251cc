package template_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/template"
)

func TestFieldParseValue(t *testing.T) {
	t.Parallel()
	tests := []struct {
		field, text string
		want        template.Value
	}{
		{"f::bool:7", "true", template.BoolValue(true)},
		{"f::bool:7", "False", template.BoolValue(false)},
		{"f::bool:7", `"TRUE"`, template.BoolValue(true)},
		{"f::bool:7", " 1 ", template.BoolValue(true)},
		{"f::bool:7", "0", template.BoolValue(false)},
		{"f::int:8", "-73", template.IntValue(-73)},
		{"f::int:8", `" -73 "`, template.IntValue(-73)},
		{"f::int:8", "-128.0", template.IntValue(-128)},
		{"f::int:64", "-9223372036854775808", template.IntValue(math.MinInt64)},
		{"f::uint:8", "255", template.UintValue(255)},
		{"f::uint:8", "2.8e1", template.UintValue(28)},
		{"f::uint:8", "-0.0", template.UintValue(0)},
		{"f::uint:64", "18446744073709551615", template.UintValue(math.MaxUint64)},
		{"f::uint:64", "9007199254740992.0", template.UintValue(1 << 53)},
		{"f::float:32", "781.41516", template.Float32Value(781.41516)},
		{"f::float:32", "28", template.Float32Value(28)},
		{"f::float:64", `"3.14"`, template.Float64Value(3.14)},
		{"f::float:64", "-1E-07", template.Float64Value(-1e-7)},
		{"f::float:32", "NaN", template.Float32Value(float32(math.NaN()))},
		{"f::float:64", "Infinity", template.Float64Value(math.Inf(1))},
		{"f::float:64", "-Infinity", template.Float64Value(math.Inf(-1))},
		{"f::char:3", ` "a" `, template.TextValue(` "a" `)},
		{"f::char:3", "", template.TextValue("")},
		{"f::char:3", "longer", template.TextValue("longer")},
	}
	for _, tt := range tests {
		t.Run(tt.field+"="+tt.text, func(t *testing.T) {
			t.Parallel()
			f, _ := parseConfig(t, tt.field).Field("f")
			got, err := f.ParseValue([]byte(tt.text))
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestFieldParseValueErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ field, text string }{
		{"f::bool:7", "yes"},
		{"f::bool:7", ""},
		{"f::int:8", "128"},
		{"f::int:8", "-129"},
		{"f::int:8", "128.0"},
		{"f::int:8", "1.5"},
		{"f::int:64", "9223372036854775808"},
		{"f::int:64", "9007199254740994.0"}, // above 2^53 a fraction may have been lost
		{"f::uint:8", "256"},
		{"f::uint:8", "256.0"},
		{"f::uint:8", "-1"},
		{"f::uint:8", "-1.0"},
		{"f::uint:8", "0x10"},
		{"f::uint:8", ""},
		{"f::uint:8", `"`},
		{"f::uint:8", "{customData#f}"},
		{"f::float:32", "1e39"},
		{"f::float:32", "0x1p4"},
		{"f::float:32", "inf"},
		{"f::float:64", "null"},
	}
	for _, tt := range tests {
		t.Run(tt.field+"="+tt.text, func(t *testing.T) {
			t.Parallel()
			f, _ := parseConfig(t, tt.field).Field("f")
			got, err := f.ParseValue([]byte(tt.text))
			require.Zero(t, got)
			var bad *template.ValueError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, "f", bad.Field)
			require.Equal(t, template.TextValue(tt.text), bad.Value)
		})
	}
	f, _ := parseConfig(t, "temp::uint:8").Field("temp")
	_, err := f.ParseValue([]byte("x"))
	require.EqualError(t, err, `template: payload field "temp": "x": not the text of a uint:8`)
}

func FuzzFieldParseValue(f *testing.F) {
	for _, text := range []string{"true", "-73", "781.41516", `"28.0"`, "1e3", "NaN", "{customData#x}", "N/A", "\x00"} {
		f.Add(uint8(0), []byte(text), []byte("\x41\xbc\x00\x00\x00\x00\x00\x01"))
	}
	f.Fuzz(func(t *testing.T, pick uint8, text, data []byte) {
		types := []string{"f::bool:0", "f::int:1", "f::int:12", "f::int:64", "f::uint:1", "f::uint:64", "f::float:32", "f::float:64", "f::char:5"}
		c := parseConfig(t, types[int(pick)%len(types)])
		field, _ := c.Field("f")
		if v, err := field.ParseValue(text); err == nil {
			again, err := field.ParseValue([]byte(v.String()))
			require.NoError(t, err)
			require.Equal(t, v, again)
		}
		for _, v := range c.Decode(data) { // what is printed is read back
			again, err := field.ParseValue([]byte(v.String()))
			require.NoError(t, err)
			require.Equal(t, v.String(), again.String())
		}
	})
}
