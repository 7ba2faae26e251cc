package callback_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
)

// oddValues are written by templates and devices in place of any variable.
var oddValues = []string{
	`0`, `1`, `7`, `-1`, `-0`, `-0.0`, `42.0`, `0.5`, `-120.50`, `"-120.50"`, `1e3`, `"1E3"`, `007`, `"0123"`, `"123"`, `"01.5"`,
	`4095`, `4096`, `255`, `256`, `65535`, `2147483648`, `1546929254`, `"1546929254"`, `1546929254000`, `99999999999999999`,
	`52.003292529645705`, `"9007199254740993"`, `123456789012345678901`, `1.`, `.5`, `+5`, `"1 "`, `" 1"`, `12abc`, `"12abc"`,
	`true`, `"true"`, `True`, `"FALSE"`, `false`, `trues`, `"1"`, `null`, `"null"`, `"N/A"`, `N/A`, `""`, `{rssi}`, `"{rssi}"`,
	`"Good"`, `"limit"`, `"LIMIT"`, `"Go\u006fd"`, `"Go\nd"`, `"a\"b"`, "\"\xff\"", "\"a\nb\"", `"é"`, `"27B9"`, `27B9`, `"2c30ea"`,
	`"000000002C30EA"`, `"1FFFFFFFF"`, `"d609912345603f0f8004223c"`, `"d609912345603f0f8004223c00"`, `"d60"`, `"` + strings.Repeat("x", 100) + `"`,
	`{}`, `[]`, `{"lat":1.5,"lng":"2","radius":100,"source":2,"status":1}`, `{"lat":"x"}`, `{"lat":null,"placeIds":["a"],"more":1}`,
	`"{\"lat\":1}"`, `[{"bsId":"27B9","rssi":-138,"nbRep":2,"snr":"9.5"},{"bsId":"27BA","rssi":-139,"nbRep":3,"snr":null}]`,
	`[1]`, `[`, `{`, `"`, ``, `1 2`,
}

// body is JSON with a plain value for each variable of s, but for the one named odd.
func bodyWith(s callback.Service, odd, value string) string {
	var b strings.Builder
	for v := range s.Variables() {
		text := map[callback.Type]string{
			callback.TypeString: `"Good"`, callback.TypeHex: `"2C30EA"`, callback.TypeInteger: `7`, callback.TypeFloat: `-12.25`,
			callback.TypeBool: `true`, callback.TypeJSON: `{"lat":1.25,"lng":103.5,"radius":2447,"source":2,"status":1}`,
		}[v.Type]
		if v.Name == "duplicates" {
			text = `[{"bsId":"27B9","rssi":-138,"nbRep":2}]`
		}
		if v.Name == odd {
			text = value
		}
		fmt.Fprintf(&b, `,"%s":%s`, v.Name, text)
	}
	return "{" + b.String()[1:] + "}"
}

// result is what p reads in body, with the error.
func result[M callback.Message](p *callback.Parser[M], body string) string {
	messages, err := p.Append(nil, callback.Input{Body: []byte(body)})
	var out []byte
	for _, m := range messages {
		out = append(m.AppendJSON(out), '\n')
	}
	return fmt.Sprintf("%s%v", out, err)
}

// A parser reads a message as it would read it first, whatever it read before.
func testExpected[M callback.Message](t *testing.T) {
	t.Helper()
	var used callback.Parser[M]
	var m M
	s := m.Service()
	plain := bodyWith(s, "", "")
	for v := range s.Variables() {
		t.Run(v.Name, func(t *testing.T) {
			for _, value := range oddValues {
				body := bodyWith(s, v.Name, value)
				want := result(new(callback.Parser[M]), body)
				result(&used, plain)
				require.Equal(t, want, result(&used, body), "%s after the plain one", body)
				require.Equal(t, want, result(&used, body), "%s again", body)
				require.Equal(t, want, result(&used, body), "%s a third time", body)
			}
		})
	}
}

func TestParser_expected(t *testing.T) {
	t.Parallel()
	for s, test := range map[callback.Service]func(*testing.T){
		callback.DataUplink:          testExpected[callback.Uplink],
		callback.DataBidir:           testExpected[callback.Bidir],
		callback.ServiceStatus:       testExpected[callback.Status],
		callback.ServiceAcknowledge:  testExpected[callback.Acknowledge],
		callback.ServiceRepeater:     testExpected[callback.Repeater],
		callback.ServiceDataAdvanced: testExpected[callback.DataAdvanced],
		callback.ServiceGeoloc:       testExpected[callback.Geoloc],
		callback.ErrorCallback:       testExpected[callback.ErrorReport],
	} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// Lists of base stations are read whole, whatever their length and that of the last.
func TestParser_manyDuplicates(t *testing.T) {
	t.Parallel()
	var p callback.Parser[callback.DataAdvanced]
	for _, n := range []int{1, 0, 2, 40, 3, 40} {
		stations := strings.TrimPrefix(strings.Repeat(`,{"bsId":"27B9","rssi":-138,"nbRep":2}`, n), ",")
		messages, err := p.Append(nil, callback.Input{Body: []byte(`{"device":"1","duplicates":[` + stations + `]}`)})
		require.NoError(t, err)
		require.Len(t, messages, 1)
		require.Len(t, messages[0].Duplicates, n)
		require.NotNil(t, messages[0].Duplicates)
		for _, d := range messages[0].Duplicates {
			require.Equal(t, sigfox.Some(sigfox.StationID(0x27b9)), d.Station)
			require.Equal(t, sigfox.Some(2), d.NbRep)
		}
	}
}

// How many stations there are is guessed from a bounded text: the arrays of a batch that are
// not closed must not each have all that follows looked through.
func TestElements(t *testing.T) {
	t.Parallel()
	far := strings.Repeat(" ", 2048)
	for text, want := range map[string]int{
		"": 0, "[": 0, "[]{": 0, "[{},{}]": 2, "[{},{}": 2, "[{}" + far + ",{}]": 1, "[{}" + far: 1,
		"[" + strings.Repeat("{},", 100) + "]": 16,
	} {
		require.Equal(t, want, callback.Elements(text), "%.20s", text)
	}
}

// Messages keep their values when the parser reads on.
func TestParser_messagesStay(t *testing.T) {
	t.Parallel()
	var p callback.Parser[callback.DataAdvanced]
	const first = `{"device":"1","lqi":"Good","duplicates":[{"bsId":"27B9","site":"a"}],"computedLocation":{"lat":1,"lng":2},"site":"x"}`
	const second = `{"device":"2","lqi":"NA","duplicates":[{"bsId":"27BA","site":"b"}],"computedLocation":{"lat":3,"lng":4},"site":"y"}`
	messages, err := p.Append(nil, callback.Input{Body: []byte(first + "\n" + second)})
	require.NoError(t, err)
	messages, err = p.Append(messages, callback.Input{Body: []byte(`{"device":"3"}`)})
	require.NoError(t, err)
	require.Len(t, messages, 3)
	for i, body := range []string{first, second, `{"device":"3"}`} {
		want, err := callback.ParseBody[callback.DataAdvanced]("", []byte(body))
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(string(want[0].AppendJSON(nil)), string(messages[i].AppendJSON(nil))))
	}
}

// FuzzParser_expected reads two bodies with one parser: what the second one gives does
// not depend on the first.
func FuzzParser_expected(f *testing.F) {
	plain := bodyWith(callback.ServiceDataAdvanced, "", "")
	for _, c := range captures(f) {
		f.Add(c.Body, c.Body)
		f.Add(plain, c.Body)
	}
	for _, value := range oddValues {
		f.Add(plain, bodyWith(callback.ServiceDataAdvanced, "computedLocation", value))
		f.Add(plain, bodyWith(callback.ServiceDataAdvanced, "time", value))
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		var advanced callback.Parser[callback.DataAdvanced]
		result(&advanced, first)
		require.Equal(t, result(new(callback.Parser[callback.DataAdvanced]), second), result(&advanced, second))
		var uplink callback.Parser[callback.Uplink]
		result(&uplink, first)
		require.Equal(t, result(new(callback.Parser[callback.Uplink]), second), result(&uplink, second))
	})
}

// layouts differ from each other in ways that a learned plan must notice.
var layouts = []string{
	`{"device":"2C30EA","time":1546929254,"rssi":"-120.5"}`,
	`{"device":"2C30EB","time":1546929255,"rssi":"-121.5"}`,
	`{"device":"2C30EA","time":1546929254}`,
	`{"device":"2C30EA","time":"1546929254","rssi":-120.5}`,
	`{"device":"2C30EA","time":1546929254,"rssi":null,"snr":1}`,
	`{"time":1546929254,"device":"2C30EA"}`,
	`{"device":"2C30EA","data":00ff,"time":1546929254}`,
	`{"device":"2C30EA","data":"00ff","time":1546929254}`,
	`{"device":"2C30EA","data":"00ff00ff","time":1546929254}`,
	`{"device":"2C30EA","data":"00f","time":1546929254}`,
	`{"device":"2C30EA","data":"","time":1546929254}`,
	`{"device":"2C30EA","lat":1.2763981,"lng":-103.7973329}`,
	`{"device":"2C30EA","lat":52.003292529645705,"lng":5.}`,
	`{"device":"2C30EA","lat":1.x23,"lng":1.2x}`,
	`{"device":"2C30EA","lat":0123,"seqNumber":0123}`,
	`{"device":"2C30EA","lat":123,"seqNumber":123}`,
	`{"time":1546929254,"device":2C30EA}`,
	`{"seqNumber":1546929254,"device":"2C30EA"}`,
	`{ "device" : "2C30EA" , "time" : 1546929254 , "rssi":-120.5 }`,
	"{\n    \"device\" : \"2C30EA\",\n    \"time\" : 1546929254,\n    \"deviceTypeName\" : \"a\"\n}",
	"{\n    \"device\" : \"2C30EA\",\n    \"time\" : 1546929254,\n    \"deviceTypeId\"   : \"a\"\n}",
	`{"d\u0065vice":"2C30EA","time":1546929254,"rssi":"-120.5"}`,
	`{"device":"2C30EA","time":{time},"rssi":"-120.5",}`,
	`{"device":"2C30EA","computedLocation":{"lat":1},"aVeryLongNameThatWordsDoNotHold":"x","rssi":1}`,
	`{"device":"2C30EA","computedLocation":[],"aVeryLongNameThatWordsDoNotHoId":"x","rssi":1}`,
	`{"device":"2C30EA","time":1546929254x,"rssi":"-120.5"}`,
	`{"device":"2C30EA","time":1546929254,"rssi":12e1}`,
	`{"device":"2C30EA","time":1546929254.0,"rssi":0.5}`,
	`{"device":"2C30EA","time":1546929254,"rssi":120.5}`, `{"device":"2C30EA","time":1546929254,"rssi":120.}`,
	`{"device":"2C30EA","time":1546929254,"rssi":1e2}`, `{"device":"2C30EA","time":1546929254,"rssi":1.5.5}`,
	`{"device":"2C30EA","time":1546929254,"rssi":1.12345678901234567890,"snr":1}`,
	`{"device":"2C30EA"`, `{"device":"2C30EA","time":1546929254,"rssi":"-120.5"`, `{"device":"2C30EA","time":?}`, `{}`,
	`{"device":"2C30EA"},"time":1546929254}`,
	longObject(70, "x"), longObject(70, "y"), longObject(5, strings.Repeat("x", 200)),
}

func longObject(n int, name string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%s%d":%d`, name, i, i)
	}
	return `{"device":"1","snr":2` + b.String() + `,"rssi":1}`
}

// What was learned from another object does not change what is read.
func TestParser_layouts(t *testing.T) {
	t.Parallel()
	var used callback.Parser[callback.Uplink]
	for _, before := range layouts {
		for _, body := range layouts {
			result(&used, before)
			want := result(new(callback.Parser[callback.Uplink]), body)
			require.Equal(t, want, result(&used, body), "%s after %s", body, before)
			require.Equal(t, want, result(&used, body), "%s again after %s", body, before)
		}
	}
}
