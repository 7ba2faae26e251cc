package template_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/template"
)

// reading is a ValueSource with a value of each type that is read where it stands, and
// one that is not.
type reading struct {
	device    sigfox.DeviceID
	time      time.Time
	data      sigfox.Payload
	seqNumber sigfox.Opt[sigfox.SeqNumber]
	station   sigfox.Opt[sigfox.StationID]
	ack       sigfox.Opt[bool]
	batt      sigfox.Opt[float64]
	count     sigfox.Opt[int]
	name      string
	quality   sigfox.Opt[sigfox.LinkQuality]
	label     label

	layout *template.Layout
	values []any
}

var (
	readingNames  = []string{"device", "time", "data", "seqNumber", "station", "ack", "batt", "count", "name", "quality", "label", "none"}
	readingLayout = template.NewLayout(readingNames, new(reading).pointers())
)

// label is of a type that is asked for by name.
type label string

func newReading() *reading {
	r := &reading{
		device: 0x2C30EA, time: time.Unix(1546929254, 0), data: payload("d60991234560"), seqNumber: sigfox.Some[sigfox.SeqNumber](424),
		station: sigfox.Some[sigfox.StationID](0x27B), ack: sigfox.Some(true), batt: sigfox.Some(-12.5), count: sigfox.Some(7),
		name: "SIGFOX_Unabiz", quality: sigfox.Some(sigfox.LinkQuality(2)), label: "x",
	}
	r.layout, r.values = readingLayout, r.pointers()
	return r
}

func (r *reading) pointers() []any {
	return []any{&r.device, &r.time, &r.data, &r.seqNumber, &r.station, &r.ack, &r.batt, &r.count, &r.name, &r.quality, &r.label, nil}
}

func payload(hex string) sigfox.Payload {
	p, err := sigfox.ParsePayload(hex)
	if err != nil {
		panic(err)
	}
	return p
}

// Values implements template.ValueSource.
func (r *reading) Values() (*template.Layout, []any) { return r.layout, r.values }

// AppendVar implements template.Source with the plainest means.
func (r *reading) AppendVar(dst []byte, name string) ([]byte, bool) {
	text, ok := "", false
	switch name {
	case "device":
		text, ok = r.device.String(), true
	case "time":
		text, ok = strconv.FormatInt(r.time.Unix(), 10), !r.time.IsZero()
	case "data":
		text, ok = r.data.String(), true
	case "seqNumber":
		text, ok = strconv.Itoa(int(r.seqNumber.Or(0))), r.seqNumber.Present()
	case "station":
		text, ok = r.station.Or(0).String(), r.station.Present()
	case "ack":
		text, ok = strconv.FormatBool(r.ack.Or(false)), r.ack.Present()
	case "batt":
		text, ok = strconv.FormatFloat(r.batt.Or(0), 'f', -1, 64), r.batt.Present()
	case "count":
		text, ok = strconv.Itoa(r.count.Or(0)), r.count.Present()
	case "name":
		text, ok = r.name, r.name != ""
	case "label":
		text, ok = string(r.label), true
	case "quality":
		text, ok = strconv.Itoa(int(r.quality.Or(0))), r.quality.Present()
	}
	if !ok {
		return dst, false
	}
	return append(dst, text...), true
}

// byName hides that a source is a ValueSource.
type byName struct{ template.Source }

const eachName = `{device}|{time}|{data}|{seqNumber}|{station}|{ack}|{batt}|{count}|{name}|{quality}|{label}|{none}|{other}`

var layoutTemplates = map[template.Place]string{
	template.Text:   eachName,
	template.Header: eachName,
	template.Line:   eachName,
	template.Form:   `d={device}&t={time}&x={data}&s={seqNumber}&st={station}&a={ack}&b={batt}&c={count}&n={name}&q={quality}&a long name={none}`,
	template.URL:    `https://h/{device}/{data}/{name}/{station}?t={time}&n={name}&b={batt}&a={ack}&s={seqNumber}&x={data}#{count}`,
	template.JSON: `{"device":"{device}","t":{time},"x":"{data}","s":{seqNumber},"st":"{station}","a":{ack},"b":{batt},"c":{count},` +
		`"name":"{name}","q":{quality},"l":"{label}","a member with a long name":"{name}","` + strings.Repeat("x", 70) + `":"{name}","bare":[{device},{data},{station},{name},{none}],` +
		`"quoted":"{time} {seqNumber} {ack} {batt} {count}","millis":{time}000}`,
}

var layoutCases = map[string]template.Options{
	"text":   {Place: template.Text},
	"header": {Place: template.Header},
	"line":   {Place: template.Line},
	"form":   {Place: template.Form},
	"url":    {Place: template.URL},
	"json":   {Place: template.JSON},
	"json strings": {Place: template.JSON, Kind: func(string) template.Kind {
		return template.KindString
	}},
}

// maybe is an optional value.
func maybe[T any](t *rapid.T, g *rapid.Generator[T], name string) (o sigfox.Opt[T]) {
	if rapid.Bool().Draw(t, "has "+name) {
		o = sigfox.Some(g.Draw(t, name))
	}
	return o
}

// Values that are read where they stand give the same text as those that are asked for
// by name.
func TestLayout_differential(t *testing.T) {
	t.Parallel()
	for name, o := range layoutCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o.Layout = readingLayout
			tmpl := parse(t, layoutTemplates[o.Place], o)
			rapid.Check(t, func(t *rapid.T) {
				r := newReading()
				r.device = sigfox.DeviceID(rapid.Uint32().Draw(t, "device"))
				r.time = time.Unix(rapid.OneOf(rapid.Int64Range(-1, 1e11), rapid.Int64Range(1e9, 2e9)).Draw(t, "time"), 0)
				if rapid.Bool().Draw(t, "no time") {
					r.time = time.Time{}
				}
				var err error
				r.data, err = sigfox.NewPayload(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "data"))
				require.NoError(t, err)
				r.seqNumber = maybe(t, rapid.Map(rapid.Uint16(), func(v uint16) sigfox.SeqNumber { return sigfox.SeqNumber(v) }), "seqNumber")
				r.station = maybe(t, rapid.Map(rapid.Uint32(), func(v uint32) sigfox.StationID { return sigfox.StationID(v) }), "station")
				r.ack = maybe(t, rapid.Bool(), "ack")
				r.batt = maybe(t, floats, "batt")
				r.count = maybe(t, rapid.Int(), "count")
				r.quality = maybe(t, rapid.Map(rapid.Byte(), func(v uint8) sigfox.LinkQuality { return sigfox.LinkQuality(v) }), "quality")
				r.name = rapid.OneOf(rapid.StringMatching(`[A-Za-z_ ]{0,30}`), rapid.String()).Draw(t, "name")
				dst := make([]byte, 1, rapid.IntRange(1, 600).Draw(t, "room"))
				want, wantErr := tmpl.Append(nil, byName{r})
				got, gotErr := tmpl.Append(dst, r)
				require.Equal(t, wantErr, gotErr)
				require.Equal(t, string(want), string(got[1:]))
			})
		})
	}
}

// So they do in any template, whatever stands between the variables.
func TestLayout_anyTemplate(t *testing.T) {
	t.Parallel()
	r := newReading()
	rapid.Check(t, func(t *rapid.T) {
		var src strings.Builder
		for range rapid.IntRange(0, 9).Draw(t, "variables") {
			src.WriteString(rapid.StringMatching(`[a-z":,]{0,20}`).Draw(t, "text"))
			src.WriteString(strings.Repeat("x", rapid.SampledFrom([]int{0, 0, 10, 30, 70, 150}).Draw(t, "length")))
			src.WriteString("{" + rapid.SampledFrom(readingNames).Draw(t, "name") + "}")
		}
		o := template.Options{Place: rapid.SampledFrom([]template.Place{template.Text, template.JSON, template.Form, template.Header, template.Line}).Draw(t, "place")}
		plain, err := template.Parse(src.String(), o)
		require.NoError(t, err)
		o.Layout = readingLayout
		tmpl, err := template.Parse(src.String(), o)
		require.NoError(t, err)
		want, wantErr := plain.Append(nil, r)
		got, gotErr := tmpl.Append(make([]byte, 1, rapid.IntRange(1, 2000).Draw(t, "room")), r)
		require.Equal(t, wantErr, gotErr)
		require.Equal(t, string(want), string(got[1:]))
	})
}

var floats = rapid.OneOf(
	rapid.Float64(), rapid.Float64Range(-200, 200),
	rapid.Map(rapid.IntRange(-20000, 20000), func(i int) float64 { return float64(i) / 100 }),
	rapid.SampledFrom([]float64{0, 1 / -1e300 / 1e300, 0.1, -0.05, 9999999.99, 1e7, 1e21, 0.07 * 3, -138.005}),
)

func TestLayout_mismatch(t *testing.T) {
	t.Parallel()
	o := template.Options{Place: template.JSON, Layout: readingLayout}
	tmpl := parse(t, `{"d":"{device}","n":"{name}","s":{seqNumber}}`, o)
	const want = `{"d":"2C30EA","n":"SIGFOX_Unabiz","s":424}`
	for name, change := range map[string]func(r *reading){
		"another layout": func(r *reading) {
			r.layout = template.NewLayout(readingNames, r.values)
			r.values[0], r.values[3] = r.values[3], r.values[0]
		},
		"too few values": func(r *reading) { r.values = r.values[:1] },
		"other types":    func(r *reading) { r.values[0], r.values[8] = r.values[8], r.values[0] },
		"no values":      func(r *reading) { clear(r.values) },
		"no layout":      func(r *reading) { r.layout, r.values = nil, nil },
	} {
		r := newReading()
		change(r)
		require.Equal(t, want, render(t, tmpl, r), name)
	}
	require.Equal(t, `{"d":"a","n":"b","s":null}`, render(t, tmpl, template.Map{"device": "a", "name": "b"}))
}
