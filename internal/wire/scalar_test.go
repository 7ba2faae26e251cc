package wire_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox/internal/wire"
)

func TestAbsent(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "null", "N/A", "{rssi}", "{customData#x-1}", "{a.b}"} {
		require.True(t, wire.Absent([]byte(text)), "%q", text)
	}
	for _, text := range []string{"0", "nul", "NULL", "n/a", "N/a", "{}", "{", "{a", "{a b}", "{a}x", "[]", `{"a":1}`} {
		require.False(t, wire.Absent([]byte(text)), "%q", text)
	}
	require.True(t, (&wire.Member{Kind: wire.Bare, Text: []byte("null")}).Absent())
	require.False(t, (&wire.Member{Kind: wire.Composite}).Absent(), "an object that was not read yet")
}

func TestParseBool(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"true": true, "True": true, "TRUE": true, "1": true, "false": false, "False": false, "FALSE": false, "0": false,
	} {
		got, err := wire.ParseBool([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "2", "yes", "tru", "trux", "falsy", "nulll", "truee"} {
		_, err := wire.ParseBool([]byte(text))
		require.ErrorIs(t, err, wire.ErrBool, text)
	}
}

func TestScanBool(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		v   bool
		end int
	}{
		`true,`: {true, 4}, `false}`: {false, 5}, `true`: {true, 4}, `trues`: {true, 4},
		``: {}, `"true"`: {}, `tru`: {}, `fals,`: {}, `True`: {}, `1,`: {}, `null,`: {},
	} {
		v, end := wire.ScanBool([]byte(text), 0)
		require.Equal(t, want.end, end, text)
		require.Equal(t, want.v, v, text)
	}
}

func TestParseFloat(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{
		"0": 0, "-1": -1, "-120.50": -120.5, "1.": 1, ".5": .5, "-.5": -.5, "+2": 2, "007.5": 7.5,
		"1e3": 1000, "-1.5E-2": -.015, "1.5725097e-17": 1.5725097e-17,
		"52.003292529645705": 52.003292529645705, "-103.79733290000001": -103.79733290000001,
		"0.000000000000000000001": 1e-21, "123456789012345678901234567890": 123456789012345678901234567890,
		"9007199254740993": 9007199254740993, "9007199254740993.0": 9007199254740993,
	} {
		got, err := wire.ParseFloat([]byte(text))
		require.NoError(t, err, text)
		require.InDelta(t, want, got, 0, text)
	}
	negativeZero, err := wire.ParseFloat([]byte("-0.0"))
	require.NoError(t, err)
	require.True(t, math.Signbit(negativeZero))

	for _, text := range []string{"", "-", ".", "1 ", " 1", `"1"`, "0x1", "1_0", "Inf", "NaN", "1e", "--1", "1.2.3", "abc"} {
		_, err := wire.ParseFloat([]byte(text))
		require.ErrorIs(t, err, wire.ErrNumber, text)
	}
	_, err = wire.ParseFloat([]byte("1e400"))
	require.ErrorIs(t, err, wire.ErrRange)
}

func TestParseInt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "-0": 0, "42": 42, "-42": -42, "+42": 42, "42.0": 42, "-4.2e1": -42, "0042": 42,
		"999999999999999999": 999999999999999999, "1546929254": 1546929254,
	} {
		got, err := wire.ParseInt([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for text, want := range map[string]error{
		"": wire.ErrInteger, "-": wire.ErrInteger, "4.2": wire.ErrInteger, "x": wire.ErrInteger, "<now>": wire.ErrInteger,
		`"1"`: wire.ErrInteger, "1234567890123456789": wire.ErrRange, "1e30": wire.ErrRange, "1e400": wire.ErrRange,
	} {
		_, err := wire.ParseInt([]byte(text))
		require.ErrorIs(t, err, want, text)
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	want := time.Date(2019, 1, 8, 6, 34, 14, 0, time.UTC)
	for _, text := range []string{"1546929254", "1546929254.0", "1546929254000", "1546929254999", "1546929254.75", "1546929254000.75", "1.54692925475e9"} {
		got, err := wire.ParseTime([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"-1", "99999999999999999", "1e300"} {
		_, err := wire.ParseTime([]byte(text))
		require.ErrorIs(t, err, wire.ErrRange, text)
	}
	for _, text := range []string{"2019-01-08", "-0.5", ""} {
		_, err := wire.ParseTime([]byte(text))
		require.ErrorIs(t, err, wire.ErrInteger, text)
	}
}

func TestScanNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]wire.Number{
		`12,`:                 {Mantissa: 12, Digits: 2},
		`12`:                  {Mantissa: 12, Digits: 2},
		`12}`:                 {Mantissa: 12, Digits: 2},
		"12\n":                {Mantissa: 12, Digits: 2},
		`-12.50,`:             {Mantissa: -1250, Decimals: 2, Digits: 4},
		`0123"`:               {Mantissa: 123, Digits: 4},
		`0.0,`:                {Decimals: 1, Digits: 2},
		`999999999999999999,`: {Mantissa: 999999999999999999, Digits: 18},
	} {
		n, end := wire.ScanNumber([]byte(text), 0)
		require.Equal(t, want, n, text)
		require.Positive(t, end, text)
	}
	for _, text := range []string{
		``, `-`, `x`, `.`, `-0,`, `-0.0"`, `1e5,`, `12x`, `"12"`, `1.2.3,`, `+1,`, `1234567890123456789,`, `null,`, `{`,
	} {
		_, end := wire.ScanNumber([]byte(text), 0)
		require.Zero(t, end, text)
	}
	_, end := wire.ScanNumber([]byte(`{"a":"12"}`), 5)
	require.Zero(t, end)
	_, end = wire.ScanNumber([]byte(`{"a":"12"}`), 6)
	require.Equal(t, 8, end)
}

func TestEightDigits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Uint64Range(0, 99999999).Draw(t, "number")
		digits := binary.LittleEndian.Uint64(fmt.Appendf(nil, "%08d", want)) - 0x3030303030303030
		require.Equal(t, want, wire.EightDigits(digits))
	})
}

// Each byte of a word is told to be a digit or not, whatever stands beside it.
func TestHexValues(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for i := range 8 {
			for _, digits := range []string{"00000000", "ffffffff", "9A9a9A9a"} {
				text := []byte(digits)
				text[i] = byte(c)
				values, wrong := wire.HexValues(binary.LittleEndian.Uint64(text))
				want, err := strconv.ParseUint(string(text), 16, 32)
				require.Equal(t, err != nil, wrong != 0, "%q", text)
				require.Zero(t, wrong&^(0xff<<(8*i)), "%q", text)
				if err == nil {
					require.Equal(t, uint32(want), bits.ReverseBytes32(wire.HexBytes(values)), "%q", text)
				}
			}
		}
	}
}

func TestScanHex(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint64{
		`0",`: 0, `2C30EA"`: 0x2c30ea, `2c30ea"}`: 0x2c30ea, `00000000FFFFFFFF"`: math.MaxUint32, `ffffffffffffffff"`: math.MaxUint64,
	} {
		v, end := wire.ScanHex([]byte(text), 0)
		require.Equal(t, want, v, text)
		require.Equal(t, strings.LastIndexByte(text, '"'), end, text)
	}
	for _, text := range []string{``, `"`, `"1"`, `G`, `-1"`, `00000000000000001"`, `\u0031"`} {
		_, end := wire.ScanHex([]byte(text), 0)
		require.Zero(t, end, text)
	}
	_, end := wire.ScanHex([]byte(`1`), 5)
	require.Zero(t, end)
}

// Floats of any number of digits are those of strconv.
func TestNumber_Float(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		digits := 1 + random.IntN(18)
		mantissa := random.Int64N(int64(math.Pow10(digits)))
		text := strconv.FormatInt(mantissa, 10)
		if point := random.IntN(len(text) + 1); point < len(text) {
			text = text[:point] + "." + text[point:]
		}
		if random.IntN(2) == 0 && mantissa > 0 {
			text = "-" + text
		}
		n, end := wire.ScanNumber([]byte(text), 0)
		require.Equal(t, len(text), end, text)
		want, err := strconv.ParseFloat(text, 64)
		require.NoError(t, err)
		if n.Float() != want {
			t.Fatalf("%s: got %v, want %v", text, n.Float(), want)
		}
	}
}

func TestScanText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{`"x",`: "x", `""`: "", `"0123456789abcdef"`: "0123456789abcdef", `"é"`: "é"} {
		got, ok := wire.ScanText([]byte(text), 0)
		require.True(t, ok, text)
		require.Equal(t, want, string(got), text)
	}
	for _, text := range []string{``, `x`, `"x`, `"`, `"a\n"`, "\"a\n\"", "\"0123456789\x00\""} {
		_, ok := wire.ScanText([]byte(text), 0)
		require.False(t, ok, text)
	}
}

func TestAppendString(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "abc", "\"\\/\b\f\n\r\t\x00\x1f\x7f", "é😀", "a\xffb", "<&>"} {
		got := wire.AppendString([]byte("x"), text)
		require.Equal(t, got, wire.AppendString([]byte("x"), []byte(text)))
		var back string
		require.NoError(t, json.Unmarshal(got[1:], &back), "%q", got)
		var want string
		encoded, err := json.Marshal(text)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(encoded, &want))
		require.Equal(t, want, back)
	}
	require.Equal(t, `"\u0001"`, string(wire.AppendString(nil, "\x01")))
}
