package callback_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
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
	read func(body []byte) error
}

// definitionReaders returns ours, which follows the definition, and the peers, which
// decode into a struct.
func definitionReaders(tb testing.TB, bodies ...[]byte) []reader {
	tb.Helper()
	p, err := callback.NewParser[callback.DataAdvanced](&definition)
	require.NoError(tb, err)
	list := make([]callback.DataAdvanced, 0, 1)
	in := callback.Input{ContentType: "application/json", Path: "/sigfox"}
	var m plain
	readers := []reader{{"ours-definition", func(body []byte) (err error) {
		in.Body = body
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
		readers = append(readers, reader{peer.name, func(body []byte) error {
			m = plain{}
			return peer.unmarshal(body, &m)
		}})
	}
	for _, body := range bodies {
		lat := 0.0
		for i, r := range readers {
			m = plain{}
			require.NoError(tb, r.read(body), r.name)
			if i == 0 {
				lat, _, _ = list[0].ComputedLocation.Or(callback.Location{}).Position()
				require.NotZero(tb, lat)
				continue
			}
			require.InDelta(tb, lat, m.ComputedLocation.Lat, 0, r.name)
		}
	}
	return readers
}

// variedBodies returns bodies as a fleet in one country sends them: values differ, and
// with them the lengths of many.
func variedBodies() [][]byte {
	random := rand.New(rand.NewPCG(1, 2)) // the same ones in every run
	between := func(from, to float64) string {
		return strconv.FormatFloat(math.Round((from+random.Float64()*(to-from))*1e7)/1e7, 'f', -1, 64)
	}
	bodies := make([][]byte, 1000)
	for i := range bodies {
		data := binary.BigEndian.AppendUint64(nil, random.Uint64())
		data = binary.BigEndian.AppendUint32(data, random.Uint32())
		bodies[i] = fmt.Appendf(nil, `{"device":"%X","time":%d,"data":"%x","seqNumber":%d,"lqi":%q,"linkQuality":%d,`+
			`"fixedLat":0.0,"fixedLng":0.0,"operatorName":"SIGFOX_France","countryCode":250,`+
			`"computedLocation":{"lat":%s,"lng":%s,"radius":%d,"source":2,"status":1}}`,
			0x1fd0000+random.Uint32N(1<<16), 1546929254+random.Uint32N(1<<25), data, random.Uint32N(4096),
			[]string{"Limit", "Average", "Good", "Good", "Excellent"}[random.IntN(5)], random.IntN(4),
			between(42, 51), between(-4.5, 8), 100+random.IntN(20000))
	}
	return bodies
}

// BenchmarkDefinition reads a body by the definition that it was rendered from.
func BenchmarkDefinition(b *testing.B) {
	body := []byte(dataAdvanced)
	for _, r := range definitionReaders(b, body) {
		b.Run(r.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(dataAdvanced)))
			for b.Loop() {
				if err := r.read(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDefinitionRatio lets the readers take turns of a few microseconds, and reports
// the fastest turn of each: for a machine that is not quiet. The collection of the peers'
// garbage is left out with the slower turns.
func BenchmarkDefinitionRatio(b *testing.B) { definitionRatio(b, []byte(dataAdvanced)) }

// BenchmarkDefinitionVariedRatio does so with a thousand bodies whose values differ in
// length: one body again and again suits ours, which expects the lengths of the last one.
func BenchmarkDefinitionVariedRatio(b *testing.B) { definitionRatio(b, variedBodies()...) }

func definitionRatio(b *testing.B, bodies ...[]byte) {
	b.Helper()
	const turns, calls = 2000, 50
	readers := definitionReaders(b, bodies...)
	best := make([]time.Duration, len(readers))
	next := make([]int, len(readers))
	for b.Loop() {
		for turn := range turns {
			for i, r := range readers {
				start := time.Now()
				for range calls {
					_ = r.read(bodies[next[i]])
					if next[i]++; next[i] == len(bodies) {
						next[i] = 0
					}
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
