package callback_test

import (
	"testing"
	"time"

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

// reader is one way to read the body that was rendered from the definition.
type reader struct {
	name string
	read func() error
}

// definitionReaders returns ours, which follows the definition, and the peers, which
// decode into a struct.
func definitionReaders(tb testing.TB) []reader {
	tb.Helper()
	body := []byte(dataAdvanced)
	p, err := callback.NewParser[callback.DataAdvanced](&definition)
	require.NoError(tb, err)
	list := make([]callback.DataAdvanced, 0, 1)
	in := callback.Input{ContentType: "application/json", Path: "/sigfox", Body: body}
	var m plain
	readers := []reader{{"ours-definition", func() (err error) {
		list, err = p.Append(list[:0], in)
		return err
	}}}
	for _, peer := range []struct {
		name      string
		unmarshal func([]byte, any) error
	}{
		{"goccy", json.Unmarshal},
		{"sonic", sonic.Unmarshal},
		{"segmentio", segment.Unmarshal},
	} {
		readers = append(readers, reader{peer.name, func() error {
			m = plain{}
			return peer.unmarshal(body, &m)
		}})
	}
	for _, r := range readers {
		m = plain{}
		require.NoError(tb, r.read(), r.name)
		lat := m.ComputedLocation.Lat
		if r.name == "ours-definition" {
			lat, _, _ = list[0].ComputedLocation.Or(callback.Location{}).Position()
		}
		require.InDelta(tb, 1.2763981, lat, 0, r.name)
	}
	return readers
}

// BenchmarkDefinition reads a body by the definition that it was rendered from.
func BenchmarkDefinition(b *testing.B) {
	for _, r := range definitionReaders(b) {
		b.Run(r.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(dataAdvanced)))
			for b.Loop() {
				if err := r.read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDefinitionRatio lets the readers take turns of a few microseconds, and reports
// the fastest turn of each: for a machine that is not quiet. The collection of the peers'
// garbage is left out with the slower turns.
func BenchmarkDefinitionRatio(b *testing.B) {
	const turns, calls = 2000, 50
	readers := definitionReaders(b)
	best := make([]time.Duration, len(readers))
	for b.Loop() {
		for turn := range turns {
			for i, r := range readers {
				start := time.Now()
				for range calls {
					_ = r.read()
				}
				if d := time.Since(start); turn == 0 || d < best[i] {
					best[i] = d
				}
			}
		}
	}
	for i, r := range readers {
		b.ReportMetric(float64(best[i].Nanoseconds())/calls, r.name+"-ns")
		b.ReportMetric(float64(best[i])/float64(best[0]), r.name+"/ours")
	}
	b.ReportMetric(0, "ns/op")
}
