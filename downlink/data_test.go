package downlink_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/downlink"
)

var setPoint = downlink.Data{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77}

func TestParseData(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"00deadbeefcafe7f", "00DEADBEEFCAFE7F", "00dEaDbEeFcAfE7F"} {
		d, err := downlink.ParseData(text)
		require.NoError(t, err)
		require.Equal(t, downlink.Data{0x00, 0xde, 0xad, 0xbe, 0xef, 0xca, 0xfe, 0x7f}, d)
		require.Equal(t, "00deadbeefcafe7f", d.String())
	}
}

func TestParseDataErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		offset     int
		msg        string
	}{
		{"empty", "", 0, "less than 8 bytes"},
		{"half a byte missing", "001122334455667", 15, "less than 8 bytes"},
		{"a byte missing", "00112233445566", 14, "less than 8 bytes"},
		{"a byte too many", "001122334455667788", 16, "more than 8 bytes"},
		{"half a byte too many", "00112233445566778", 16, "more than 8 bytes"},
		{"no hex", "0011223344x56677", 10, "not a hex digit"},
		{"placeholder", "<refresh seconds>", 0, "not a hex digit"},
		{"blank", " 011223344556677", 0, "not a hex digit"},
		{"other script", "００11223344556677", 0, "not a hex digit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := downlink.ParseData(tt.text)
			require.Zero(t, d)
			requireParseError(t, err, downlink.ParseError{
				Err: downlink.ErrInvalidData, Text: tt.text, Offset: tt.offset, Msg: tt.msg,
			})
		})
	}
}

func requireParseError(t *testing.T, err error, want downlink.ParseError) {
	t.Helper()
	require.Equal(t, &want, err)
	require.ErrorIs(t, err, want.Err)
	require.ErrorContains(t, err, want.Msg)
}

func TestParseErrorCutsText(t *testing.T) {
	t.Parallel()
	_, err := downlink.ParseData(string(make([]byte, 1<<20)))
	var p *downlink.ParseError
	require.ErrorAs(t, err, &p)
	require.Len(t, p.Text, 64)
}

func TestDataJSON(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(setPoint)
	require.NoError(t, err)
	require.Equal(t, `"0011223344556677"`, string(b))

	var d downlink.Data
	require.NoError(t, json.Unmarshal(b, &d))
	require.Equal(t, setPoint, d)
	require.ErrorIs(t, json.Unmarshal([]byte(`"00"`), &d), downlink.ErrInvalidData)
	require.Equal(t, setPoint, d, "a failed read leaves the value alone")
}
