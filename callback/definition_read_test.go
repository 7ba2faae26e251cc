package callback_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/downlink"
)

// receive delivers a request to a handler made from a definition and returns the
// messages that it read.
func receive[M callback.Message](t testing.TB, definition *callback.Definition, r *http.Request) (got []M, status int, err error) {
	t.Helper()
	o := callback.Options{
		Verifier: callback.Unverified(), Definition: definition,
		OnError: func(e callback.ErrorInfo) int { err = e.Err; return 0 },
	}
	h, e := callback.NewHandler(func(_ context.Context, m M) error { got = append(got, m); return nil }, o)
	require.NoError(t, e)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return got, w.Code, err
}

// lines returns the canonical JSON of messages.
func lines[M callback.Message](messages []M) (list []string) {
	for _, m := range messages {
		list = append(list, string(m.AppendJSON(nil)))
	}
	return list
}

func parseDefinition(t testing.TB, text string) *callback.Definition {
	t.Helper()
	var d callback.Definition
	require.NoError(t, json.Unmarshal([]byte(text), &d))
	return &d
}

// What a definition sends is read back, and so is what looks a little different.
func TestDefinition_reads(t *testing.T) {
	t.Parallel()
	const typed = `"channel":"URL","callbackType":0,"callbackSubtype":2,"httpMethod":"POST"`
	const json = typed + `,"url":"http://h/","contentType":"application/json",`
	for _, tt := range []struct {
		name, definition string
		method, target   string // POST and /
		header           http.Header
		body             string
		want             []string // without service
	}{
		{
			name:       "renamed members",
			definition: `{` + json + `"bodyTemplate":"{\"id\":\"{device}\",\"when\":{time},\"x\":\"{data}\"}"}`,
			body:       `{"id":"2C30EA","when":1546929254,"x":"00ff"}`,
			want:       []string{`"device":"2C30EA","time":1546929254,"data":"00ff"`},
		},
		{
			name:       "another order and layout",
			definition: `{` + json + `"bodyTemplate":"{\"id\":\"{device}\",\"when\":{time}}"}`,
			body:       "\ufeff {\r\n  \"when\" : \"1546929254\",\r\n  \"id\": \"2C30EA\"\r\n}\r\n",
			want:       []string{`"device":"2C30EA","time":1546929254`},
		},
		{
			name:       "nested members and constants",
			definition: `{` + json + `"bodyTemplate":"{\"type\":\"up\",\"d\":{\"id\":\"{device}\"},\"rx\":[{\"st\":\"{station}\",\"dB\":{rssi}}]}"}`,
			body:       `{"type":"up","d":{"id":"2C30EA"},"rx":[{"st":"1D44","dB":-120.50}]}`,
			want:       []string{`"device":"2C30EA","rssi":-120.5,"station":"1D44"`},
		},
		{
			name:       "milliseconds",
			definition: `{` + json + `"bodyTemplate":"{\"device\":\"{device}\",\"ts\":{time}000,\"iso\":\"{time}000\"}"}`,
			body:       `{"device":"2C30EA","ts":1546929254000,"iso":"1546929254000"}`,
			want:       []string{`"device":"2C30EA","time":1546929254`},
		},
		{
			name:       "values in a text inside JSON",
			definition: `{` + json + `"bodyTemplate":"{\"msg\":\"{device} sent {data} at {time}\"}"}`,
			body:       `{"msg":"2C30EA sent 00ff at 1546929254"}`,
			want:       []string{`"device":"2C30EA","time":1546929254,"data":"00ff"`},
		},
		{
			name:       "absent values",
			definition: `{` + json + `"bodyTemplate":"{\"id\":\"{device}\",\"rssi\":{rssi},\"avg\":\"{avgSnr}\",\"st\":\"{station}\",\"seq\":{seqNumber}}"}`,
			body:       `{"id":"2C30EA","rssi":null,"avg":"N/A","st":"null","seq":{seqNumber}}`,
			want:       []string{`"device":"2C30EA"`},
		},
		{
			name:       "a definition older than the callback",
			definition: `{` + json + `"bodyTemplate":"{\"id\":\"{device}\"}"}`,
			body:       `{"id":"2C30EA","rssi":"-120.5","site":"x","tags":[1, "a"],"n":7,"none":null}`,
			want:       []string{`"device":"2C30EA","rssi":-120.5,"extra":{"n":7,"site":"x","tags":[1,"a"]}`},
		},
		{
			name:       "documented names in place of those of the definition",
			definition: `{` + json + `"bodyTemplate":"{\"id\":\"{device}\",\"x\":\"{data}\"}"}`,
			body:       `{"device":"2C30EA","data":"00ff"}`,
			want:       []string{`"device":"2C30EA","data":"00ff"`},
		},
		{
			name:       "a form in place of JSON",
			definition: `{` + json + `"bodyTemplate":"{\"id\":\"{device}\"}"}`,
			header:     http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
			body:       `device=2C30EA&data=00ff`,
			want:       []string{`"device":"2C30EA","data":"00ff"`},
		},
		{
			name: "custom data by the payload configuration",
			definition: `{` + json + `"payloadConfig":"t::int:16 on::bool:7 s:3:char:2",` +
				`"bodyTemplate":"{\"id\":\"{device}\",\"t\":\"{customData#t}\",\"on\":{customData#on},\"s\":\"{customData#s}\"}"}`,
			body: `{"id":"2C30EA","t":"-5","on":true,"s":"12"}`,
			want: []string{`"device":"2C30EA","customData":{"on":true,"s":"12","t":-5}`},
		},
		{
			name:       "custom data decoded from the payload",
			definition: `{` + json + `"payloadConfig":"t::int:16 h::uint:8","bodyTemplate":"{\"id\":\"{device}\",\"d\":\"{data}\",\"t\":{customData#t}}"}`,
			body:       `{"id":"2C30EA","d":"00ff07","t":255}`,
			want:       []string{`"device":"2C30EA","data":"00ff07","customData":{"h":7,"t":255}`},
		},
		{
			name:       "custom data that does not fit its field",
			definition: `{` + json + `"payloadConfig":"t::uint:8","bodyTemplate":"{\"id\":\"{device}\",\"t\":{customData#t}}"}`,
			body:       `{"id":"2C30EA","t":300}`,
			want:       []string{`"device":"2C30EA","customData":{"t":300}`},
		},
		{
			name:       "custom data of unknown type",
			definition: `{` + json + `"bodyTemplate":"{\"id\":\"{device}\",\"t\":{customData#t},\"u\":\"{customData#u}\",\"v\":{customData#v}}"}`,
			body:       `{"id":"2C30EA","t":21.5,"u":"7","v":{customData#v}}`,
			want:       []string{`"device":"2C30EA","customData":{"t":21.5,"u":"7"}`},
		},
		{
			name:       "custom data of unknown type in another layout",
			definition: `{` + json + `"bodyTemplate":"{\"id\":\"{device}\",\"t\":{customData#t},\"u\":\"{customData#u},{customData#w}\"}"}`,
			body:       `{"t": true, "u":"7,8", "id":"2C30EA"}`,
			want:       []string{`"device":"2C30EA","customData":{"t":true,"u":"7","w":"8"}`},
		},
		{
			name:       "no device at all",
			definition: `{` + json + `"bodyTemplate":"{\"lat\":{customData#lat}}","payloadConfig":"lat::float:32"}`,
			body:       `{"lat":51.5}`,
			want:       []string{`"device":"0","customData":{"lat":51.5}`},
		},
		{
			name:       "no device, and a payload too short for a value",
			definition: `{` + json + `"bodyTemplate":"{\"lat\":{customData#lat}}","payloadConfig":"lat::float:32"}`,
			body:       `{"lat":null}`,
			want:       []string{`"device":"0"`},
		},
		{
			name:       "no device nor value in a form",
			definition: `{` + typed + `,"url":"http://h/","bodyTemplate":"lat={customData#lat}&st={station}","payloadConfig":"lat::float:32"}`,
			body:       `lat=null&st=`,
			want:       []string{`"device":"0"`},
		},
		{
			name:       "escaped text",
			definition: `{` + json + `"bodyTemplate":"{\"id\":\"{device}\",\"type\":\"{deviceTypeName}\"}"}`,
			body:       `{"id":"2C30EA","type":"a \"b\" \u00e9\n"}`,
			want:       []string{`"device":"2C30EA","deviceTypeName":"a \"b\" é\n"`},
		},
		{
			name:       "a template that is not JSON",
			definition: `{` + json + `"bodyTemplate":"{\"id\":\"{device}\",\"t\":{customData#t},}"}`,
			body:       `{"id":"2C30EA","t":{customData#t},}`,
			want:       []string{`"device":"2C30EA"`},
		},
		{
			name:       "a template with single quotes",
			definition: `{` + json + `"bodyTemplate":"{'id':'{device}',\r\n 'when': {time}, 'type': '{deviceTypeName}'}"}`,
			body:       "{'id':'2C30EA',\n 'when': 1546929254, 'type': 'it\\\"s'}",
			want:       []string{`"device":"2C30EA","time":1546929254,"deviceTypeName":"it\\\"s"`},
		},
		{
			name:       "a template with a curly quote, whose lines end otherwise",
			definition: `{` + json + `"bodyTemplate":"{\n\"id\":\"{device}\u201d,\n\"x\":\"{data}\"\n}\n"}`,
			body:       "{\r\n\"id\":\"2C30EA\u201d,\r\n\"x\":\"00ff\"\r\n}",
			want:       []string{`"device":"2C30EA","data":"00ff"`},
		},
		{
			name:       "variables in path, query and headers",
			definition: `{` + json + `"headers":{"X-Time":"t={time}","X-Key":"k"},"url":"http://h/d/{device}/up?seq={seqNumber}&k=1","bodyTemplate":"{\"d\":\"{data}\"}"}`,
			target:     "/proxy/d/2C30EA/up?k=1&seq=7",
			header:     http.Header{"X-Time": {"t=1546929254"}},
			body:       `{"d":"00ff"}`,
			want:       []string{`"device":"2C30EA","time":1546929254,"data":"00ff","seqNumber":7`},
		},
		{
			name:       "a path that a proxy changed",
			definition: `{` + json + `"url":"http://h/d/{deviceTypeId}/up","bodyTemplate":"{\"id\":\"{device}\",\"when\":{time}}"}`,
			target:     "/other",
			body:       `{"id":"2C30EA","when":1546929254}`,
			want:       []string{`"device":"2C30EA","time":1546929254`},
		},
		{
			name:       "GET",
			definition: `{"callbackType":0,"callbackSubtype":2,"httpMethod":"GET","urlPattern":"http://h/?id={device}&when={time}&x={data}"}`,
			method:     "GET", target: "/?id=2C30EA&when=1546929254&x=00ff&site=a%20b",
			want: []string{`"device":"2C30EA","time":1546929254,"data":"00ff","extra":{"site":"a b"}`},
		},
		{
			name:       "a form whose query was moved to the front",
			definition: `{` + typed + `,"url":"http://h/p?id={device}","bodyTemplate":"when={time}&x={data}"}`,
			target:     "/p",
			body:       `id=2C30EA&when=1546929254&x=00ff`,
			want:       []string{`"device":"2C30EA","time":1546929254,"data":"00ff"`},
		},
		{
			name:       "a form whose query stayed",
			definition: `{` + typed + `,"url":"http://h/p?id={device}","bodyTemplate":"when={time}"}`,
			target:     "/p?id=2C30EA",
			body:       `when=1546929254`,
			want:       []string{`"device":"2C30EA","time":1546929254`},
		},
		{
			name:       "a form that came as a query",
			definition: `{` + typed + `,"url":"http://h/p?id={device}","bodyTemplate":"when={time}"}`,
			method:     "GET", target: "/p?id=2C30EA&when=1546929254",
			want: []string{`"device":"2C30EA","time":1546929254`},
		},
		{
			name:       "a form of a JSON definition without body",
			definition: `{` + typed + `,"contentType":"application/json","url":"http://h/p?id={device}&when={time}"}`,
			target:     "/p",
			header:     http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
			body:       `id=2C30EA&when=1546929254`,
			want:       []string{`"device":"2C30EA","time":1546929254`},
		},
		{
			name:       "the query of a JSON definition without body",
			definition: `{` + typed + `,"contentType":"application/json","url":"http://h/p?id={device}&when={time}"}`,
			target:     "/p?id=2C30EA&when=1546929254",
			header:     http.Header{"Content-Type": {"application/json"}},
			want:       []string{`"device":"2C30EA","time":1546929254`},
		},
		{
			name:       "a JSON body that the definition lacks",
			definition: `{` + typed + `,"contentType":"application/json","url":"http://h/p?mo={device}&when={time}"}`,
			target:     "/p?mo=2C30EA&when=1546929254",
			body:       `{"n":1,"rssi":-120.5}`,
			want:       []string{`"device":"2C30EA","time":1546929254,"rssi":-120.5,"extra":{"n":1}`},
		},
		{
			name:       "more than constants",
			definition: `{` + json + `"url":"http://h/p?mo={device}","bodyTemplate":"{\"type\":\"up\"}"}`,
			target:     "/p?mo=2C30EA",
			body:       `{"type":"down","n":1,"n":2}`,
			want:       []string{`"device":"2C30EA","extra":{"n":2}`},
		},
		{
			name:       "a JSON body in place of a form that the definition lacks",
			definition: `{` + typed + `,"url":"http://h/p?mo={device}&when={time}"}`,
			target:     "/p?mo=2C30EA&when=1546929254",
			body:       `{}`,
			want:       []string{`"device":"2C30EA","time":1546929254`},
		},
		{
			name:       "a JSON body that the definition lacks, with the device",
			definition: `{` + typed + `,"contentType":"application/json","url":"http://h/p?t={time}"}`,
			target:     "/p?time=1546929254",
			body:       `{"id":"2C30EA","payload":"00ff"}`,
			want:       []string{`"device":"2C30EA","time":1546929254,"data":"00ff"`},
		},
		{
			name:       "a POST form of a definition without method",
			definition: `{"url":"http://h/p?id={device}&when={time}"}`,
			body:       `id=2C30EA&when=1546929254`,
			want:       []string{`"device":"2C30EA","time":1546929254`},
		},
		{
			name:       "PUT",
			definition: `{"httpMethod":"put","url":"http://h/","contentType":"application/json; charset=utf-8","bodyTemplate":"{\"id\":\"{device}\"}"}`,
			method:     "PUT",
			body:       `{"id":"2C30EA"}`,
			want:       []string{`"device":"2C30EA"`},
		},
		{
			name:       "text",
			definition: `{` + typed + `,"url":"http://h/","contentType":"text/plain","bodyTemplate":"id: {device};\r\nx: {data};\r\nt: {time}\r\n"}`,
			body:       "id: 2C30EA;\nx: 00ff;\nt: 1546929254",
			want:       []string{`"device":"2C30EA","time":1546929254,"data":"00ff"`},
		},
		{
			name:       "text without content type",
			definition: `{` + typed + `,"url":"http://h/","bodyTemplate":"{device} / {customData#t}","payloadConfig":"t::uint:8"}`,
			body:       "2C30EA / 21\r\n",
			want:       []string{`"device":"2C30EA","customData":{"t":21}`},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := parseDefinition(t, tt.definition)
			method, target := http.MethodPost, "/"
			if tt.method != "" {
				method = tt.method
			}
			if tt.target != "" {
				target = tt.target
			}
			r := httptest.NewRequest(method, target, strings.NewReader(tt.body))
			maps.Copy(r.Header, tt.header)
			got, status, err := receive[callback.Uplink](t, d, r)
			require.NoError(t, err)
			require.Equal(t, http.StatusNoContent, status)
			require.Len(t, got, len(tt.want))
			for i, line := range lines(got) {
				require.Equal(t, `{"service":"DATA/UPLINK",`+tt.want[i]+`}`, line)
			}
		})
	}
}

// White space that a definition has around its parameters need not arrive.
func TestDefinition_readsBesideWhiteSpace(t *testing.T) {
	t.Parallel()
	const definition = `{"channel":"URL","callbackType":0,"callbackSubtype":2,"payloadConfig":"t::int:8 h::uint:8",`
	const form = definition + `"httpMethod":"POST","url":"http://h/","bodyTemplate":"id={device}&\r\nt={customData#t}&h={customData#h}\n\n"}`
	const query = definition + `"httpMethod":"GET","url":"http://h/?id={device}&t={customData#t}&h={customData#h} "}`
	for _, tt := range []struct{ name, definition, method, target, body string }{
		{"form as written", form, "POST", "/", "id=2C30EA&\r\nt=-5&h=45\n\n"},
		{"form without it", form, "POST", "/", "id=2C30EA&t=-5&h=45"},
		{"query without it", query, "GET", "/?id=2C30EA&t=-5&h=45", ""},
		{"query with it", query, "GET", "/?id=2C30EA&t=-5&h=45%20", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := parseDefinition(t, tt.definition)
			got, _, err := receive[callback.Uplink](t, d, httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body)))
			require.NoError(t, err)
			require.Equal(t, []string{`{"service":"DATA/UPLINK","device":"2C30EA","customData":{"h":45,"t":-5}}`}, lines(got))
		})
	}
}

// A JSON template whose content type was left at the default arrives as the name of a
// parameter, behind those of the URL.
func TestDefinition_readsJSONInForm(t *testing.T) {
	t.Parallel()
	const body = "%7B++%22id%22%3A%222C30EA%22%2C%0D%0A%22p%22%3A%22a%26b%22%2C%22t%22%3A-5%2C%22x%22%3A%22=&%22%7D=\r\n"
	for _, definition := range []string{
		`"contentType":"application/x-www-form-urlencoded",`, "",
	} {
		d := parseDefinition(t, `{"channel":"URL","callbackType":0,"callbackSubtype":2,"httpMethod":"POST","url":"http://h/?n={seqNumber}&k=1",`+
			`"payloadConfig":"t::int:8",`+definition+`"bodyTemplate":"{  \"id\":\"{device}\",\r\n\"p\":\"{deviceTypeName}\",\"t\":{customData#t}}"}`)
		for _, body := range []string{"n=7&k=1&" + body, "n=7&" + strings.ToLower(body[:3]) + body[3:]} {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			got, _, err := receive[callback.Uplink](t, d, r)
			require.NoError(t, err)
			require.Equal(t, []string{`{"service":"DATA/UPLINK","device":"2C30EA","deviceTypeName":"a&b","seqNumber":7,"customData":{"t":-5},"extra":{"x":"&"}}`}, lines(got))
		}
	}
}

// White space at the end of a text may stand before a value that is empty.
// Types of content that the cloud does not offer are what their template looks like.
func TestDefinition_readsOtherContentTypes(t *testing.T) {
	t.Parallel()
	const xml = `<?xml version="1.0"?>` + "\n" + `<m id="{device}"><data>{data}</data></m>`
	for _, tt := range []struct{ name, contentType, template, body string }{
		{"XML", "text/xml", xml, `<?xml version="1.0"?>` + "\n" + `<m id="2C30EA"><data>00ff</data></m>`},
		{"XML with charset", "application/xml; charset=utf-8", xml, `<?xml version="1.0"?>` + "\r\n" + `<m id="2C30EA"><data>00ff</data></m>` + "\r\n"},
		{"XML without type", "", "\n" + xml, `<?xml version="1.0"?>` + "\n" + `<m id="2C30EA"><data>00ff</data></m>`},
		{"CSV", "text/csv", "device,data\n{device},{data}", "device,data\n2C30EA,00ff"},
		{"kind of JSON", "application/vnd.api+json", `{"id":"{device}","a":{"p":"{data}"}}`, `{"a":{"p":"00ff"},"id":"2C30EA"}`},
		{"looks like a form", "application/octet-stream", "id={device}&p={data}", "id=2C30EA&p=00ff"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := callback.Definition{Channel: callback.ChannelURL, URL: "http://h/", Method: "POST", ContentType: tt.contentType, BodyTemplate: tt.template}
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body))
			r.Header.Set("Content-Type", tt.contentType)
			got, status, err := receive[callback.Uplink](t, &d, r)
			require.NoError(t, err)
			require.Equal(t, http.StatusNoContent, status)
			require.Equal(t, []string{`{"service":"DATA/UPLINK","device":"2C30EA","data":"00ff"}`}, lines(got))
		})
	}
}

func TestDefinition_readsTextThatEndsInWhiteSpace(t *testing.T) {
	t.Parallel()
	d := parseDefinition(t, `{"channel":"URL","callbackType":0,"callbackSubtype":2,"httpMethod":"POST","url":"http://h/",`+
		`"contentType":"text/plain","bodyTemplate":"{device}\t{time}\t{data}\r\n"}`)
	for _, tt := range []struct{ body, want string }{
		{"2C30EA\t5\t01ff\r\n", `{"service":"DATA/UPLINK","device":"2C30EA","time":5,"data":"01ff"}`},
		{"2C30EA\t5\t\r\n", `{"service":"DATA/UPLINK","device":"2C30EA","time":5}`},
		{"2C30EA\t5\t", `{"service":"DATA/UPLINK","device":"2C30EA","time":5}`},
	} {
		got, _, err := receive[callback.Uplink](t, d, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body)))
		require.NoError(t, err)
		require.Equal(t, []string{tt.want}, lines(got), tt.body)
	}
}

// Words of people may contain what stands between them and the next variable.
func TestDefinition_readsFreeText(t *testing.T) {
	t.Parallel()
	const want = `{"service":"ERROR","device":"2C30EA","time":1546929254,"info":"No message received since 2019-01-08 06:34:14","severity":"ERROR"}`
	for _, tt := range []struct{ contentType, template, body string }{
		{"text/plain", "{severity} {info} {time} {device}", "ERROR No message received since 2019-01-08 06:34:14 1546929254 2C30EA"},
		{"application/json", `{\"text\":\"{info}: {device}: {severity}: {time}\"}`, `{"text":"No message received since 2019-01-08 06:34:14: 2C30EA: ERROR: 1546929254"}`},
		{"application/x-www-form-urlencoded", "text={severity}-{info}-{device}-{time}", "text=ERROR-No+message+received+since+2019-01-08+06%3A34%3A14-2C30EA-1546929254"},
	} {
		d := parseDefinition(t, `{"channel":"URL","callbackType":2,"httpMethod":"POST","url":"http://h/",`+
			`"contentType":"`+tt.contentType+`","bodyTemplate":"`+tt.template+`"}`)
		got, _, err := receive[callback.ErrorReport](t, d, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body)))
		require.NoError(t, err)
		require.Equal(t, []string{want}, lines(got))
	}
	d := parseDefinition(t, `{"channel":"BATCH_URL","callbackType":0,"callbackSubtype":2,"httpMethod":"POST","url":"http://h/?b={batch}",`+
		`"payloadConfig":"s::char:3","linePattern":"{device};{customData#s};{time}"}`)
	got, _, err := receive[callback.Uplink](t, d, httptest.NewRequest(http.MethodPost, "/", strings.NewReader("b=1%3Ba%3Bb%3B5")))
	require.NoError(t, err)
	require.Equal(t, []string{`{"service":"DATA/UPLINK","device":"1","time":5,"customData":{"s":"a;b"}}`}, lines(got))
}

// The cloud puts the text of a variable where a template has it without quotes, so the
// body need not be JSON.
func TestDefinition_readsBareWords(t *testing.T) {
	t.Parallel()
	d := parseDefinition(t, `{"channel":"URL","callbackType":0,"callbackSubtype":2,"httpMethod":"POST","url":"http://h/","payloadConfig":"s::char:2",`+
		`"contentType":"application/json","bodyTemplate":"{\"id\":{device},\"p\":{data},\"a\":{avgSnr},\"t\":{time},\"s\":{customData#s}}"}`)
	for _, tt := range []struct{ body, want string }{
		{
			`{"id":2C30EA,"p":4142,"a":N/A,"t":5,"s":AB}`,
			`{"service":"DATA/UPLINK","device":"2C30EA","time":5,"data":"4142","customData":{"s":"AB"}}`,
		},
		{
			`{ "t": 5, "id": 1E6AB, "a": 15.5, "p": null, "s": "A" }`,
			`{"service":"DATA/UPLINK","device":"1E6AB","time":5,"avgSnr":15.5,"customData":{"s":"A"}}`,
		},
	} {
		got, _, err := receive[callback.Uplink](t, d, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body)))
		require.NoError(t, err)
		require.Equal(t, []string{tt.want}, lines(got))
	}
}

// Services that collect callbacks forward several JSON bodies at once.
func TestDefinition_readsList(t *testing.T) {
	t.Parallel()
	d := parseDefinition(t, `{"channel":"URL","callbackType":0,"callbackSubtype":2,"httpMethod":"POST","url":"http://h/","payloadConfig":"t::int:8",`+
		`"contentType":"application/json","bodyTemplate":"{\"n\":{\"id\":\"{device}\"},\"s\":{seqNumber},\"t\":{customData#t}}"}`)
	const one, two = `{"n":{"id":"2C30EA"},"s":1,"t":-5}`, `{"t":6,"s":"2","n":{"id":"2C30EB"}}`
	want := []string{
		`{"service":"DATA/UPLINK","device":"2C30EA","seqNumber":1,"customData":{"t":-5}}`,
		`{"service":"DATA/UPLINK","device":"2C30EB","seqNumber":2,"customData":{"t":6}}`,
	}
	documented := `{"service":"DATA/UPLINK","device":"1","seqNumber":3}`
	for _, tt := range []struct {
		name, body string
		want       []string
		err        string
	}{
		{"array", "[" + one + " , " + two + "]", want, ""},
		{"array of one", "\ufeff [" + two + "]\n", want[1:], ""},
		{"lines", one + "\n" + two + "\r\n", want, ""},
		{"documented names among them", `[{"device":"1","seqNumber":3},` + one + "]", append([]string{documented}, want[0]), ""},
		{"value that cannot be read", one + "\n" + `{"n":{"id":"2C30EA"},"s":"x","t":1}`, want[:1], `callback: DATA/UPLINK line 2: seqNumber at offset 61: "x": not an integer`},
		{"no device", "[" + one + `,{"a":1}]`, want[:1], "callback: DATA/UPLINK line 2: device: missing"},
		{"empty array", "[]", nil, ""},
		{"no objects", "[" + one + ",5]", nil, "callback: DATA/UPLINK line 1: device: missing\ncallback: DATA/UPLINK line 2: object expected at offset 36"},
		{"text behind", one + "\n" + two + "x", nil, "*"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := callback.NewParser[callback.Uplink](d)
			require.NoError(t, err)
			got, err := p.Append(nil, callback.Input{ContentType: "application/json", Body: []byte(tt.body)})
			switch tt.err {
			case "":
				require.NoError(t, err)
			case "*":
				require.Error(t, err)
			default:
				require.EqualError(t, err, tt.err)
			}
			require.Equal(t, len(tt.want), len(got))
			require.Equal(t, tt.want, lines(got))
		})
	}
}

func TestDefinition_readsBatch(t *testing.T) {
	t.Parallel()
	const definition = `{"channel":"BATCH_URL","callbackType":0,"callbackSubtype":2,"httpMethod":"POST","linePattern":"{device};{time};{customData#t};","payloadConfig":"t::int:8",`
	const lf, crlf = "2C30EA%3B1546929254%3B-5%3B%0A2C30EB%3B1546929255%3B6%3B", "2C30EA;1546929254;-5;\r\n\r\n2C30EB;1546929255;6;\r\n"
	want := []string{
		`{"service":"DATA/UPLINK","device":"2C30EA","time":1546929254,"customData":{"t":-5}}`,
		`{"service":"DATA/UPLINK","device":"2C30EB","time":1546929255,"customData":{"t":6}}`,
	}
	for _, tt := range []struct{ name, definition, method, target, body string }{
		{"form", definition + `"url":"http://h/b?k=1&v={batch}"}`, "POST", "/b", "k=1&v=" + lf},
		{"query", definition + `"url":"http://h/b?k=1&v={batch}"}`, "GET", "/b?k=1&v=" + lf, ""},
		{"query of a POST", definition + `"url":"http://h/b?k=1&v={batch}"}`, "POST", "/b?k=1&v=" + lf, ""},
		{"path", definition + `"url":"http://h/b/{batch}"}`, "POST", "/b/" + lf, ""},
		{"body", definition + `"url":"http://h/b"}`, "POST", "/b", crlf},
		{"no channel", `{"linePattern":"{device};{time};{customData#t};","payloadConfig":"t::int:8"}`, "POST", "/b", crlf},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := parseDefinition(t, tt.definition)
			r := httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body))
			got, status, err := receive[callback.Uplink](t, d, r)
			require.NoError(t, err)
			require.Equal(t, http.StatusNoContent, status)
			require.Equal(t, want, lines(got))
		})
	}

	t.Run("a bad line", func(t *testing.T) {
		t.Parallel()
		d := parseDefinition(t, definition+`"url":"http://h/b"}`)
		r := httptest.NewRequest(http.MethodPost, "/b", strings.NewReader(crlf+"no line\r\n"))
		got, status, err := receive[callback.Uplink](t, d, r)
		require.Equal(t, want, lines(got))
		require.Equal(t, http.StatusNoContent, status)
		var syntax *callback.SyntaxError
		require.ErrorAs(t, err, &syntax)
		require.Equal(t, 3, syntax.Line)
	})

	t.Run("pattern with the end of a line", func(t *testing.T) {
		t.Parallel()
		d := parseDefinition(t, definition+`"url":"http://h/b?v={batch}"}`)
		d.LinePattern += "\r\n"
		r := httptest.NewRequest(http.MethodPost, "/b", strings.NewReader("v=2C30EA%3B5%3B7%3B%0D%0A%0A2C30EB%3B6%3B8%3B%0D%0A"))
		got, _, err := receive[callback.Uplink](t, d, r)
		require.NoError(t, err)
		require.Len(t, got, 2)
	})

	t.Run("bad lines only", func(t *testing.T) {
		t.Parallel()
		d := parseDefinition(t, definition+`"url":"http://h/b?v={batch}"}`)
		r := httptest.NewRequest(http.MethodPost, "/b", strings.NewReader("v=2C30EA%3B1546929254%3B-5"))
		_, status, err := receive[callback.Uplink](t, d, r)
		require.Equal(t, http.StatusBadRequest, status)
		require.EqualError(t, err, "callback: DATA/UPLINK: line does not match the line pattern at offset 0")
	})

	t.Run("JSON lines in place of the pattern", func(t *testing.T) {
		t.Parallel()
		d := parseDefinition(t, definition+`"url":"http://h/b"}`)
		for _, n := range []int{1, 2, 1000} { // more than errors are kept of
			r := httptest.NewRequest(http.MethodPost, "/b", strings.NewReader(strings.Repeat("{\"device\":\"1\"}\n", n)))
			got, _, err := receive[callback.Uplink](t, d, r)
			require.NoError(t, err)
			require.Len(t, got, n)
		}
	})
}

func TestNewBidirHandler_definition(t *testing.T) {
	t.Parallel()
	d := parseDefinition(t, `{"channel":"URL","callbackType":0,"callbackSubtype":3,"httpMethod":"POST","url":"http://h/",`+
		`"contentType":"application/json","bodyTemplate":"{\"modem\":\"{device}\",\"wants\":{ack}}","downlinkHook":true}`)
	h, err := callback.NewBidirHandler(func(context.Context, callback.Bidir) (downlink.Reply, error) {
		return downlink.Send(downlink.Data{1, 2, 3, 4, 5, 6, 7, 8}), nil
	}, callback.Options{Verifier: callback.Unverified(), Definition: d})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"modem":"002c30ea","wants":true}`)))
	require.JSONEq(t, `{"002c30ea":{"downlinkData":"0102030405060708"}}`, w.Body.String())
}

// What cannot be read is refused as it is without a definition.
func TestDefinition_refuses(t *testing.T) {
	t.Parallel()
	d := parseDefinition(t, `{"channel":"URL","callbackType":0,"callbackSubtype":2,"httpMethod":"POST","url":"http://h/",`+
		`"contentType":"application/json","bodyTemplate":"{\"id\":\"{device}\",\"s\":{seqNumber}}"}`)
	for _, tt := range []struct{ body, field string }{
		{`{"id":"2C30EA","s":99999}`, "seqNumber"},
		{`{"id":"2C30EA","s": 99999 }`, "seqNumber"},
		{`{"id":"modem","s":1}`, "device"},
		{`{"id":null,"s":1}`, "device"},
		{`{}`, "device"},
		{``, "device"},
	} {
		got, status, err := receive[callback.Uplink](t, d, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body)))
		require.Equal(t, http.StatusBadRequest, status, tt.body)
		require.Empty(t, got)
		var field *callback.FieldError
		require.ErrorAs(t, err, &field, tt.body)
		require.Equal(t, tt.field, field.Field, tt.body)
	}
}

// Without device a request has to look like one of the definition.
func TestDefinition_refusesOthersWithoutDevice(t *testing.T) {
	t.Parallel()
	d := parseDefinition(t, `{"channel":"URL","callbackType":0,"callbackSubtype":2,"httpMethod":"POST","url":"http://h/",`+
		`"contentType":"application/json","bodyTemplate":"{\"lat\":{customData#lat}}","payloadConfig":"lat::float:32"}`)
	p, err := callback.NewParser[callback.Uplink](d)
	require.NoError(t, err)
	for _, body := range []string{``, `{}`, `{"n":1}`, `{"n":null}`, `{"device":null}`} {
		got, err := p.Append(nil, callback.Input{Body: []byte(`{"lat":null}`)})
		require.NoError(t, err)
		require.Equal(t, []string{`{"service":"DATA/UPLINK","device":"0"}`}, lines(got))
		got, err = p.Append(nil, callback.Input{Body: []byte(body)})
		require.Empty(t, got)
		var field *callback.FieldError
		require.ErrorAs(t, err, &field, body)
		require.Equal(t, "device", field.Field, body)
	}
}

func TestNewParser_errors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ definition, field string }{
		{`{"callbackType":0,"callbackSubtype":3}`, "callbackType"},
		{`{"payloadConfig":"a"}`, "payloadConfig"},
		{`{"url":"http://{device}/"}`, "url"},
		{`{"headers":{"X":"a\nb"}}`, "headers"},
	} {
		_, err := callback.NewParser[callback.Uplink](parseDefinition(t, tt.definition))
		var problems *callback.DefinitionError
		require.ErrorAs(t, err, &problems, tt.definition)
		require.Len(t, problems.Errors, 1)
		require.Equal(t, tt.field, problems.Errors[0].Field)
	}
	_, err := callback.NewParser[callback.Uplink](nil)
	require.NoError(t, err)
}

// A request without device tells how it differs from the definition.
func TestParser_explainsMissing(t *testing.T) {
	t.Parallel()
	const (
		nested   = `"contentType":"application/json","bodyTemplate":"{\"a\":{\"b\":\"{device}\"},\"t\":{time}}"`
		form     = `"bodyTemplate":"dev={device}&t={time}"`
		text     = `"contentType":"text/plain","bodyTemplate":"<{device}>;{data}"`
		noDevice = `"bodyTemplate":"x={data}"`
		inPath   = `"url":"https://h.example/x/{device}","contentType":"application/json","bodyTemplate":"{\"t\":{time}}"`
		noFormat = ": not what the definition sends: body in another format"
	)
	for _, tt := range []struct{ name, definition, target, body, want string }{
		{"other member", nested, "/", `{"a":{"c":"2C30EA"},"t":1}`, ": missing: it is not where the definition has it"},
		{"not replaced", nested, "/", `{"a":{"b":"{device}"},"t":1}`, ` at offset 10: "{device}": missing: null, N/A or a variable that was not replaced stands there`},
		{"no body", nested, "/", ``, ": missing: the request has no body"},
		{"other parameter", form, "/", `id_x=1&t=1`, ": missing: it is not where the definition has it"},
		{"other format", form, "/", `{"x":1}`, ": missing" + noFormat},
		{"other text", text, "/", "\ufeff2C30EA;00", ": missing: not what the definition sends: template: match {device}: the text before it differs at offset 3"},
		{"none of its variables", noDevice, "/", "y=1", ": missing: the definition sends none, and none of its variables is there"},
		{"variable as a name", `"bodyTemplate":"d[{device}]={data}"`, "/", "d[2C30EA]=00", ": missing: what the definition sends cannot be read back: template: variable {device} in the name of a parameter at offset 2"},
		{"other path", inPath, "/other", `{"t":1}`, ` at offset 1: "other": not a hex digit`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := parseDefinition(t, `{"channel":"URL","callbackType":0,"callbackSubtype":2,"httpMethod":"POST",`+tt.definition+`}`)
			p, err := callback.NewParser[callback.Uplink](d)
			require.NoError(t, err)
			got, err := p.Append(nil, callback.Input{Path: tt.target, Body: []byte(tt.body)})
			require.Empty(t, got)
			require.EqualError(t, err, "callback: DATA/UPLINK: device"+tt.want)
		})
	}
}
