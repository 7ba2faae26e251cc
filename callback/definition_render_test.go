package callback_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/template"
)

func compile(t *testing.T, d callback.Definition) *callback.Compiled {
	t.Helper()
	c, err := d.Compile()
	require.NoError(t, err)
	require.Equal(t, d, c.Definition())
	return c
}

var values1 = template.Map{
	"device": "2C30EA", "time": "1546929254", "data": "00ff", "seqNumber": "7", "deviceTypeName": "a&b \"c\"/d", "rssi": "-120.50",
}

func TestCompiled_Render(t *testing.T) {
	t.Parallel()
	base := callback.Definition{Channel: callback.ChannelURL, Service: callback.DataUplink, URL: "https://h/p"}
	for _, tt := range []struct {
		name   string
		change func(*callback.Definition)
		want   callback.Outgoing
	}{
		{
			"GET",
			func(d *callback.Definition) { d.URL = "https://h/{deviceTypeName}?id={device}&snr={snr}&x={lqi}" },
			callback.Outgoing{Method: "GET", URL: "https://h/a%26b%20%22c%22%2Fd?id=2C30EA&snr=null&x={lqi}", Header: http.Header{}},
		},
		{
			"GET with what no request line can carry",
			func(d *callback.Definition) {
				d.URL = ` https://h/Zürich, 1/{device}?text=Device {device}: 20 °C&json={n:{seqNumber},"a":[1]}&x=<y>|%20 `
			},
			callback.Outgoing{
				Method: "GET", Header: http.Header{},
				URL: "https://h/Z%C3%BCrich,%201/2C30EA?text=Device%202C30EA:%2020%20%C2%B0C&json={n:7,%22a%22:[1]}&x=%3Cy%3E|%20",
			},
		},
		{
			"blank behind the host",
			func(d *callback.Definition) { d.URL = "https://h?text=a b {device}" },
			callback.Outgoing{Method: "GET", URL: "https://h?text=a%20b%202C30EA", Header: http.Header{}},
		},
		{
			"JSON with a byte order mark",
			func(d *callback.Definition) { d.BodyTemplate = "\ufeff" + `{"id":"{device}"}` },
			callback.Outgoing{
				Method: "POST", URL: "https://h/p", Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"id":"2C30EA"}`),
			},
		},
		{
			"form with a query",
			func(d *callback.Definition) {
				d.Method, d.URL, d.BodyTemplate = "POST", "https://h/p?id={device}&n={deviceTypeName}", "t={time}"
			},
			callback.Outgoing{
				Method: "POST", URL: "https://h/p", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
				Body: []byte("id=2C30EA&n=a%26b%20%22c%22%2Fd&t=1546929254"),
			},
		},
		{
			"form without body template",
			func(d *callback.Definition) { d.Method, d.URL = "PUT", "https://h/p?id={device}" },
			callback.Outgoing{
				Method: "PUT", URL: "https://h/p", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
				Body: []byte("id=2C30EA"),
			},
		},
		{
			"JSON with a query, credentials and headers",
			func(d *callback.Definition) {
				d.URL, d.ContentType = "https://us%40er:pa:ss@h/p?k={seqNumber}", "application/json"
				d.BodyTemplate = `{"n":"{deviceTypeName}","rssi":{rssi},"snr":{snr},"lqi":"{lqi}","c":{customData#c}}`
				d.Headers = map[string]string{"x-device": "{device}"}
			},
			callback.Outgoing{
				Method: "POST", URL: "https://h/p?k=7",
				Header: http.Header{"Content-Type": {"application/json"}, "X-Device": {"2C30EA"}, "Authorization": {"Basic dXNAZXI6cGE6c3M="}},
				Body:   []byte(`{"n":"a&b \"c\"/d","rssi":-120.50,"snr":null,"lqi":"{lqi}","c":{customData#c}}`),
			},
		},
		{
			"text",
			func(d *callback.Definition) {
				d.Method, d.ContentType, d.BodyTemplate = "POST", "text/plain", "{device}\r\n{data}"
			},
			callback.Outgoing{
				Method: "POST", URL: "https://h/p", Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte("2C30EA\r\n00ff"),
			},
		},
		{
			"text of another type",
			func(d *callback.Definition) {
				d.URL, d.ContentType, d.BodyTemplate = "https://h/p?k=1", "text/xml", `<m id="{device}">{deviceTypeName}</m>`
			},
			callback.Outgoing{
				Method: "POST", URL: "https://h/p?k=1", Header: http.Header{"Content-Type": {"text/xml"}}, Body: []byte(`<m id="2C30EA">a&b "c"/d</m>`),
			},
		},
		{
			"user without password, no path",
			func(d *callback.Definition) { d.URL = "https://user@h" },
			callback.Outgoing{Method: "GET", URL: "https://h", Header: http.Header{"Authorization": {"Basic dXNlcjo="}}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := base
			tt.change(&d)
			got, err := compile(t, d).Render(values1)
			require.NoError(t, err)
			require.Equal(t, &tt.want, got)
		})
	}
}

func TestCompiled_RenderBatch(t *testing.T) {
	t.Parallel()
	d := callback.Definition{
		Channel: callback.ChannelBatchURL, Service: callback.DataUplink, URL: "https://h/b?k=1&v={batch}", LinePattern: "{device};{data};",
	}
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for _, tt := range []struct {
		name   string
		change func(*callback.Definition)
		want   callback.Outgoing
	}{
		{"form", func(*callback.Definition) {}, callback.Outgoing{
			Method: "POST", URL: "https://h/b", Header: form, Body: []byte("k=1&v=2C30EA%3B00ff%3B%0A1%3Bnull%3B"),
		}},
		{"query", func(d *callback.Definition) { d.Method = "GET" }, callback.Outgoing{
			Method: "GET", URL: "https://h/b?k=1&v=2C30EA%3B00ff%3B%0A1%3Bnull%3B", Header: http.Header{},
		}},
		{"body", func(d *callback.Definition) { d.URL = "https://h/b" }, callback.Outgoing{
			Method: "POST", URL: "https://h/b", Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte("2C30EA;00ff;\n1;null;"),
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := d
			tt.change(&d)
			c := compile(t, d)
			got, err := c.RenderBatch(slices.Values([][]byte{line(t, c, values1), line(t, c, template.Map{"device": "1"})}))
			require.NoError(t, err)
			require.Equal(t, &tt.want, got)
		})
	}
	forged := d
	forged.LinePattern, forged.PayloadConfig = "{device};{customData#s}", "s::char:10"
	payload, err := sigfox.NewPayload([]byte("x\n2C30EB;y"))
	require.NoError(t, err)
	c := compile(t, forged)
	_, err = c.RenderLine(nil, callback.SourceOf(&callback.Uplink{Device: 1, Data: payload}, c))
	require.EqualError(t, err, "template: {customData#s}: line break in a line of a batch")
	noPattern := d
	noPattern.LinePattern = ""
	_, err = compile(t, noPattern).RenderLine(nil, values1)
	require.EqualError(t, err, "callback: definition: linePattern: required")
}

func line(t *testing.T, c *callback.Compiled, src template.Source) []byte {
	t.Helper()
	b, err := c.RenderLine(nil, src)
	require.NoError(t, err)
	return b
}

func TestCompiled_RenderMail(t *testing.T) {
	t.Parallel()
	d := callback.Definition{
		Channel: callback.ChannelEmail, Service: callback.DataUplink, Recipient: "a@example.com", Subject: "{device}", Message: "{deviceTypeName} {x}",
	}
	got, err := compile(t, d).RenderMail(values1)
	require.NoError(t, err)
	require.Equal(t, callback.Mail{Recipient: "a@example.com", Subject: "2C30EA", Message: "a&b \"c\"/d {x}"}, got)
	d.Message = ""
	got, err = compile(t, d).RenderMail(values1)
	require.NoError(t, err)
	require.Empty(t, got.Message)
}

// A value that would add a header or change the path is refused wherever it stands.
func TestCompiled_errors(t *testing.T) {
	t.Parallel()
	evil := template.Map{"deviceTypeName": "a\r\nB: c", "device": ".."}
	for _, d := range []callback.Definition{
		{Service: callback.DataUplink, URL: "https://h/", Headers: map[string]string{"X": "{deviceTypeName}"}},
		{Service: callback.DataUplink, URL: "https://h/{device}"},
	} {
		var refused *template.RenderError
		_, err := compile(t, d).Render(evil)
		require.ErrorAs(t, err, &refused)
	}
	_, err := (&callback.Definition{Service: callback.DataUplink, URL: "http://{device}/", PayloadConfig: "x"}).Compile()
	var problems *callback.DefinitionError
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems.Errors, 2)
}
