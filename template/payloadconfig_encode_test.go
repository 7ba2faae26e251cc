package template_test

import (
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox/template"
)

type valueMap = map[string]template.Value

func TestEncode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, config string
		values       valueMap
		want         string
	}{
		{"empty", "", nil, ""},
		{"no values", "a::uint:8 b::uint:12", nil, "000000"},
		{"missing value", "a::uint:8 b::uint:8", valueMap{"b": template.UintValue(2)}, "0002"},
		{"gap", "a:2:uint:8", valueMap{"a": template.UintValue(1)}, "000001"},
		{"nibbles", "a:0:uint:4 b:0:int:4::3", valueMap{"a": template.UintValue(10), "b": template.IntValue(-8)}, "a8"},
		{"bools", "a::bool:7 b::bool:0", valueMap{"a": template.BoolValue(true), "b": template.BoolValue(true)}, "81"},
		{"little-endian", "a::uint:24:little-endian", valueMap{"a": template.UintValue(0x123456)}, "563412"},
		{"int for a uint", "a::uint:8", valueMap{"a": template.IntValue(255)}, "ff"},
		{"uint for an int", "a::int:8", valueMap{"a": template.UintValue(127)}, "7f"},
		{"lowest int", "a::int:64", valueMap{"a": template.IntValue(math.MinInt64)}, "8000000000000000"},
		{"highest uint", "a::uint:64", valueMap{"a": template.UintValue(math.MaxUint64)}, "ffffffffffffffff"},
		{"float32 for a float:64", "a::float:64", valueMap{"a": template.Float32Value(0.5)}, "3fe0000000000000"},
		{"float64 is rounded", "a::float:32", valueMap{"a": template.Float64Value(0.1)}, "3dcccccd"},
		{"integer for a float", "a::float:32", valueMap{"a": template.IntValue(-1)}, "bf800000"},
		{"infinity", "a::float:32", valueMap{"a": template.Float64Value(math.Inf(-1))}, "ff800000"},
		{"text", "a::char:3", valueMap{"a": template.TextValue("abc")}, "616263"},
		{"short text", "a::char:3", valueMap{"a": template.TextValue("a")}, "610000"},
		{"text with a bit offset", "a:0:char:2::3", valueMap{"a": template.TextValue("AB")}, "041420"},
		{
			"overlap with equal bits", "b1::bool:7 b0::bool:0 sum::uint:8",
			valueMap{"b1": template.BoolValue(true), "b0": template.BoolValue(false), "sum": template.UintValue(0xc0)},
			"c0",
		},
		{
			"overlap with a missing value", "b1::bool:7 sum::uint:8",
			valueMap{"sum": template.UintValue(0xc0)},
			"c0",
		},
		{"field that never fits", "a::uint:8 b::char:40", valueMap{"a": template.UintValue(1)}, "01"},
		{"bits that no message has", "a:10:int:16::0", valueMap{"a": template.IntValue(-129)}, "00000000000000000000017f"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := parseConfig(t, tt.config).Encode(tt.values)
			require.NoError(t, err)
			require.Equal(t, tt.want, p.String())
		})
	}
}

func TestEncodeErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, config string
		values       valueMap
		field, msg   string
	}{
		{"unknown name", "a::uint:8", valueMap{"a": template.UintValue(1), "c": {}, "b": {}}, "b", "no such field"},
		{"no value", "a::uint:8", valueMap{"a": {}}, "a", "not an unsigned integer of 8 bits"},
		{"uint too large", "a::uint:7", valueMap{"a": template.UintValue(128)}, "a", "not an unsigned integer of 7 bits"},
		{"negative uint", "a::uint:8", valueMap{"a": template.IntValue(-1)}, "a", "not an unsigned integer of 8 bits"},
		{"int too large", "a::int:8", valueMap{"a": template.IntValue(128)}, "a", "not an integer of 8 bits"},
		{"int too small", "a::int:8", valueMap{"a": template.IntValue(-129)}, "a", "not an integer of 8 bits"},
		{"float for an int", "a::int:8", valueMap{"a": template.Float64Value(1)}, "a", "not an integer of 8 bits"},
		{"number for a bool", "a::bool:0", valueMap{"a": template.UintValue(1)}, "a", "not a bool"},
		{"text for a float", "a::float:32", valueMap{"a": template.TextValue("1")}, "a", "not a number"},
		{"float32 overflow", "a::float:32", valueMap{"a": template.Float64Value(1e39)}, "a", "too large for a float of 32 bits"},
		{"text too long", "a::char:2", valueMap{"a": template.TextValue("abc")}, "a", "not a text of at most 2 bytes"},
		{"number for a char", "a::char:2", valueMap{"a": template.UintValue(1)}, "a", "not a text of at most 2 bytes"},
		{"bits that no message has", "a:10:int:16::0", valueMap{"a": template.IntValue(256)}, "a", "not an integer of 9 bits"},
		{"field that never fits", "a::char:40", valueMap{"a": template.TextValue("a")}, "a", "field ends after byte 11, the last of a message"},
		{
			"conflict", "x:0:uint:4 a:1:uint:8 z:1:uint:8 b:0:uint:16",
			valueMap{"x": template.UintValue(0), "a": template.UintValue(2), "b": template.UintValue(1)},
			"b", `conflicts with the value of field "a"`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := parseConfig(t, tt.config).Encode(tt.values)
			require.Zero(t, p)
			var bad *template.ValueError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, template.ValueError{Field: tt.field, Value: tt.values[tt.field], Msg: tt.msg}, *bad)
			require.ErrorContains(t, err, tt.msg)
		})
	}
}

// fieldGen draws a field of any type that may or may not have an index and a bit
// offset.
func fieldGen(name string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		index := rapid.SampledFrom([]string{"", "", "0", "1", "3", "8", "11"}).Draw(t, "index")
		typ := rapid.SampledFrom([]string{"bool", "int", "uint", "float", "char"}).Draw(t, "type")
		bit := rapid.IntRange(0, 7).Draw(t, "bit")
		size := rapid.IntRange(1, 64).Draw(t, "size")
		order := rapid.SampledFrom([]string{"", ":little-endian", ":big-endian"}).Draw(t, "order")
		switch typ {
		case "bool":
			return fmt.Sprintf("%s:%s:bool:%d", name, index, bit)
		case "char":
			size, order = 1+size%5, ""
		case "float":
			size = 32 << (size % 2)
		}
		if order == ":little-endian" {
			size = (size + 7) / 8 * 8
		}
		offset := rapid.SampledFrom([]string{"", "", fmt.Sprintf(":%d", bit), fmt.Sprintf("::%d", bit)}).Draw(t, "offset")
		if order != "" && len(offset) == 3 {
			offset = offset[1:]
		}
		return fmt.Sprintf("%s:%s:%s:%d%s%s", name, index, typ, size, order, offset)
	})
}

// TestEncodeInvertsDecode checks with random layouts and messages that the
// decoded values give the same message again, but for the bits without field.
func TestEncodeInvertsDecode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fields := make([]string, rapid.IntRange(1, 6).Draw(t, "fields"))
		for i := range fields {
			fields[i] = fieldGen(fmt.Sprint("f", i)).Draw(t, "field")
		}
		c, err := template.ParsePayloadConfig(strings.Join(fields, " "))
		require.NoError(t, err)
		data := rapid.SliceOfN(rapid.Byte(), 12, 12).Draw(t, "data")
		values, ones := maps.Collect(c.Decode(data)), make([]byte, 12)
		for name := range values {
			f, _ := c.Field(name)
			for bit := 8*f.Byte + 7 - f.Bit; bit < min(8*f.Byte+7-f.Bit+f.Bits, 96); bit++ {
				ones[bit/8] |= 0x80 >> (bit % 8)
			}
		}
		p, err := c.Encode(values)
		require.NoError(t, err)
		require.LessOrEqual(t, p.Len(), c.Len())
		for i := range p.Len() {
			require.Equal(t, data[i]&ones[i], p.At(i), "byte %d of %v", i, p)
		}
		require.Equal(t, values, maps.Collect(c.Decode(p.Bytes())))
	})
}
