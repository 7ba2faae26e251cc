package downlink_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
)

func device(t testing.TB, s string) sigfox.DeviceText {
	t.Helper()
	d, err := sigfox.NewDeviceText(s)
	require.NoError(t, err)
	return d
}

func TestReply(t *testing.T) {
	t.Parallel()
	d, ok := downlink.Reply{}.Data()
	require.False(t, ok)
	require.Zero(t, d)

	d, ok = downlink.Send(setPoint).Data()
	require.True(t, ok)
	require.Equal(t, setPoint, d)
	require.NotEqual(t, downlink.Reply{}, downlink.Send(downlink.Data{}), "eight zeros are data")
}

func TestAppendJSON(t *testing.T) {
	t.Parallel()
	data := downlink.Send(setPoint)
	for _, tt := range []struct {
		name    string
		entries []downlink.Entry
		want    string
	}{
		{"no entry", nil, ""},
		{"no data", []downlink.Entry{{Device: device(t, "1")}, {Device: device(t, "2")}}, ""},
		{"no device", []downlink.Entry{{Reply: data}}, ""},
		{"one", []downlink.Entry{{device(t, "2C30EA"), data}}, `{"2C30EA":{"downlinkData":"0011223344556677"}}`},
		{"id as received", []downlink.Entry{{device(t, "002c30eA"), data}}, `{"002c30eA":{"downlinkData":"0011223344556677"}}`},
		{
			"batch",
			[]downlink.Entry{{Device: device(t, "2C30EA")}, {Reply: data}, {device(t, "0CB3"), data}},
			`{"2C30EA":{"noData":true},"0CB3":{"downlinkData":"0011223344556677"}}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, "before "+tt.want, string(downlink.AppendJSON([]byte("before "), tt.entries...)))
			require.True(t, tt.want == "" || json.Valid([]byte(tt.want)))
		})
	}
}
