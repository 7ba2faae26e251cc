package template_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	goccy "github.com/goccy/go-json"

	"github.com/go-sigfox/sigfox/template"
)

const (
	advancedBody = `{"device":"{device}","time":{time},"data":"{data}","seqNumber":{seqNumber},` +
		`"lqi":"{lqi}","linkQuality":{linkQuality},"fixedLat":{fixedLat},"fixedLng":{fixedLng},` +
		`"operatorName":"{operatorName}","countryCode":{countryCode},"computedLocation":{computedLocation}}`
	locationBody = `{"lat":{lat},"lng":{lng},"radius":{radius},"source":{source},"status":{status}}`
	advanced     = `{"device":"1FD48BE","time":1653666733,"data":"d609912345603f0f8004223c","seqNumber":424,` +
		`"lqi":"Limit","linkQuality":0,"fixedLat":0.0,"fixedLng":0.0,` +
		`"operatorName":"SIGFOX_Netherlands_Hyrde","countryCode":528,` +
		`"computedLocation":{"lat":52.0032925,"lng":5.5690019,"radius":7800,"source":2,"status":1}}`
)

// location and dataAdvanced are what a receiver decodes into.
type location struct {
	Lat    float64 `json:"lat"`
	Lng    float64 `json:"lng"`
	Radius int     `json:"radius"`
	Source int     `json:"source"`
	Status int     `json:"status"`
}

type dataAdvanced struct {
	Device      string   `json:"device"`
	Time        int64    `json:"time"`
	Data        string   `json:"data"`
	SeqNumber   int      `json:"seqNumber"`
	LQI         string   `json:"lqi"`
	LinkQuality int      `json:"linkQuality"`
	FixedLat    float64  `json:"fixedLat"`
	FixedLng    float64  `json:"fixedLng"`
	Operator    string   `json:"operatorName"`
	CountryCode int      `json:"countryCode"`
	Location    location `json:"computedLocation"`
}

// spans keeps where each value is: what a sink costs that borrows from the body.
type spans struct {
	at [16]struct{ offset, length int32 }
	n  int
}

// SetVar implements template.Sink.
func (s *spans) SetVar(_ string, text []byte, offset int) error {
	s.at[s.n].offset, s.at[s.n].length = int32(offset), int32(len(text))
	s.n++
	return nil
}

// typedSink decodes as goccy does: numbers converted, strings kept. It borrows
// the strings from the body.
type typedSink struct {
	dataAdvanced
	location *template.Template
}

func str(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// SetVar implements template.Sink.
func (s *typedSink) SetVar(name string, text []byte, _ int) (err error) {
	switch name {
	case "device":
		s.Device = str(text)
	case "time":
		s.Time, err = strconv.ParseInt(str(text), 10, 64)
	case "data":
		s.Data = str(text)
	case "seqNumber":
		s.SeqNumber, err = strconv.Atoi(str(text))
	case "lqi":
		s.LQI = str(text)
	case "linkQuality":
		s.LinkQuality, err = strconv.Atoi(str(text))
	case "fixedLat":
		s.FixedLat, err = strconv.ParseFloat(str(text), 64)
	case "fixedLng":
		s.FixedLng, err = strconv.ParseFloat(str(text), 64)
	case "operatorName":
		s.Operator = str(text)
	case "countryCode":
		s.CountryCode, err = strconv.Atoi(str(text))
	case "computedLocation":
		return s.location.Match(text, s)
	case "lat":
		s.Location.Lat, err = strconv.ParseFloat(str(text), 64)
	case "lng":
		s.Location.Lng, err = strconv.ParseFloat(str(text), 64)
	case "radius":
		s.Location.Radius, err = strconv.Atoi(str(text))
	case "source":
		s.Location.Source, err = strconv.Atoi(str(text))
	case "status":
		s.Location.Status, err = strconv.Atoi(str(text))
	}
	return err
}

func matchCandidates(tb testing.TB) []candidate {
	tb.Helper()
	text := []byte(advanced)
	var want dataAdvanced
	if err := json.Unmarshal(text, &want); err != nil {
		tb.Fatal(err)
	}
	ours := parse(tb, advancedBody, template.JSON)
	last := `,"computedLocation":{computedLocation}`
	reordered := parse(tb, "{"+last[1:]+","+strings.Replace(advancedBody, last, "", 1)[1:], template.JSON)
	sink := &typedSink{location: parse(tb, locationBody, template.JSON)}
	if err := ours.Match(text, sink); err != nil || sink.dataAdvanced != want {
		tb.Fatalf("got %+v, %v, want %+v", sink.dataAdvanced, err, want)
	}
	var at spans
	var m dataAdvanced
	return []candidate{
		{"ours", func() ([]byte, error) { at.n = 0; return nil, ours.Match(text, &at) }},
		{"ours-typed", func() ([]byte, error) { return nil, ours.Match(text, sink) }},
		{"ours-structure", func() ([]byte, error) { at.n = 0; return nil, reordered.Match(text, &at) }},
		{"goccy", func() ([]byte, error) { m = dataAdvanced{}; return nil, goccy.Unmarshal(text, &m) }},
		{"encoding-json", func() ([]byte, error) { m = dataAdvanced{}; return nil, json.Unmarshal(text, &m) }},
	}
}

func BenchmarkMatch(b *testing.B)      { runAll(b, matchCandidates(b), "") }
func BenchmarkMatchRatio(b *testing.B) { runInTurns(b, matchCandidates(b)) }
