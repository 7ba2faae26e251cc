package callback_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

// The numbers are those of the API v2.
func TestService(t *testing.T) {
	t.Parallel()
	const none = -1
	tests := []struct {
		service       callback.Service
		name          string
		typ, subtype  int
		payloadConfig bool
	}{
		{callback.DataUplink, "DATA/UPLINK", 0, 2, true},
		{callback.DataBidir, "DATA/BIDIR", 0, 3, true},
		{callback.ServiceStatus, "SERVICE/STATUS", 1, 0, false},
		{callback.ServiceGeoloc, "SERVICE/GEOLOC", 1, 1, false},
		{callback.ServiceAcknowledge, "SERVICE/ACKNOWLEDGE", 1, 4, false},
		{callback.ServiceRepeater, "SERVICE/REPEATER", 1, 5, false},
		{callback.ServiceDataAdvanced, "SERVICE/DATA_ADVANCED", 1, 6, true},
		{callback.ErrorCallback, "ERROR", 2, none, false},
		{callback.EventCallback, "EVENT", none, none, false},
	}
	all := callback.Services()
	require.Len(t, all, len(tests))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, all, tt.service)
			require.Equal(t, tt.name, tt.service.String())
			require.Equal(t, tt.payloadConfig, tt.service.HasPayloadConfig())

			typ, hasType := tt.service.Type()
			require.Equal(t, tt.typ != none, hasType)
			require.Equal(t, max(tt.typ, 0), typ)
			subtype, hasSubtype := tt.service.Subtype()
			require.Equal(t, tt.subtype != none, hasSubtype)
			require.Equal(t, max(tt.subtype, 0), subtype)
			if hasType {
				s, ok := callback.ServiceOf(typ, subtype)
				require.True(t, ok)
				require.Equal(t, tt.service, s)
			}

			for _, text := range []string{tt.name, "data/uplink", "Service/Data_Advanced"} {
				s, err := callback.ParseService(text)
				require.NoError(t, err)
				if text == tt.name {
					require.Equal(t, tt.service, s)
				}
			}
			data, err := json.Marshal(tt.service)
			require.NoError(t, err)
			require.Equal(t, `"`+tt.name+`"`, string(data))
			var back callback.Service
			require.NoError(t, json.Unmarshal(data, &back))
			require.Equal(t, tt.service, back)
		})
	}
}

func TestService_unknown(t *testing.T) {
	t.Parallel()
	_, err := callback.ParseService("SERVICE/NEW")
	require.ErrorContains(t, err, `"SERVICE/NEW"`)
	for _, pair := range [][2]int{{-1, -1}, {0, 0}, {1, 2}, {1, -1}, {3, 0}} {
		_, ok := callback.ServiceOf(pair[0], pair[1])
		require.False(t, ok, pair)
	}
	// The subtype of ERROR is asked for by the API and not defined.
	s, ok := callback.ServiceOf(2, 99)
	require.True(t, ok)
	require.Equal(t, callback.ErrorCallback, s)

	for _, s := range []callback.Service{0, 200} {
		_, ok := s.Type()
		require.False(t, ok)
		_, ok = s.Subtype()
		require.False(t, ok)
		_, ok = s.Variable("device")
		require.False(t, ok)
		require.False(t, s.HasPayloadConfig())
		require.Empty(t, slices.Collect(s.Variables()))
	}
	require.Equal(t, "Service(200)", callback.Service(200).String())
}
