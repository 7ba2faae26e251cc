package callback_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/template"
)

func TestSourceOf(t *testing.T) {
	t.Parallel()
	var m callback.DataAdvanced
	require.NoError(t, json.Unmarshal([]byte(`{"device":"002c30ea","time":1546929254,"data":"07ff","seqNumber":424,"lqi":"Good","fixedLat":0,`+
		`"operatorName":"a \"b\"","duplicates":[{"bsId":"27B9","rssi":-138.5}],"computedLocation":{"status":0},"customData":{"given":"x","n":5}}`), &m))
	c, err := (&callback.Definition{Service: callback.ServiceDataAdvanced, PayloadConfig: "t::uint:8 given::uint:8 s:1:char:1 f:0:float:32"}).Compile()
	require.NoError(t, err)
	src := callback.SourceOf(&m, c)
	for _, tt := range []struct {
		name, want string
		class      template.Class
	}{
		{"device", "2C30EA", template.ClassWord},
		{"time", "1546929254", template.ClassNumber},
		{"data", "07ff", template.ClassWord},
		{"seqNumber", "424", template.ClassNumber},
		{"lqi", "Good", template.ClassText},
		{"fixedLat", "0", template.ClassNumber},
		{"fixedLng", "", template.ClassMissing},
		{"operatorName", `a "b"`, template.ClassText},
		{"deviceTypeId", "", template.ClassMissing},
		{"duplicates", `[{"bsId":"27B9","rssi":-138.5}]`, template.ClassText},
		{"computedLocation", `{"status":0}`, template.ClassText},
		{"customData#t", "7", template.ClassNumber},
		{"customData#given", "x", template.ClassText},
		{"customData#n", "5", template.ClassNumber},
		{"customData#s", "\xff", template.ClassText},
		{"customData#f", "", template.ClassMissing},
		{"rssi", "", template.ClassMissing},
		{"nothing", "", template.ClassMissing},
	} {
		got, class := src.AppendTyped([]byte("-"), tt.name)
		require.Equal(t, "-"+tt.want, string(got), tt.name)
		require.Equal(t, tt.class, class, tt.name)
		_, ok := src.AppendVar(nil, tt.name)
		require.Equal(t, tt.class != template.ClassMissing, ok, tt.name)
	}

	got, class := callback.SourceOf(&callback.Uplink{}, nil).AppendTyped(nil, "data")
	require.Equal(t, template.ClassText, class, "a message may be empty")
	require.Empty(t, got)
	old := callback.Uplink{}
	require.NoError(t, json.Unmarshal([]byte(`{"device":"1","snr":1.5,"avgSnr":2,"duplicate":true}`), &old))
	for name, want := range map[string]string{"signal": "1.5", "avgSignal": "2", "duplicate": "true"} {
		got, ok := callback.SourceOf(&old, nil).AppendVar(nil, name)
		require.True(t, ok)
		require.Equal(t, want, string(got))
	}
}
