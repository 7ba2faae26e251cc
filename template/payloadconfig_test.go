package template_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/template"
)

// parseConfig parses a configuration that is valid.
func parseConfig(tb testing.TB, text string) *template.PayloadConfig {
	tb.Helper()
	c, err := template.ParsePayloadConfig(text)
	require.NoError(tb, err)
	return c
}

func TestParsePayloadConfigFields(t *testing.T) {
	t.Parallel()
	const (
		boolean, integer, unsigned = template.FieldBool, template.FieldInt, template.FieldUint
		float, char                = template.FieldFloat, template.FieldChar
	)
	type field = template.Field
	tests := []struct {
		name, config, canonical string
		want                    []field
	}{
		{"empty", "", "", nil},
		{"blanks only", " \t\r\n\u00a0", "", nil},
		{
			"odd blanks", "\u00a0 a::uint:8\t\r\n  b::uint:8 ", "a:0:uint:8 b:1:uint:8",
			[]field{{"a", unsigned, 8, 0, 7, false}, {"b", unsigned, 8, 1, 7, false}},
		},
		{
			"every type", "b::bool:3 i:1:int:1 u::uint:64 f::float:32 d::float:64 c::char:40",
			"b:0:bool:3 i:1:int:1 u:2:uint:64 f:10:float:32 d:14:float:64 c:22:char:40",
			[]field{
				{"b", boolean, 1, 0, 3, false},
				{"i", integer, 1, 1, 7, false},
				{"u", unsigned, 64, 2, 7, false},
				{"f", float, 32, 10, 7, false},
				{"d", float, 64, 14, 7, false},
				{"c", char, 320, 22, 7, false},
			},
		},
		{
			"names", "a-b_c#1::uint:8 #::uint:8 time::uint:8 1::uint:8",
			"a-b_c#1:0:uint:8 #:1:uint:8 time:2:uint:8 1:3:uint:8",
			[]field{
				{"a-b_c#1", unsigned, 8, 0, 7, false},
				{"#", unsigned, 8, 1, 7, false},
				{"time", unsigned, 8, 2, 7, false},
				{"1", unsigned, 8, 3, 7, false},
			},
		},
		{
			"byte order", "a::uint:16:little-endian b::int:16:big-endian c::uint:8:little-endian d::float:32:little-endian",
			"a:0:uint:16:little-endian b:2:int:16 c:4:uint:8:little-endian d:5:float:32:little-endian",
			[]field{{"a", unsigned, 16, 0, 7, true}, {"b", integer, 16, 2, 7, false}, {"c", unsigned, 8, 4, 7, true}, {"d", float, 32, 5, 7, true}},
		},
		{
			"bit offset after one colon, two, and a byte order",
			"a:0:uint:4:3 b:1:uint:4::3 c:2:uint:4:big-endian:3 d:3:uint:16:little-endian:3",
			"a:0:uint:4::3 b:1:uint:4::3 c:2:uint:4::3 d:3:uint:16:little-endian:3",
			[]field{{"a", unsigned, 4, 0, 3, false}, {"b", unsigned, 4, 1, 3, false}, {"c", unsigned, 4, 2, 3, false}, {"d", unsigned, 16, 3, 3, true}},
		},
		{
			"bit offset of a char and a float", "c:0:char:2:3 d:2:char:2::3 f:4:float:32::0",
			"c:0:char:2::3 d:2:char:2::3 f:4:float:32::0",
			[]field{{"c", char, 16, 0, 3, false}, {"d", char, 16, 2, 3, false}, {"f", float, 32, 4, 0, false}},
		},
		{
			"empty parts at the end", "a::uint:8: b::uint:8:: c::uint:16:little-endian: d::bool:1: e::char:1:",
			"a:0:uint:8 b:1:uint:8 c:2:uint:16:little-endian d:4:bool:1 e:4:char:1",
			[]field{
				{"a", unsigned, 8, 0, 7, false},
				{"b", unsigned, 8, 1, 7, false},
				{"c", unsigned, 16, 2, 7, true},
				{"d", boolean, 1, 4, 1, false},
				{"e", char, 8, 4, 7, false},
			},
		},
		{
			"leading zeros", "a:007:uint:08", "a:7:uint:8",
			[]field{{"a", unsigned, 8, 7, 7, false}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := parseConfig(t, tt.config)
			require.Empty(t, cmp.Diff(tt.want, slices.Collect(c.Fields())))
			require.Equal(t, tt.canonical, c.String())
			again := parseConfig(t, c.String())
			require.Empty(t, cmp.Diff(tt.want, slices.Collect(again.Fields())))
		})
	}
}

// TestEmptyByteIndex fixes where a field without index starts: the byte of field
// z, or of y, after the fields before it.
func TestEmptyByteIndex(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, config string
		want         int
	}{
		{"first field", "z::uint:8", 0},
		{"first bool", "z::bool:7", 0},
		{"after whole bytes", "a::uint:16 z::uint:8", 2},
		{"after a partly used byte", "a::uint:4 z::uint:4", 1},
		{"after an index", "a:5:uint:16 z::uint:8", 7},
		{"after an index that goes back", "a:5:uint:16 b:1:uint:8 z::uint:8", 2},
		{"after a char", "a::char:3 z::uint:8", 3},
		{"after a float", "a::float:64 z::uint:8", 8},
		{"after a bit offset with bits left", "a:0:uint:4::7 z::uint:4::3", 0},
		{"after a bit offset that runs over", "a:0:uint:8::3 z::uint:4::3", 1},
		{"after a bit offset with no bit left", "a:8:uint:20::3 z::uint:8", 11},
		{"after a char with a bit offset", "a:0:char:2::3 z::uint:4::3", 2},
		{"bool after whole bytes", "a::uint:16 z::bool:7", 2},
		{"bool after a partly used byte", "a::uint:4 z::bool:7", 1},
		{"bool after a bit offset with bits left", "a:0:uint:4::7 z::bool:3", 0},
		{"bool after a bool", "a::uint:8 b::bool:7 z::bool:6", 1},
		{"bool after a bool with an index", "a::uint:8 b:4:bool:7 z::bool:6", 4},
		{"after a bool", "a::uint:8 b::bool:7 z::uint:8", 1},
		{"after eight bools", "a::bool:7 b::bool:6 c::bool:5 d::bool:4 e::bool:3 f::bool:2 g::bool:1 h::bool:0 z::uint:8", 0},
		{"after a bool with an index", "b:4:bool:7 z::uint:8", 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			z, ok := parseConfig(t, tt.config).Field("z")
			require.True(t, ok)
			require.Equal(t, tt.want, z.Byte)
		})
	}
}

func TestParsePayloadConfigErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, config string
		want         template.ConfigError
	}{
		{"no name", "::uint:8", template.ConfigError{Offset: 0, Msg: "no name"}},
		{"bad name", "a::uint:8 b{c::uint:8", template.ConfigError{Offset: 10, Field: "b{c", Msg: `'{' is not allowed in a name`}},
		{"accent in the name", "é::uint:8", template.ConfigError{Field: "é", Msg: `'é' is not allowed in a name`}},
		{"dot in the name", "a.b::uint:8", template.ConfigError{Field: "a.b", Msg: `'.' is not allowed in a name`}},
		{"invalid UTF-8 in the name", "\xff::uint:8", template.ConfigError{Field: "\xff", Msg: `'�' is not allowed in a name`}},
		{"name twice", "a::uint:8  a::uint:8", template.ConfigError{Offset: 11, Field: "a", Msg: "name is used twice"}},
		{"name only", "abc", template.ConfigError{Field: "abc", Msg: "not name:index:type:size; the index may be empty, and a blank ends the field"}},
		{"no index", "temperature::uint:16 pressure:uint:16", template.ConfigError{Offset: 35, Field: "pressure", Msg: "not name:index:type:size; the index may be empty, and a blank ends the field"}},
		{"no size", "a::uint", template.ConfigError{Offset: 3, Field: "a", Msg: "not name:index:type:size; the index may be empty, and a blank ends the field"}},
		{"index is no number", "a:uint:16:little-endian", template.ConfigError{Offset: 2, Field: "a", Msg: `byte index "uint" is not a number from 0 to 255`}},
		{"negative index", "a:-1:uint:8", template.ConfigError{Offset: 2, Field: "a", Msg: `byte index "-1" is not a number from 0 to 255`}},
		{"large index", "a:256:uint:8", template.ConfigError{Offset: 2, Field: "a", Msg: `byte index "256" is not a number from 0 to 255`}},
		{"end too far", "a:254:uint:32", template.ConfigError{Offset: 2, Field: "a", Msg: "field ends after byte 255"}},
		{"end too far without index", "a::char:255 b::uint:16", template.ConfigError{Offset: 14, Field: "b", Msg: "field ends after byte 255"}},
		{"unknown type", "a::UINT:8", template.ConfigError{Offset: 3, Field: "a", Msg: `type "UINT" is not bool, char, float, int or uint`}},
		{"bool bit", "a::bool:8", template.ConfigError{Offset: 8, Field: "a", Msg: `bit "8" of a bool is not 0 to 7`}},
		{"no bool bit", "a::bool:", template.ConfigError{Offset: 8, Field: "a", Msg: `bit "" of a bool is not 0 to 7`}},
		{"after the bool bit", "a::bool:1:2", template.ConfigError{Offset: 10, Field: "a", Msg: "bool has nothing after its bit"}},
		{"byte order of a bool", "a::bool:1:big-endian", template.ConfigError{Offset: 10, Field: "a", Msg: "byte order of a bool"}},
		{"char of nothing", "a::char:0", template.ConfigError{Offset: 8, Field: "a", Msg: `length "0" of a char is not 1 to 255`}},
		{"byte order of a char", "a::char:2:little-endian", template.ConfigError{Offset: 10, Field: "a", Msg: "byte order of a char"}},
		{"half float", "a::float:16", template.ConfigError{Offset: 9, Field: "a", Msg: `size "16" of a float is not 32 or 64`}},
		{"uint of nothing", "a::uint:0", template.ConfigError{Offset: 8, Field: "a", Msg: `size "0" of an integer is not 1 to 64`}},
		{"int of 65 bits", "a::int:65", template.ConfigError{Offset: 7, Field: "a", Msg: `size "65" of an integer is not 1 to 64`}},
		{"comma between fields", "a::uint:8,b::uint:8", template.ConfigError{Offset: 8, Field: "a", Msg: `size "8,b" of an integer is not 1 to 64`}},
		{"hidden character", "a::uint:8\u200bb::uint:8", template.ConfigError{Offset: 8, Field: "a", Msg: `size "8\u200bb" of an integer is not 1 to 64`}},
		{"empty size", "a::uint::3", template.ConfigError{Offset: 8, Field: "a", Msg: `size "" of an integer is not 1 to 64`}},
		{"signed size", "a::uint:+8", template.ConfigError{Offset: 8, Field: "a", Msg: `size "+8" of an integer is not 1 to 64`}},
		{"little-endian of 12 bits", "a::uint:12:little-endian", template.ConfigError{Offset: 8, Field: "a", Msg: "little-endian is not defined for sizes that are no whole bytes"}},
		{"scaling", "a::uint:16:little-endian:/1000", template.ConfigError{Offset: 25, Field: "a", Msg: `"/1000" is neither a byte order (little-endian, big-endian) nor a bit offset from 0 to 7`}},
		{"bit offset 8", "a::uint:16::8", template.ConfigError{Offset: 12, Field: "a", Msg: `"8" is neither a byte order (little-endian, big-endian) nor a bit offset from 0 to 7`}},
		{"byte order after the bit offset", "a::uint:16:7:little-endian", template.ConfigError{Offset: 13, Field: "a", Msg: "nothing may follow the bit offset"}},
		{"seven parts", "a::uint:16:little-endian:7:1", template.ConfigError{Offset: 27, Field: "a", Msg: "nothing may follow the bit offset"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := template.ParsePayloadConfig(tt.config)
			require.Nil(t, c)
			var got *template.ConfigError
			require.ErrorAs(t, err, &got)
			require.Equal(t, tt.want, *got)
			require.ErrorContains(t, err, tt.want.Msg)
		})
	}
}

func TestPayloadConfigLen(t *testing.T) {
	t.Parallel()
	c := parseConfig(t, "lat:4:float:32 temp:0:uint:12 stat:12:char:1")
	require.Equal(t, 13, c.Len())
	var never []string
	for f := range c.Fields() {
		if !f.Fits() {
			never = append(never, f.Name)
		}
	}
	require.Equal(t, []string{"stat"}, never)
	require.Zero(t, new(template.PayloadConfig).Len())
}

func TestPayloadConfigField(t *testing.T) {
	t.Parallel()
	c := parseConfig(t, "a::uint:8 b::uint:8")
	_, ok := c.Field("A")
	require.False(t, ok, "names are case-sensitive")
	for f := range c.Fields() {
		require.Equal(t, "a:0:uint:8", f.String())
		break // stopping early must be possible
	}
	require.Equal(t, "unknown", template.FieldType(9).String())
}

func FuzzParsePayloadConfig(f *testing.F) {
	for _, line := range readVectors(f, "configs.jsonl") {
		f.Add(line.PayloadConfig, []byte("\x00\x01\x7f\x80\xffABCDEF\n"))
	}
	for _, line := range readVectors(f, "payloads.jsonl") {
		f.Add(line.PayloadConfig, line.bytes(f))
	}
	f.Fuzz(func(t *testing.T, text string, data []byte) {
		c, err := template.ParsePayloadConfig(text)
		if err != nil {
			var bad *template.ConfigError
			require.ErrorAs(t, err, &bad)
			require.LessOrEqual(t, bad.Offset, len(text))
			require.True(t, strings.Contains(text, bad.Field))
			return
		}
		require.Equal(t, slices.Collect(c.Fields()), slices.Collect(parseConfig(t, c.String()).Fields()))
		values := maps.Collect(c.Decode(data))
		if len(data) > 12 || len(values) == 0 {
			return
		}
		p, err := c.Encode(values)
		require.NoError(t, err, "what was decoded can be encoded")
		for name, v := range c.Decode(p.Bytes()) {
			if want, ok := values[name]; ok {
				require.Equal(t, want, v)
			}
		}
	})
}
