package callback_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

func TestVariables(t *testing.T) {
	t.Parallel()
	for _, s := range callback.Services() {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			var offered []string
			for v := range s.Variables() {
				require.NotContains(t, offered, v.Name)
				offered = append(offered, v.Name)
				found, ok := s.Variable(v.Name)
				require.True(t, ok, v.Name)
				require.Equal(t, v, found)
				require.Equal(t, v.Availability == callback.Withdrawn, v.Legacy())
				require.NotEmpty(t, v.Type.String())
			}
			if s == callback.EventCallback {
				require.Len(t, offered, 29, "package event holds them to its fields")
				return
			}
			require.Equal(t, s, kinds[s].service)
			require.ElementsMatch(t, kinds[s].bound, offered, "each field is a variable, each variable has a field")
			_, ok := s.Variable("devices")
			require.False(t, ok)
		})
	}
}

func TestService_Variable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		service callback.Service
		name    string
		want    callback.Variable
	}{
		{callback.DataUplink, "data", callback.Variable{Name: "data", Type: callback.TypeHex, Availability: callback.Always}},
		{callback.DataUplink, "seqNumber", callback.Variable{Name: "seqNumber", Type: callback.TypeInteger, Availability: callback.IfAvailable}},
		{callback.DataUplink, "rssi", callback.Variable{Name: "rssi", Type: callback.TypeFloat, Unit: "dBm", Availability: callback.NetworkMetadata}},
		{callback.DataUplink, "lat", callback.Variable{Name: "lat", Type: callback.TypeFloat, Unit: "degrees", Availability: callback.Withdrawn}},
		{callback.DataUplink, "signal", callback.Variable{Name: "signal", Type: callback.TypeFloat, Unit: "dB", Availability: callback.Withdrawn}},
		{callback.DataBidir, "ack", callback.Variable{Name: "ack", Type: callback.TypeBool, Availability: callback.Always}},
		{callback.ServiceStatus, "rssi", callback.Variable{Name: "rssi", Type: callback.TypeFloat, Unit: "dBm", Availability: callback.Withdrawn}},
		{callback.ServiceGeoloc, "lat", callback.Variable{Name: "lat", Type: callback.TypeFloat, Unit: "degrees", Availability: callback.IfAvailable}},
		{callback.ServiceRepeater, "overRegulmsg", callback.Variable{
			Name: "overRegulmsg", Type: callback.TypeInteger, Unit: "bucket code", Availability: callback.Withdrawn,
		}},
		{callback.ServiceDataAdvanced, "computedLocation", callback.Variable{
			Name: "computedLocation", Type: callback.TypeJSON, Availability: callback.AtlasService,
		}},
		{callback.EventCallback, "contractIds", callback.Variable{Name: "contractIds", Type: callback.TypeJSON, Availability: callback.IfAvailable}},
		{callback.EventCallback, "expectedSubcriptionDurationEndTime", callback.Variable{
			Name: "expectedSubcriptionDurationEndTime", Type: callback.TypeInteger, Unit: "Unix seconds", Availability: callback.IfAvailable,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.service.String()+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := tt.service.Variable(tt.name)
			require.True(t, ok)
			require.Equal(t, tt.want, got)
		})
	}
	for service, names := range map[callback.Service][]string{
		callback.DataUplink:    {"ack", "lqi", "batt", "", "Device", "overRegulmsg", "customData#x"},
		callback.ErrorCallback: {"data", "signal"},
		callback.EventCallback: {"device", "DeviceInfo", "", "customData#x"},
	} {
		for _, name := range names {
			_, ok := service.Variable(name)
			require.False(t, ok, "%s offers no %q", service, name)
		}
	}
}
