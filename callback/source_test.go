package callback_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
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
	for _, tt := range []struct{ name, want string }{
		{"device", "2C30EA"},
		{"time", "1546929254"},
		{"data", "07ff"},
		{"seqNumber", "424"},
		{"lqi", "Good"},
		{"fixedLat", "0"},
		{"fixedLng", ""},
		{"operatorName", `a "b"`},
		{"deviceTypeId", ""},
		{"duplicates", `[{"bsId":"27B9","rssi":-138.5}]`},
		{"computedLocation", `{"status":0}`},
		{"customData#t", "7"},
		{"customData#given", "x"},
		{"customData#n", "5"},
		{"customData#s", "\xff"},
		{"customData#f", ""},
		{"rssi", ""},
		{"nothing", ""},
	} {
		got, ok := src.AppendVar([]byte("-"), tt.name)
		require.Equal(t, "-"+tt.want, string(got), tt.name)
		require.Equal(t, tt.want != "", ok, tt.name)
	}

	got, ok := callback.SourceOf(&callback.Uplink{}, nil).AppendVar(nil, "data")
	require.True(t, ok, "a message may be empty")
	require.Empty(t, got)
	_, ok = callback.SourceOf(&callback.Uplink{Reception: callback.Reception{RSSI: sigfox.Some(math.NaN())}}, nil).AppendVar(nil, "rssi")
	require.False(t, ok, "NaN is no value")
	old := callback.Uplink{}
	require.NoError(t, json.Unmarshal([]byte(`{"device":"1","snr":1.5,"avgSnr":2,"duplicate":true}`), &old))
	for name, want := range map[string]string{"signal": "1.5", "avgSignal": "2", "duplicate": "true"} {
		got, ok := callback.SourceOf(&old, nil).AppendVar(nil, name)
		require.True(t, ok)
		require.Equal(t, want, string(got))
	}
}

// WithSource has the values of one message only, also after it was used for another.
func TestWithSource(t *testing.T) {
	t.Parallel()
	read := func(m callback.Uplink) string {
		var text strings.Builder
		failed := errors.New("as do says")
		err := callback.WithSource(&m, nil, func(src template.ValueSource) error {
			for _, name := range []string{"device", "deviceTypeName", "seqNumber", "customData#a"} {
				value, ok := src.AppendVar(nil, name)
				fmt.Fprintf(&text, "%s=%s,%v ", name, value, ok)
			}
			return failed
		})
		require.ErrorIs(t, err, failed)
		return text.String()
	}
	for range 10 {
		require.Equal(t, "device=2,true deviceTypeName=x,true seqNumber=7,true customData#a=,false ", read(callback.Uplink{
			Device: 2, DeviceTypeName: "x", SeqNumber: sigfox.Some(sigfox.SeqNumber(7)),
		}))
		require.Equal(t, "device=3,true deviceTypeName=,false seqNumber=,false customData#a=,false ", read(callback.Uplink{Device: 3}))
	}
}
