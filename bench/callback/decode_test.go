// Package callback_test measures the receiving half against the decoders and
// handlers that users would write today.
package callback_test

import (
	"encoding/hex"
	stdjson "encoding/json"
	"testing"

	"github.com/bytedance/sonic"
	"github.com/goccy/go-json"
	segment "github.com/segmentio/encoding/json"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

// dataAdvanced is a captured callback whose template quotes most numbers,
// compacted, with bare numbers, which is what the peers' typed structs can read.
const dataAdvanced = `{"device":"2C30EA","time":1546929254,"data":"d609912345603f0f8004223c","seqNumber":424,` +
	`"lqi":"Good","linkQuality":2,"fixedLat":0.0,"fixedLng":0.0,"operatorName":"SIGFOX_Singapore_Unabiz",` +
	`"countryCode":702,"computedLocation":{"lat":1.2763981,"lng":103.7973329,"radius":2447,"source":2,"status":1}}`

// plain is the struct that users write by hand.
type plain struct {
	Device           string  `json:"device"`
	Time             int64   `json:"time"`
	Data             string  `json:"data"`
	SeqNumber        int     `json:"seqNumber"`
	LQI              string  `json:"lqi"`
	LinkQuality      int     `json:"linkQuality"`
	FixedLat         float64 `json:"fixedLat"`
	FixedLng         float64 `json:"fixedLng"`
	OperatorName     string  `json:"operatorName"`
	CountryCode      int     `json:"countryCode"`
	ComputedLocation struct {
		Lat    float64 `json:"lat"`
		Lng    float64 `json:"lng"`
		Radius int     `json:"radius"`
		Source int     `json:"source"`
		Status int     `json:"status"`
	} `json:"computedLocation"`
}

func BenchmarkDecode(b *testing.B) {
	body := []byte(dataAdvanced)
	b.Run("ours", func(b *testing.B) {
		var p callback.Parser[callback.DataAdvanced]
		list := make([]callback.DataAdvanced, 0, 1)
		in := callback.Input{ContentType: "application/json", Body: body}
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			var err error
			list, err = p.Append(list[:0], in)
			if err != nil {
				b.Fatal(err)
			}
		}
		lat, _, _ := list[0].ComputedLocation.Or(callback.Location{}).Position()
		require.InDelta(b, 1.2763981, lat, 0)
	})
	for _, peer := range []struct {
		name      string
		unmarshal func([]byte, any) error
	}{
		{"goccy", func(data []byte, v any) error { return json.Unmarshal(data, v) }},
		{"sonic", sonic.Unmarshal},
		{"sonic-fastest", sonic.ConfigFastest.Unmarshal},
		{"segmentio", segment.Unmarshal},
		{"encoding-json", stdjson.Unmarshal},
	} {
		b.Run(peer.name, func(b *testing.B) {
			var m plain
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				m = plain{}
				if err := peer.unmarshal(body, &m); err != nil {
					b.Fatal(err)
				}
			}
			require.InDelta(b, 1.2763981, m.ComputedLocation.Lat, 0)
			_, err := hex.DecodeString(m.Data)
			require.NoError(b, err)
		})
	}
}
