package callback_test

import (
	"testing"

	"github.com/bytedance/sonic"
	"github.com/goccy/go-json"
	segment "github.com/segmentio/encoding/json"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

// definition is the template that renders dataAdvanced.
var definition = callback.Definition{
	Channel: callback.ChannelURL, Service: callback.ServiceDataAdvanced, Method: "POST",
	URL: "https://example.com/sigfox", ContentType: "application/json",
	BodyTemplate: `{"device":"{device}","time":{time},"data":"{data}","seqNumber":{seqNumber},` +
		`"lqi":"{lqi}","linkQuality":{linkQuality},"fixedLat":{fixedLat},"fixedLng":{fixedLng},"operatorName":"{operatorName}",` +
		`"countryCode":{countryCode},"computedLocation":{computedLocation}}`,
}

// BenchmarkDefinition reads a body by the definition that it was rendered from; the
// peers decode it into a struct.
func BenchmarkDefinition(b *testing.B) {
	body := []byte(dataAdvanced)
	b.Run("ours-definition", func(b *testing.B) {
		p, err := callback.NewParser[callback.DataAdvanced](&definition)
		require.NoError(b, err)
		list := make([]callback.DataAdvanced, 0, 1)
		in := callback.Input{ContentType: "application/json", Path: "/sigfox", Body: body}
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
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
		{"goccy", json.Unmarshal},
		{"sonic", sonic.Unmarshal},
		{"segmentio", segment.Unmarshal},
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
		})
	}
}
