package dispatch_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

func TestUndeliveredContents(t *testing.T) {
	t.Parallel()
	failed := func(a dispatch.Attempt) func(*dispatch.Drop) {
		return func(d *dispatch.Drop) { d.Attempts = []dispatch.Attempt{{Number: 1, Status: 500}, a} }
	}
	refused := func(c dispatch.DropCause) func(*dispatch.Drop) {
		return func(d *dispatch.Drop) { d.Attempts, d.Cause = nil, c }
	}
	for _, c := range []struct {
		name       string
		definition callback.Definition
		change     func(*dispatch.Drop)
		want       string
	}{
		{
			"the last attempt counts",
			callback.Definition{URL: "https://example.com/{device}", Method: "GET"},
			failed(dispatch.Attempt{Status: 503, Reason: dispatch.ReasonStatus}),
			`"status":503,"message":"Service Unavailable","callback":{"url":"https://example.com/1234AB","headers":{},"method":"GET"}`,
		},
		{
			"no answer",
			callback.Definition{URL: "https://example.com/", Method: "GET"},
			failed(dispatch.Attempt{Reason: dispatch.ReasonTimeout, Error: "timeout after 10s"}),
			`"status":0,"message":"timeout after 10s","callback":{"url":"https://example.com/","headers":{},"method":"GET"}`,
		},
		{
			"no whole answer",
			callback.Definition{URL: "https://example.com/", Method: "GET"},
			failed(dispatch.Attempt{Status: 200, Reason: dispatch.ReasonTimeout, Error: "timeout after 10s"}),
			`"status":0,"message":"timeout after 10s","callback":{"url":"https://example.com/","headers":{},"method":"GET"}`,
		},
		{
			"an address inside",
			callback.Definition{URL: "https://example.com/", Method: "GET"},
			failed(dispatch.Attempt{Reason: dispatch.ReasonForbidden, Error: "forbidden: 10.1.2.3 is not permitted"}),
			`"status":0,"message":"The address must not be called","callback":{"url":"https://example.com/","headers":{},"method":"GET"}`,
		},
		{
			"status without phrase",
			callback.Definition{URL: "https://example.com/", Method: "GET"},
			failed(dispatch.Attempt{Status: 799, Reason: dispatch.ReasonStatus}),
			`"status":799,"message":"status","callback":{"url":"https://example.com/","headers":{},"method":"GET"}`,
		},
		{
			"no request",
			callback.Definition{URL: "https://example.com/", Method: "GET"},
			failed(dispatch.Attempt{Reason: dispatch.ReasonSign, Error: "signer: no key"}),
			`"status":0,"message":"signer: no key","callback":{"url":"https://example.com/","headers":{},"method":"GET","error":"signer: no key"}`,
		},
		{
			"never tried",
			callback.Definition{URL: "https://example.com/", Method: "GET"},
			refused(dispatch.DropQueueFull),
			`"status":0,"message":"Too many messages wait for the callback","callback":{"url":"https://example.com/","headers":{},"method":"GET"}`,
		},
		{
			"secrets of URL and headers",
			callback.Definition{
				URL: "https://user:{device}@example.com/{device}?id={device}&key=s3cret&x=s{device}&flag", Method: "GET",
				Headers: map[string]string{"X-Key": "s3cret"},
			},
			refused(dispatch.DropDisabled),
			`"status":0,"message":"The callback is disabled","callback":{"url":"https://example.com/1234AB?id=1234AB\u0026key=xxxxx\u0026x=xxxxx\u0026xxxxx",` +
				`"headers":{"Authorization":"xxxxx","X-Key":"xxxxx"},"method":"GET"}`,
		},
		{
			"a form took them over",
			callback.Definition{
				URL: "https://example.com/?key=s3cret&id={device}", Method: "POST", BodyTemplate: "data={data}&fixed=1",
				ContentType: "application/x-www-form-urlencoded",
			},
			refused(dispatch.DropExpired),
			`"status":0,"message":"Not delivered in time","callback":{"url":"https://example.com/","headers":{},"method":"POST",` +
				`"contentType":"application/x-www-form-urlencoded","body":"key=xxxxx\u0026id=1234AB\u0026data=0b7527bf052bffa9000403f5\u0026fixed=1"}`,
		},
		{
			"a form with parameters took them over",
			callback.Definition{
				URL: "https://example.com/?key=s3cret&id={device}", Method: "POST", BodyTemplate: "key=s3cret&x={data}",
				ContentType: "Application/x-www-form-urlencoded; charset=utf-8",
			},
			refused(dispatch.DropExpired),
			`"status":0,"message":"Not delivered in time","callback":{"url":"https://example.com/","headers":{},"method":"POST",` +
				`"contentType":"Application/x-www-form-urlencoded; charset=utf-8",` +
				`"body":"key=xxxxx\u0026id=1234AB\u0026key=xxxxx\u0026x=0b7527bf052bffa9000403f5"}`,
		},
		{
			"a secret without a name",
			callback.Definition{URL: "https://example.com/?s3cret&{data}#s3cret", Method: "GET"},
			refused(dispatch.DropDisabled),
			`"status":0,"message":"The callback is disabled","callback":{` +
				`"url":"https://example.com/?xxxxx\u00260b7527bf052bffa9000403f5","headers":{},"method":"GET"}`,
		},
		{
			"a secret whose name is a variable",
			callback.Definition{URL: "https://example.com/{customData#x}?{device}=s3cret", Method: "GET"},
			refused(dispatch.DropDisabled),
			`"status":0,"message":"The callback is disabled","callback":{"url":"https://example.com/{customData%23x}?1234AB=xxxxx",` +
				`"headers":{},"method":"GET"}`,
		},
		{
			"a password that makes the URL invalid",
			callback.Definition{URL: "https://user:p?s3cret@example.com/", Method: "GET"},
			refused(dispatch.DropDisabled),
			`"status":0,"message":"The callback is disabled","callback":{"url":"https://xxxxx","headers":{},"method":"GET"}`,
		},
		{
			"a fragment",
			callback.Definition{URL: "https://example.com/#s3cret", Method: "GET"},
			refused(dispatch.DropDisabled),
			`"status":0,"message":"The callback is disabled","callback":{"url":"https://example.com/","headers":{},"method":"GET"}`,
		},
		{
			"text",
			callback.Definition{URL: "https://example.com/", Method: "PUT", ContentType: "text/plain", BodyTemplate: "{data} {"},
			refused(dispatch.DropDiscarded),
			`"status":0,"message":"Discarded","callback":{"url":"https://example.com/","headers":{},"method":"PUT","contentType":"text/plain",` +
				`"body":"0b7527bf052bffa9000403f5 {"}`,
		},
		{
			"batch",
			callback.Definition{
				Channel: callback.ChannelBatchURL, URL: "https://u:p@example.com?key=s&batch={batch}", LinePattern: "{device};{data}",
			},
			refused(dispatch.DropFinal),
			`"status":0,"message":"Not delivered","callback":{"url":"https://example.com?key=xxxxx\u0026batch={batch}","headers":{},"method":"POST",` +
				`"body":"1234AB;0b7527bf052bffa9000403f5"}`,
		},
		{
			"e-mail",
			callback.Definition{Channel: callback.ChannelEmail, Recipient: "a@example.com", Subject: "Device {device}", Message: "{data}"},
			failed(dispatch.Attempt{Reason: dispatch.ReasonMail, Error: "no server"}),
			`"status":0,"message":"no server","callback":{"subject":"Device 1234AB","message":"0b7527bf052bffa9000403f5"}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLog(t, dispatch.UndeliveredOptions{})
			l.Add(dropOf(t, c.definition, c.change))
			u := l.Page(dispatch.UndeliveredQuery{}).Data[0]
			got, err := json.Marshal(u)
			require.NoError(t, err)
			_, tail, _ := strings.Cut(string(got), `"data":"0b7527bf052bffa9000403f5",`)
			require.Equal(t, c.want+"}", tail)
			require.NotContains(t, string(got), "s3cret")
		})
	}
}

func TestUndeliveredKeepsNothingOfTheRequest(t *testing.T) {
	t.Parallel()
	l := newLog(t, dispatch.UndeliveredOptions{})
	d := dropOf(t, seenDefinition())
	l.Add(d)
	clear(d.Request.HTTP.Body)
	clear(d.Attempts)
	u := l.Page(dispatch.UndeliveredQuery{}).Data[0]
	require.Equal(t, `{"device":"1234AB","time":1568980330,"data":"0b7527bf052bffa9000403f5"}`, u.Callback.Body)
	require.Equal(t, 404, u.Status)
	require.Equal(t, cbID, u.CallbackID)
	require.Equal(t, ownerGroup, u.GroupID)
	require.Equal(t, callback.DataUplink, u.Service)
	require.Equal(t, 1, u.Attempts)
	require.Equal(t, dispatch.DropAttempts, u.Cause)
	require.Equal(t, d.At, u.At)

	l.Add(dispatch.Drop{At: d.At})
	require.Equal(t, d.At, l.Page(dispatch.UndeliveredQuery{Limit: 1}).Data[0].Time, "without a time of its own")
}
