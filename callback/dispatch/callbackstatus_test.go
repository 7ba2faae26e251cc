package dispatch_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

func TestCallbackStatus(t *testing.T) {
	t.Parallel()
	batch := callback.Definition{
		Channel: callback.ChannelBatchURL, URL: "https://u:p@example.com/b?key=s3cret&batch={batch}", LinePattern: "{device}",
	}
	mail := callback.Definition{Channel: callback.ChannelEmail, Recipient: "a@example.com"}
	for _, c := range []struct {
		name       string
		definition callback.Definition
		attempt    dispatch.Attempt
		want       string
		ok         bool
	}{
		{
			"delivered",
			callback.Definition{URL: "https://example.com/?id={device}&data={data}"},
			dispatch.Attempt{Method: "GET", Status: 200},
			`{"status":200,"info":"OK","cbDef":"[GET] https://example.com/?id={device}\u0026data={data}","time":1568980330000}`, true,
		},
		{
			"secrets",
			callback.Definition{URL: "https://example.com/{customData#x}?s3cret&id={customData#y}#s3cret"},
			dispatch.Attempt{Method: "GET", Status: 200},
			`{"status":200,"info":"OK","cbDef":"[GET] https://example.com/{customData#x}?xxxxx\u0026id={customData#y}","time":1568980330000}`, true,
		},
		{
			"failed", batch,
			dispatch.Attempt{Method: "POST", Status: 500, Reason: dispatch.ReasonStatus},
			`{"status":500,"info":"Internal Server Error","cbDef":"[POST] https://example.com/b?key=xxxxx\u0026batch={batch}","time":1568980330000}`, false,
		},
		{
			"no answer", batch,
			dispatch.Attempt{Method: "POST", Reason: dispatch.ReasonRefused, Error: "connection refused"},
			`{"status":0,"info":"connection refused","cbDef":"[POST] https://example.com/b?key=xxxxx\u0026batch={batch}","time":1568980330000}`, false,
		},
		{
			"answer broke off", batch,
			dispatch.Attempt{Method: "POST", Status: 200, Reason: dispatch.ReasonProtocol, Error: "broke off"},
			`{"status":0,"info":"broke off","cbDef":"[POST] https://example.com/b?key=xxxxx\u0026batch={batch}","time":1568980330000}`, false,
		},
		{
			"e-mail", mail,
			dispatch.Attempt{},
			`{"status":200,"info":"OK","cbDef":"[EMAIL] a@example.com","time":1568980330000}`, true,
		},
		{
			"e-mail failed", mail,
			dispatch.Attempt{Reason: dispatch.ReasonMail, Error: "no server"},
			`{"status":0,"info":"no server","cbDef":"[EMAIL] a@example.com","time":1568980330000}`, false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.attempt.Start = undeliveredAt
			s := dispatch.NewCallbackStatus(dropOf(t, c.definition).Request.Target, &c.attempt)
			require.Equal(t, c.ok, s.OK())
			got, err := json.Marshal(dispatch.CallbackStatuses{s})
			require.NoError(t, err)
			require.Equal(t, "["+c.want+"]", string(got))
			var back dispatch.CallbackStatuses
			require.NoError(t, json.Unmarshal(got, &back))
			require.Equal(t, dispatch.CallbackStatuses{s}, back)
		})
	}
}
