package callback_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

// The resource as API v2 answers it, as API v1 and old answers wrote it.
func TestDefinition_UnmarshalJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       callback.Definition
	}{
		{
			name: "API v2",
			text: `{"id":"5730510c7f071f9afd2bb2b7","channel":"URL","callbackType":0,"payloadConfig":"int1::uint:8 int2::uint:8",
				"callbackSubtype":2,"enabled":true,"sendDuplicate":false,"dead":false,"downlinkHook":false,
				"url":"http://myserver.com/sigfox/callback","contentType":"application/x-www-form-urlencoded","httpMethod":"POST",
				"sendSni":false,"headers":[{"key1":"value1"},{"key2":"value2"}]}`,
			want: callback.Definition{
				ID: "5730510c7f071f9afd2bb2b7", Channel: callback.ChannelURL, Service: callback.DataUplink,
				PayloadConfig: "int1::uint:8 int2::uint:8", Enabled: true, URL: "http://myserver.com/sigfox/callback",
				ContentType: "application/x-www-form-urlencoded", Method: "POST",
				Headers: map[string]string{"key1": "value1", "key2": "value2"},
			},
		},
		{
			name: "API v2 batch",
			text: `{"channel":"BATCH_URL","callbackType":0,"callbackSubtype":2,"enabled":true,"url":"http://h/b","httpMethod":"POST","linePattern":"{device};{time};{data}"}`,
			want: callback.Definition{
				Channel: callback.ChannelBatchURL, Service: callback.DataUplink, Enabled: true, URL: "http://h/b", Method: "POST",
				LinePattern: "{device};{time};{data}",
			},
		},
		{
			name: "API v2 e-mail, without subtype",
			text: `{"id":"5730510c7f071f9afd2bb2b8","channel":"EMAIL","callbackType":0,"enabled":true,"sendDuplicate":false,"dead":false,
				"recipient":"your@email.com","subject":"Your subject","message":"Your message: {time} {data}"}`,
			want: callback.Definition{
				ID: "5730510c7f071f9afd2bb2b8", Channel: callback.ChannelEmail, Enabled: true,
				Recipient: "your@email.com", Subject: "Your subject", Message: "Your message: {time} {data}",
			},
		},
		{
			name: "API v1",
			text: `{"channel":"URL","callbackType":1,"callbackSubtype":0,"urlPattern":"http://h/s","httpMethod":"GET","headers":{"key1":"value1"},"sendDuplicate":true}`,
			want: callback.Definition{
				Channel: callback.ChannelURL, Service: callback.ServiceStatus, URL: "http://h/s", Method: "GET",
				Headers: map[string]string{"key1": "value1"}, SendDuplicate: true,
			},
		},
		{
			name: "both names of the address, the newer empty",
			text: `{"url":"","urlPattern":"http://h/"}`,
			want: callback.Definition{URL: "http://h/"},
		},
		{
			name: "ERROR without subtype, dead, with downlink hook",
			text: `{"channel":"URL","callbackType":2,"dead":true,"downlinkHook":true,"sendSni":true}`,
			want: callback.Definition{Channel: callback.ChannelURL, Service: callback.ErrorCallback, Dead: true, DownlinkHook: true, SendSNI: true},
		},
		{
			name: "ERROR with a subtype",
			text: `{"callbackType":2,"callbackSubtype":0}`,
			want: callback.Definition{Service: callback.ErrorCallback},
		},
		{
			name: "connectors of the cloud",
			text: `{"channel":"AZURE_IOT_HUB","callbackType":0,"callbackSubtype":2,"bodyTemplate":"{}"}`,
			want: callback.Definition{Channel: "AZURE_IOT_HUB", Service: callback.DataUplink, BodyTemplate: "{}"},
		},
		{
			name: "case, null and unknown members",
			text: `{"Channel":"url","httpmethod":"post","headers":null,"callbackSubtype":null,"payloadConfig":null,"type":"data","x":[1]}`,
			want: callback.Definition{Channel: callback.ChannelURL, Method: "POST"},
		},
		{
			name: "EVENT",
			text: `{"service":"EVENT","channel":"EMAIL","callbackType":null,"recipient":"a@example.com"}`,
			want: callback.Definition{Channel: callback.ChannelEmail, Service: callback.EventCallback, Recipient: "a@example.com"},
		},
		{
			name: "a service of somebody's own",
			text: `{"service":{"EVENT":1},"callbackType":0,"callbackSubtype":2}`,
			want: callback.Definition{Service: callback.DataUplink},
		},
		{name: "no service of that number", text: `{"callbackType":7,"callbackSubtype":1}`},
		{name: "empty", text: `{}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := callback.Definition{URL: "overwritten"}
			require.NoError(t, json.Unmarshal([]byte(tt.text), &d))
			require.Equal(t, tt.want, d)
		})
	}
	for _, text := range []string{`{"service":"EVENT","callbackType":1}`, `{"service":"EVENT","callbackSubtype":6}`} {
		require.EqualError(t, json.Unmarshal([]byte(text), new(callback.Definition)),
			"callback: definition: EVENT has no callbackType and no callbackSubtype")
	}
}

// What cannot be a member is told as the API tells it.
func TestDefinition_UnmarshalJSON_types(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]callback.DefinitionProblem{
		`[]`:                                {Message: "must be an object, not array"},
		`"DATA"`:                            {Message: "must be an object, not string"},
		`{"channel":1}`:                     {Field: "channel", Message: "must be a string, not number"},
		`{"urlPattern":{}}`:                 {Field: "urlPattern", Message: "must be a string, not object"},
		`{"headers":[1]}`:                   {Field: "headers", Message: "must be an object of strings, not number"},
		`{"headers":{"a":1}}`:               {Field: "headers", Message: "must be an object of strings, not number"},
		`{"headers":[{"A":"1"},{"A":"2"}]}`: {Field: "headers", Message: "A is given twice"},
		`{"headers":"var1::bool:1"}`:        {Field: "headers", Message: "must be an object of strings, not string"},
		`{"callbackType":"DATA"}`:           {Field: "callbackType", Message: "must be a whole number, not string"},
		`{"callbackSubtype":2.5}`:           {Field: "callbackSubtype", Message: "must be a whole number, not number 2.5"},
		`{"channel":"URL","enabled":"no"}`:  {Field: "enabled", Message: "must be true or false, not string"},
	} {
		err := json.Unmarshal([]byte(text), new(callback.Definition))
		var wrong *callback.DefinitionError
		require.ErrorAs(t, err, &wrong, text)
		want.Type = "body"
		require.Equal(t, []callback.DefinitionProblem{want}, wrong.Errors, text)
		require.NotContains(t, err.Error(), ": :", text)
		require.ErrorContains(t, err, "callback: definition: "+strings.TrimPrefix(want.Field+": ", ": ")+want.Message)
	}
	require.ErrorContains(t, new(callback.Definition).UnmarshalJSON([]byte(`{`)), "callback: definition: ")
}

func TestDefinition_MarshalJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		d    callback.Definition
		want string
	}{
		{
			"URL",
			callback.Definition{
				ID: "a", Channel: callback.ChannelURL, Service: callback.DataBidir, PayloadConfig: "p", Enabled: true, Dead: true,
				DownlinkHook: true, URL: "u", Method: "PUT", Headers: map[string]string{"k": "v"}, SendSNI: true,
				ContentType: "text/plain", BodyTemplate: "b",
			},
			`{"id":"a","channel":"URL","callbackType":0,"callbackSubtype":3,"payloadConfig":"p","enabled":true,"dead":true,"downlinkHook":true,` +
				`"url":"u","httpMethod":"PUT","headers":{"k":"v"},"sendSni":true,"bodyTemplate":"b","contentType":"text/plain"}`,
		},
		{
			"e-mail of ERROR",
			callback.Definition{Channel: callback.ChannelEmail, Service: callback.ErrorCallback, Recipient: "r", Subject: "s", Message: "m"},
			`{"channel":"EMAIL","callbackType":2,"enabled":false,"recipient":"r","subject":"s","message":"m"}`,
		},
		{
			"EVENT",
			callback.Definition{Channel: callback.ChannelURL, Service: callback.EventCallback, URL: "u", Method: "POST"},
			`{"service":"EVENT","channel":"URL","enabled":false,"url":"u","httpMethod":"POST"}`,
		},
		{
			"API v1 and a line pattern",
			callback.Definition{Channel: callback.ChannelBatchURL, LinePattern: "l", SendDuplicate: true},
			`{"channel":"BATCH_URL","enabled":false,"linePattern":"l","sendDuplicate":true}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(tt.d)
			require.NoError(t, err)
			require.JSONEq(t, tt.want, string(got))
			var back callback.Definition
			require.NoError(t, json.Unmarshal(got, &back))
			require.Equal(t, tt.d, back)
		})
	}
}

// No definition makes anything panic, and what was written reads back.
func FuzzDefinition(f *testing.F) {
	for _, p := range corpus(f) {
		text, err := json.Marshal(p.Definition)
		require.NoError(f, err)
		f.Add(text, []byte(`{"device":"2C30EA","x":1}`))
	}
	f.Add([]byte(`{"service":"EVENT","url":"http://h/{eventType}","bodyTemplate":"t={time}&i={deviceInfo}"}`), []byte(`t=1&i={}`))
	f.Add([]byte(`{"headers":[{"a":"{time}"},{"A":"x"}],"url":"http://a:b@h/{device}?x={batch}"}`), []byte(`device=1`))
	f.Fuzz(func(t *testing.T, text, body []byte) {
		var d callback.Definition
		if json.Unmarshal(text, &d) != nil {
			return
		}
		first, err := json.Marshal(d)
		require.NoError(t, err)
		var back callback.Definition
		require.NoError(t, json.Unmarshal(first, &back))
		second, err := json.Marshal(back)
		require.NoError(t, err)
		require.Equal(t, string(first), string(second))

		valid := d.Validate() == nil
		c, err := d.Compile()
		if err != nil {
			require.False(t, valid, "a valid definition compiles: %v", err)
			return
		}
		m := callback.Uplink{Device: 0x2C30EA}
		_, _ = c.Render(callback.SourceOf(&m, c))
		_, _ = c.RenderMail(callback.SourceOf(&m, c))
		d.Service = 0
		if p, err := callback.NewParser[callback.Uplink](&d); err == nil {
			_, _ = p.Append(nil, callback.Input{ContentType: d.ContentType, Path: "/a/b", Query: "x=1", Body: body})
		}
	})
}
