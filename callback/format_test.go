package callback_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

func TestInput_Format(t *testing.T) {
	t.Parallel()
	const form, text = "application/x-www-form-urlencoded", "text/plain"
	tests := []struct {
		name, contentType, body string
		want                    callback.Format
		err                     error
	}{
		{"no body", "application/json", "", callback.FormatForm, nil},
		{"white space", "text/xml", " \r\n", callback.FormatForm, nil},
		{"JSON", "application/json", "{}", callback.FormatJSON, nil},
		{"JSON with charset", "Application/JSON; charset=utf-8", "x", callback.FormatJSON, nil},
		{"JSON with blank", " application/json", "x", callback.FormatJSON, nil},
		{"JSON as text/json", "text/json", "x", callback.FormatJSON, nil},
		{"JSON labelled as form", form, ` {"device":"1"}`, callback.FormatJSON, nil},
		{"JSON labelled as text", text, `[{}]`, callback.FormatJSON, nil},
		{"JSON labelled as anything", "application/vnd.acme", `{}`, callback.FormatJSON, nil},
		{"JSON without label", "", "{}", callback.FormatJSON, nil},
		{"JSON with byte order mark", form, "\ufeff{}", callback.FormatJSON, nil},
		{"form", form, "device=1", callback.FormatForm, nil},
		{"form without label", "", "device=1", callback.FormatForm, nil},
		{"text", text, "device:1", callback.FormatText, nil},
		{"text with charset", "text/plain;charset=UTF-8", "device:1", callback.FormatText, nil},
		{"XML", "text/xml", "<device/>", 0, callback.ErrContentType},
		{"multipart", "multipart/form-data; boundary=x", "--x", 0, callback.ErrContentType},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := callback.Input{ContentType: tt.contentType, Body: []byte(tt.body)}.Format()
			require.ErrorIs(t, err, tt.err)
			require.Equal(t, tt.want, got)
			if tt.err != nil {
				_, err := callback.ParseBody[callback.Uplink](tt.contentType, []byte(tt.body))
				require.ErrorIs(t, err, tt.err)
			}
		})
	}
}

func TestParser_text(t *testing.T) {
	t.Parallel()
	testReadings(t, callback.DataUplink, "text/plain", []reading{
		{"lines", "device:2C30EA\ndata: 0102 \ntime : 5", `{"device":"2C30EA","time":5,"data":"0102"}`},
		{"CRLF", "device=2C30EA\r\ndata=0102\r\n", `{"device":"2C30EA","data":"0102"}`},
		{"semicolons", "device:2C30EA; data:0102; rssi:-3.50", `{"device":"2C30EA","data":"0102","rssi":-3.5}`},
		{"arrows", "device => 2C30EA\ndata => 0102", `{"device":"2C30EA","data":"0102"}`},
		{"renamed", "id: 2C30EA, Payload: 0102", `{"device":"2C30EA","data":"0102"}`},
		{"no labels", "2C30EA 0102", "callback: DATA/UPLINK: device: missing" + notNamed},
		{"values in quotes", `"device": "2C30EA", "data" = "0102"`, `{"device":"2C30EA","data":"0102"}`},
		{"absent", "device:2C30EA\nrssi:null\nsnr:\nstation:{station}", `{"device":"2C30EA"}`},
	})
}

func TestParser_textObjects(t *testing.T) {
	t.Parallel()
	testReadings(t, callback.ServiceDataAdvanced, "text/plain", []reading{
		{
			"with commas", `device: 1, computedLocation: {"lat":1,"lng":2}; duplicates: [{"bsId":"1","nbRep":3}]`,
			`{"device":"1","duplicates":[{"bsId":"0001","nbRep":3}],"computedLocation":{"lat":1,"lng":2}}`,
		},
	})
}

func TestParser_form(t *testing.T) {
	t.Parallel()
	testReadings(t, callback.DataUplink, "application/x-www-form-urlencoded", []reading{
		{"plain", "device=2C30EA&data=0102&rssi=-3.50", `{"device":"2C30EA","data":"0102","rssi":-3.5}`},
		{"escaped", "device=%32C30EA&note=a+b%26c%3Dd", `{"device":"2C30EA","extra":{"note":"a b&c=d"}}`},
		{"repeated", "data=01&device=1&data=02", `{"device":"1","data":"02"}`},
		{"repeated, renamed", "id=1&n=1&payload=01&id=2&n=&payload=02", `{"device":"2","data":"02"}`},
		{"empty", "device=1&data=&rssi=null&&snr", `{"device":"1"}`},
		{"white space", "id=2C30EA&time=5\r\n&\n seqNumber=12&data=01\n\n", `{"device":"2C30EA","time":5,"data":"01","seqNumber":12}`},
		{"custom data", "device=1&customData%23t=21", `{"device":"1","customData":{"t":"21"}}`},
		{"bad escape", "device=1&data=0%zz", "callback: DATA/UPLINK: percent sign without two hex digits at offset 15"},
		{"value", "device=1&time=noon", `callback: DATA/UPLINK: time at offset 14: "noon": not an integer`},
	})
	testReadings(t, callback.ServiceDataAdvanced, "application/x-www-form-urlencoded", []reading{
		{
			"objects", `device=1&computedLocation={"lat":1,"lng":2}&duplicates=%5B%7B%22bsId%22%3A%221%22%7D%5D`,
			`{"device":"1","duplicates":[{"bsId":"0001"}],"computedLocation":{"lat":1,"lng":2}}`,
		},
		{"broken object", `device=1&computedLocation={"lat":1`, "callback: SERVICE/DATA_ADVANCED: unexpected end at offset 34"},
	})
}

// The cloud moves the query of a form callback into the body, or fills both; with
// JSON the query stays in the URL.
func TestParser_query(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	const many = "b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1&l=1&m=1&n=1&o=1&p=1"
	tests := []struct{ name, contentType, query, body, want string }{
		{"query alone", "", "device=1&data=01", "", `"device":"1","data":"01"`},
		{"query and JSON", "application/json", "device=1&rssi=-1", `{"data":"01"}`, `"device":"1","data":"01","rssi":-1`},
		{"both present", form, "device=00A1&data=01", "device=00A1&data=01", `"device":"A1","data":"01"`},
		{"body first", form, "device=1&data=01&note=q", "device=2&note=b", `"device":"2","data":"01","extra":{"note":"b"}`},
		{"body first, JSON", "", "device=1&note=q", `{"device":"2","note":{}}`, `"device":"2","extra":{"note":{}}`},
		{"renamed in the body", "", "id=5", `{"deviceId":"2"}`, `"device":"2","extra":{"id":"5"}`},
		{"better name in the query", "", "deviceId=5", `{"id":"2"}`, `"device":"2","extra":{"deviceId":"5"}`},
		{"documented name in the query", "", "device=5", `{"id":"2"}`, `"device":"5","extra":{"id":"2"}`},
		{"JSON as a name", form, "", "%7B++%22device%22%3A%222BF839%22%2C++%22data%22%3A%2200bd%22+%7D=", `"device":"2BF839","data":"00bd"`},
		{"JSON as a name, no type", "", "", "%7b%22device%22:%221%22%7d", `"device":"1"`},
		{"JSON list as a name", form, "", "%5B%7B%22device%22%3A1%7D%5D=", `"device":"1"`},
		{"JSON as a name beside the query", form, "seqNumber=5", "data=01&rssi=-1&%7B%22device%22%3A%221%22%2C%22rssi%22%3A-2%7D=", `"device":"1","data":"01","seqNumber":5,"rssi":-2`},
		{"name that is no JSON", form, "", "device=1&%7Bx=1", `"device":"1","extra":{"{x":"1"}`},
		{"absent in the body", "", "data=01", `{"device":"2","data":null}`, `"device":"2","data":"01"`},
		{"text", "text/plain", "device=1", "data:01", `"device":"1","data":"01"`},
		{"last counts", "", "device=1&device=2", "", `"device":"2"`},
		{"last counts, renamed", "", "id=1&n=1&id=2&n=2", "", `"device":"2","extra":{"n":"2"}`},
		{"last counts of many", "", many + "&id=1&a=b&id=2&a=c", "", `"device":"2","extra":{"a":"c","` + strings.ReplaceAll(strings.ReplaceAll(many, "&", `","`), "=", `":"`) + `"}`},
		{"last counts in the body and in the query", "", "id=3&n=3&id=4&n=4", `{"id":"1","n":1,"id":"2","n":2}`, `"device":"2","extra":{"id":"4","n":2}`},
		{"white space at the end", "", "device=1&seqNumber=12%20", "", `"device":"1","seqNumber":12`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := kinds[callback.DataUplink].parse(callback.Input{ContentType: tt.contentType, Query: tt.query, Body: []byte(tt.body)})
			require.NoError(t, err)
			require.Equal(t, []string{`{"service":"DATA/UPLINK",` + tt.want + "}"}, got)
		})
	}
	t.Run("bad escape", func(t *testing.T) {
		t.Parallel()
		for _, in := range []callback.Input{{Query: "device=%"}, {Query: "a=%zz", Body: []byte(`{"device":"1"}`)}} {
			_, err := kinds[callback.DataUplink].parse(in)
			_, ok := errors.AsType[*callback.SyntaxError](err)
			require.True(t, ok, err)
		}
	})
}

func TestParser_JSON(t *testing.T) {
	t.Parallel()
	testReadings(t, callback.DataUplink, "application/json", []reading{
		{"byte order mark", "\ufeff{\"device\":\"1\"}", `{"device":"1"}`},
		{"white space", " \t\r\n{ \"device\"\t:\r\n\"1\" } \n", `{"device":"1"}`},
		{"repeated", `{"device":"1","device":"2","n":1,"n":[2],"id":"3","id":"4"}`, `{"device":"2","extra":{"id":"4","n":[2]}}`},
		{"trailing comma", `{"device":"1","data":"01",}`, `{"device":"1","data":"01"}`},
		{"trailing comma on its line", "{\"device\":\"1\",\r\n}\r\n", `{"device":"1"}`},
		{"bare words", `{"device":2C30EA,"avgSnr":N/A,"ack":True}`, `{"device":"2C30EA","ack":true}`},

		{"no object", `"key": "value`, "callback: DATA/UPLINK: object expected at offset 0"},
		{"number", `42`, "callback: DATA/UPLINK: object expected at offset 0"},
		{"no colon", `{"device" "1"}`, "callback: DATA/UPLINK: colon expected at offset 10"},
		{"no comma", `{"device":"1" "data":"01"}`, "callback: DATA/UPLINK: comma or end expected at offset 14"},
		{"no value", `{"device":}`, "callback: DATA/UPLINK: value expected at offset 10"},
		{"no quotes around the name", `{device:"1"}`, "callback: DATA/UPLINK: member name expected at offset 1"},
		{"curly quotes", "{\u201cdevice\u201d:\"1\"}", "callback: DATA/UPLINK: member name expected at offset 1"},
		{"cut", `{"device":"1`, "callback: DATA/UPLINK: unexpected end at offset 12"},
		{"cut after it", `{"device":"1"`, "callback: DATA/UPLINK: unexpected end at offset 13"},
		{"control character", "{\"device\":\"1\n\"}", "callback: DATA/UPLINK: control character in string at offset 12"},
		{"unknown escape", `{"device":"\x"}`, "callback: DATA/UPLINK: unknown escape at offset 11"},
		{"brackets", `{"device":"1","a":[}]}`, "callback: DATA/UPLINK: brackets do not match at offset 19"},
		{"nesting", `{"device":"1","a":` + strings.Repeat("[", 33) + strings.Repeat("]", 33) + `}`, "callback: DATA/UPLINK: nested too deep at offset 50"},
	})
}

// A message that cannot be read does not spoil the others.
func TestParser_batch(t *testing.T) {
	t.Parallel()
	const (
		a, b, c = `{"device":"A"}`, `{"device":"B"}`, `{"device":"C"}`
		bad     = `{"device":"1","time":"noon"}`
	)
	tests := []struct {
		name, body string
		want, errs []string
	}{
		{"lines", a + "\n" + b + "\n" + c, []string{a, b, c}, nil},
		{"CRLF and a last line end", a + "\r\n" + b + "\r\n", []string{a, b}, nil},
		{"empty lines", a + "\n\n\n" + b, []string{a, b}, nil},
		{"nothing between", a + b, []string{a, b}, nil},
		{"object over lines", "{\n\"device\":\n\"A\"}\n" + b, []string{a, b}, nil},
		{"bad value", a + "\n" + bad + "\n" + c, []string{a, c}, []string{`callback: DATA/UPLINK line 2: time at offset 36: "noon": not an integer`}},
		{"first bad", bad + "\n" + b, []string{b}, []string{`callback: DATA/UPLINK line 1: time at offset 21: "noon": not an integer`}},
		{"missing device", a + "\n{}", []string{a}, []string{`callback: DATA/UPLINK line 2: device: missing`}},
		{"broken line", a + "\n{\"device\"\n" + c, []string{a, c}, []string{`callback: DATA/UPLINK line 2: colon expected at offset 25`}},
		{"broken last line", a + "\n{\"device\":", []string{a}, []string{`callback: DATA/UPLINK line 2: unexpected end at offset 25`}},
		{
			"several bad", bad + "\n" + a + "\n" + bad,
			[]string{a},
			[]string{`callback: DATA/UPLINK line 1: time at offset 21: "noon": not an integer`, `callback: DATA/UPLINK line 3: time at offset 65: "noon": not an integer`},
		},
		{"text after it", a + " x", []string{a}, []string{`callback: DATA/UPLINK line 2: object expected at offset 15`}},
		{"array", "[" + a + "," + b + " , " + c + "]", []string{a, b, c}, nil},
		{"array of one", " [" + a + "]\n", []string{a}, nil},
		{"empty array", "[]", nil, nil},
		{"bad in an array", "[" + a + "," + bad + "," + c + "]", []string{a, c}, []string{`callback: DATA/UPLINK line 2: time at offset 37: "noon": not an integer`}},
		{"number in an array", "[" + a + ",7]", []string{a}, []string{`callback: DATA/UPLINK line 2: object expected at offset 16`}},
		{"array cut", "[" + a + "," + b, []string{a, b}, []string{`callback: DATA/UPLINK line 3: unexpected end at offset 30`}},
		{"text after the array", "[" + a + "] x", []string{a}, []string{`callback: DATA/UPLINK line 2: text after the array at offset 16`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := callback.ParseBody[callback.Uplink]("application/json", []byte(tt.body))
			var devices []string
			for _, m := range got {
				devices = append(devices, `{"device":"`+m.Device.String()+`"}`)
			}
			require.Equal(t, tt.want, devices)
			if tt.errs == nil {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, strings.Join(tt.errs, "\n"))
			}
		})
	}
}

// A hostile batch makes the parser keep a bounded number of errors.
func TestParser_batchErrors(t *testing.T) {
	t.Parallel()
	_, err := callback.ParseBody[callback.Uplink]("", []byte(strings.Repeat("{}\n", 5000)))
	list, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	require.Len(t, list.Unwrap(), 100)
}

// Messages share no memory with what they were read from, and a parser can be used
// again and at the same time.
func TestParser_Append(t *testing.T) {
	t.Parallel()
	p, err := callback.NewParser[callback.DataAdvanced](nil)
	require.NoError(t, err)
	body := []byte(`{"device":"1","deviceTypeId":"5c187c222564327e80000000","operatorName":"SIGFOX_Japan_KCCS",` +
		`"lqi":"Good","data":"0102","duplicates":[{"bsId":"1","x":"y"}],"customData#t":"warm","note":{"a":1}}`)
	first, err := p.Append(nil, callback.Input{Body: body})
	require.NoError(t, err)
	want := string(first[0].AppendJSON(nil))
	for i := range body {
		body[i] = 'x'
	}
	both, err := p.Append(first, callback.Input{Body: []byte(`{"device":"2"}`)})
	require.NoError(t, err)
	require.Len(t, both, 2)
	require.Equal(t, want, string(both[0].AppendJSON(nil)))

	same, err := p.Append(both, callback.Input{Body: []byte(`{"device":"x"}`)})
	require.Error(t, err)
	require.Equal(t, both, same, "what could not be read is not appended")
}

// A parser expects the next message to look like the last one. What it read before
// must not change what it reads.
func TestParser_history(t *testing.T) {
	t.Parallel()
	bodies := []string{
		`{"device":"1","rssi":-3.5,"computedLocation":{"lat":1,"status":1},"a":1}`,
		`{"device": "1", "rssi": "-3.5", "computedLocation": {"lat": 1, "status": 1}, "a": 1}`,
		"{\n \"device\" :\t\"1\" ,\r\n \"rssi\" : -3.5 , \"computedLocation\" : { \"lat\" : 1 ,\n \"status\" : 1 } , \"a\" : 1 }",
		`{"device":"1","rssi":null,"computedLocation":null,"a":null}`,
		`{"device":"1","rssi":"N/A","computedLocation":"{\"lat\":1}","a":{"b": [1]}}`,
		`{"device":"1","rssi": N/A,"computedLocation": {"status": 0},"a": word}`,
		`{"device":"1","rssi":{},"computedLocation":[],"a":[]}`,
		`{"device":"1","rssi":-3.5e0,"computedLocation":{"lat":"north"},"a":"\u00e9"}`,
		`{"device":"x","rssi":-3.5}`,
		`{"device":"1","rssi":-3.5,"rssi":-4,"device":"2"}`,
		`{"device":"1"}`,
		`{"device":"1",}`,
		`{"device":"1","rssi":`,
		`{"device":"1","computedLocation":{"lat":`,
		`{"device":"1","duplicates":[{"bsId":"1","rssi":1},{"bsId": "2","rssi": 2}]}`,
		`{"device":"1","duplicates":[{"rssi":1,"bsId":"1","x":{}}]}`,
		`{"rssi":-3.5,"device":"1"}`,
		`{"deviceId":"1","RSSI":-3.5,"time":5}`,
		`{"device":"1","time":5,"seqNumber":"0007","data":"00"}`,
		`{"device":"1","time":"5000000000000","seqNumber":7,"data":""}`,
		`{"device":"1","time":-5,"seqNumber":99999,"data":"0"}`,
		`{"device" : "1"} {"device":"2"}`,
		`[{"device":"1"},{ "device":"2"}]`,
		`{}`,
	}
	read := func(p *callback.Parser[callback.DataAdvanced], body string) string {
		list, err := p.Append(nil, callback.Input{ContentType: "application/json", Body: []byte(body)})
		var text []byte
		for _, m := range list {
			text = m.AppendJSON(text)
		}
		return fmt.Sprintf("%s, error %v", text, err)
	}
	for _, before := range bodies {
		for _, body := range bodies {
			var p, fresh callback.Parser[callback.DataAdvanced]
			read(&p, before)
			require.Equal(t, read(&fresh, body), read(&p, body), "%s\nafter %s", body, before)
		}
	}
}

// What is kept can be written and read again: in canonical JSON it stands one level
// deeper than in the callback.
func TestExtra_depth(t *testing.T) {
	t.Parallel()
	for depth, ok := range map[int]bool{31: true, 32: false} {
		nested := strings.Repeat("[", depth) + strings.Repeat("]", depth)
		messages, err := callback.ParseBody[callback.Uplink]("", []byte(`{"device":"1","a":`+nested+`}`))
		if !ok {
			require.EqualError(t, err, "callback: DATA/UPLINK: nested too deep at offset 18")
			continue
		}
		require.NoError(t, err)
		var again callback.Uplink
		require.NoError(t, again.UnmarshalJSON(messages[0].AppendJSON(nil)))
		require.Equal(t, messages[0], again)
	}
}
