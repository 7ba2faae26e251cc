// Package callback_test measures the receiving half against the decoders and
// handlers that users would write today.
package callback_test

import (
	"encoding/hex"
	stdjson "encoding/json"
	"net/url"
	"regexp"
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
	DeviceTypeID     string  `json:"deviceTypeId"`
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
	Duplicates []struct {
		BsID  string  `json:"bsId"`
		RSSI  float64 `json:"rssi"`
		NbRep int     `json:"nbRep"`
	} `json:"duplicates"`
}

// position is a captured callback, compacted, whose position has all the digits of a
// float64. All numbers are bare, for the peers.
const position = `{"device":"1FD48BE","time":1653666733,"data":"00","seqNumber":16,"lqi":"Limit","linkQuality":0,` +
	`"fixedLat":0.0,"fixedLng":0.0,"operatorName":"SIGFOX_Netherlands_Hyrde_Networks_BV","countryCode":528,` +
	`"deviceTypeId":"628fd74fb3cabb6565ae81bb","computedLocation":{"lat":52.003292529645705,"lng":5.569001982230841,` +
	`"radius":7800,"source":2,"status":1}}`

// duplicates is such a callback with the base stations, of which it has one. It is the
// one of these that takes memory.
const duplicates = `{"device":"1FD48BE","time":1653666733,"data":"c1820046001418","seqNumber":424,"lqi":"Good","linkQuality":2,` +
	`"operatorName":"SIGFOX_Italy_EIT_Smart","countryCode":380,"duplicates":[{"bsId":"27B9","rssi":-138.0,"nbRep":2}],` +
	`"computedLocation":{"lat":44.195847,"lng":12.412389,"radius":11000,"source":2,"status":1}}`

// peers are the decoders that users would take.
var peers = []struct {
	name      string
	unmarshal func([]byte, any) error
}{
	{"goccy", json.Unmarshal},
	{"sonic", sonic.Unmarshal},
	{"sonic-fastest", sonic.ConfigFastest.Unmarshal},
	{"segmentio", segment.Unmarshal},
	{"encoding-json", stdjson.Unmarshal},
}

// BenchmarkDecode reads a callback in which all numbers are bare, since the peers read
// no others into numbers.
func BenchmarkDecode(b *testing.B) { benchmarkDecode(b, []byte(position), 52.003292529645705) }

// BenchmarkDecodeShort does so with shorter numbers.
func BenchmarkDecodeShort(b *testing.B) { benchmarkDecode(b, []byte(dataAdvanced), 1.2763981) }

// BenchmarkDecodeDuplicates does so with base stations.
func BenchmarkDecodeDuplicates(b *testing.B) { benchmarkDecode(b, []byte(duplicates), 44.195847) }

func benchmarkDecode(b *testing.B, body []byte, wantLat float64) {
	b.Helper()
	b.Run("ours", func(b *testing.B) {
		got := decode(b, callback.Input{ContentType: "application/json", Body: body})
		lat, _, _ := got.ComputedLocation.Or(callback.Location{}).Position()
		require.InDelta(b, wantLat, lat, 0)
	})
	for _, peer := range peers {
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
			require.InDelta(b, wantLat, m.ComputedLocation.Lat, 0)
			_, err := hex.DecodeString(m.Data)
			require.NoError(b, err)
		})
	}
}

// BenchmarkDecodeRatio lets the decoders work in turns.
func BenchmarkDecodeRatio(b *testing.B) {
	for _, body := range []struct{ name, text string }{
		{"position", position}, {"short", dataAdvanced}, {"duplicates", duplicates},
	} {
		b.Run(body.name, func(b *testing.B) { takeTurns(b, shortTurn, decoding(b, []byte(body.text))) })
	}
}

// decoding returns what reads the body into a new message.
func decoding(b *testing.B, body []byte) []candidate {
	b.Helper()
	var p callback.Parser[callback.DataAdvanced]
	list := make([]callback.DataAdvanced, 0, 1)
	in := callback.Input{ContentType: "application/json", Body: body}
	all := []candidate{{"ours", func() {
		var err error
		if list, err = p.Append(list[:0], in); err != nil {
			b.Fatal(err)
		}
	}}}
	for _, peer := range peers {
		all = append(all, candidate{peer.name, func() {
			var m plain
			if err := peer.unmarshal(body, &m); err != nil {
				b.Fatal(err)
			}
		}})
	}
	return all
}

// decode measures our parser and returns the message.
func decode(b *testing.B, in callback.Input) callback.DataAdvanced {
	b.Helper()
	var p callback.Parser[callback.DataAdvanced]
	list := make([]callback.DataAdvanced, 0, 1)
	b.ReportAllocs()
	b.SetBytes(int64(len(in.Body) + len(in.Query)))
	for b.Loop() {
		var err error
		list, err = p.Append(list[:0], in)
		if err != nil {
			b.Fatal(err)
		}
	}
	return list[0]
}

// BenchmarkDecodeQuoted reads the callback with every number in quotes, as many
// templates write them; the peers cannot.
func BenchmarkDecodeQuoted(b *testing.B) {
	body := regexp.MustCompile(`:(-?[0-9.]+)`).ReplaceAll([]byte(position), []byte(`:"$1"`))
	b.Run("ours", func(b *testing.B) {
		got := decode(b, callback.Input{ContentType: "application/json", Body: body})
		require.Equal(b, 528, got.CountryCode.Or(0))
	})
}

// BenchmarkDecodeQuery reads a GET request.
func BenchmarkDecodeQuery(b *testing.B) {
	const query = "device=1FD48BE&time=1653666733&data=00&seqNumber=16&lqi=Limit&linkQuality=0&fixedLat=0.0&fixedLng=0.0" +
		"&operatorName=SIGFOX_Netherlands_Hyrde_Networks_BV&countryCode=528&deviceTypeId=628fd74fb3cabb6565ae81bb"
	b.Run("ours", func(b *testing.B) {
		got := decode(b, callback.Input{Query: query})
		require.Equal(b, 528, got.CountryCode.Or(0))
	})
	b.Run("net-url", func(b *testing.B) { // finds the values, reads none
		b.ReportAllocs()
		b.SetBytes(int64(len(query)))
		for b.Loop() {
			if _, err := url.ParseQuery(query); err != nil {
				b.Fatal(err)
			}
		}
	})
}
