package downlink_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/downlink"
)

func TestDirect(t *testing.T) {
	t.Parallel()
	values := downlink.DirectValues{Time: 0x5f8e4c21, TapID: 0x586B, RSSI: -111.4}
	for _, tt := range []struct{ template, want string }{
		{"{tapId}0000{rssi}", "0000586b0000ff91"}, // as a device received it
		{"{time}0000{rssi}", "5f8e4c210000ff91"},
		{"{time}{rssi}0000", "5f8e4c21ff910000"},
		{"{time}0400{rssi}", "5f8e4c210400ff91"},
		{"{time}{tapId}", "5f8e4c210000586b"},
		{"{rssi}{rssi}{rssi}{rssi}", "ff91ff91ff91ff91"},
		{"0123456789abCDEF", "0123456789abcdef"},
		{"eeeeeeeeeeeeeeee", "eeeeeeeeeeeeeeee"}, // of the API's documentation
		{"3c06000000000000", "3c06000000000000"}, // minutes and messages of a weather station
	} {
		t.Run(tt.template, func(t *testing.T) {
			t.Parallel()
			d, err := downlink.ParseDirect(tt.template)
			require.NoError(t, err)
			require.Equal(t, tt.template, d.String())
			require.Equal(t, tt.want, d.Render(values).String())
			require.Equal(t, tt.want, d.Render(values).String(), "rendering leaves the template alone")
		})
	}
}

func TestDirectLimits(t *testing.T) {
	t.Parallel()
	d, err := downlink.ParseDirect("{time}0000{rssi}")
	require.NoError(t, err)
	for _, tt := range []struct {
		time int64
		rssi float64
		want string
	}{
		{0, 0, "0000000000000000"},
		{1<<32 + 5, -0.5, "000000050000ffff"},
		{-1, 0.4, "ffffffff00000000"},
		{0, math.NaN(), "0000000000000000"},
		{0, math.Inf(1), "0000000000007fff"},
		{0, -1e300, "0000000000008000"},
	} {
		require.Equal(t, tt.want, d.Render(downlink.DirectValues{Time: tt.time, RSSI: tt.rssi}).String())
	}
}

func TestParseDirectErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, template string
		offset         int
		msg            string
	}{
		{"empty", "", 0, "less than 8 bytes"},
		{"short", "{time}{rssi}", 12, "less than 8 bytes"},
		{"half a byte", "{time}{rssi}000", 15, "less than 8 bytes"},
		{"long", "{time}{rssi}000011", 16, "more than 8 bytes"},
		{"long by a variable", "{time}{tapId}{rssi}", 13, "more than 8 bytes"},
		{"variable does not fit", "{time}00{tapId}", 8, "more than 8 bytes"},
		{"unknown variable", "{time}{snr}0000", 6, "unknown variable; there are {time}, {tapId} and {rssi}"},
		{"case of a variable", "{tapid}0000{rssi}", 0, "unknown variable; there are {time}, {tapId} and {rssi}"},
		{"open", "{time}0000{rssi", 10, "variable without }"},
		{"half a byte before", "0{time}000{rssi}", 1, "variable in the middle of a byte"},
		{"quotes of an example in the API's schema", "'{tapId}0000{rssi}'", 0, "neither a hex digit nor a variable"},
		{"no hex", "{time}00 00{rssi}", 8, "neither a hex digit nor a variable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := downlink.ParseDirect(tt.template)
			require.Nil(t, d)
			requireParseError(t, err, downlink.ParseError{
				Err: downlink.ErrInvalidDirect, Text: tt.template, Offset: tt.offset, Msg: tt.msg,
			})
		})
	}
}

func FuzzParseDirect(f *testing.F) {
	for _, s := range []string{
		"{tapId}0000{rssi}", "{time}0000{rssi}", "{time}{rssi}0000", "{time}0400{rssi}",
		"0123456789abCDEF", "{rssi}{rssi}{rssi}{rssi}", "{time}{snr}", "0{time}", "{", "}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := downlink.ParseDirect(s)
		if err != nil {
			require.ErrorIs(t, err, downlink.ErrInvalidDirect)
			return
		}
		// What it renders is a template of its own that renders to itself.
		data := d.Render(downlink.DirectValues{Time: 1, TapID: 2, RSSI: -3})
		again, err := downlink.ParseDirect(data.String())
		require.NoError(t, err)
		require.Equal(t, data, again.Render(downlink.DirectValues{}))
	})
}
