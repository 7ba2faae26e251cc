package callback_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/downlink"
)

// logTo returns a logger whose text has all that is logged at the level and above.
func logTo(b *bytes.Buffer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

func TestHandler_log(t *testing.T) {
	t.Parallel()
	const payload = "0badc0ffee"
	urlSecret, err := callback.QuerySecret("key", secret)
	require.NoError(t, err)
	withHeader := func(r *http.Request) *http.Request {
		r.Header.Set("Authorization", "Bearer "+secret)
		return r
	}
	tests := []struct {
		name     string
		request  *http.Request
		verifier callback.Verifier
		fail     error
		want     string
	}{
		{"success", withHeader(newRequest("POST", "/", "", `{"device":"1","data":"`+payload+`"}`)), bearer(t), nil, ""},
		{
			"wrong header", withHeader(newRequest("POST", "/", "", "")), urlSecret, nil,
			`{"level":"WARN","msg":"callback refused","service":"DATA/UPLINK","status":401,"reason":"callback: request not verified: query parameter key missing or repeated"}`,
		},
		{
			"wrong secret", newRequest("POST", "/?key=x"+secret, "", ""), urlSecret, nil,
			`{"level":"WARN","msg":"callback refused","service":"DATA/UPLINK","status":401,"reason":"callback: request not verified: query parameter key wrong"}`,
		},
		{
			"bad value", newRequest("POST", "/?key="+secret, "", `{"device":"1","data":"`+payload+`xyz"}`), urlSecret, nil,
			`{"level":"WARN","msg":"callback refused","service":"DATA/UPLINK","status":400,"reason":"not a hex digit","field":"data","offset":21,"line":0}`,
		},
		{
			"bad number", newRequest("POST", "/?key="+secret, "", `{"device":"1","time":"`+payload+`"}`), urlSecret, nil,
			`{"level":"WARN","msg":"callback refused","service":"DATA/UPLINK","status":400,"reason":"not an integer","field":"time","offset":21,"line":0}`,
		},
		{
			"broken JSON", newRequest("POST", "/?key="+secret, "", `{"data":"`+payload+`";}`), urlSecret, nil,
			`{"level":"WARN","msg":"callback refused","service":"DATA/UPLINK","status":400,"reason":"callback: DATA/UPLINK: comma or end expected at offset 20"}`,
		},
		{
			"bad lines", newRequest("POST", "/?key="+secret, "", `{"device":"1"}`+"\n"+`{"device":"`+payload+`x"}`+"\n"+`{"data":"`+payload+`"}`), urlSecret, nil,
			`{"level":"WARN","msg":"message of a batch skipped","service":"DATA/UPLINK","status":400,"reason":"more than 32 bits","field":"device","offset":25,"line":2}` + "\n" +
				`{"level":"WARN","msg":"message of a batch skipped","service":"DATA/UPLINK","status":400,"reason":"missing","field":"device","offset":0,"line":3}`,
		},
		{
			"only bad lines", newRequest("POST", "/?key="+secret, "", `{"data":"`+payload+`";`+"\n"+`{"data":"`+payload+`"}`), urlSecret, nil,
			`{"level":"WARN","msg":"callback refused","service":"DATA/UPLINK","status":400,"reason":"missing","field":"device","offset":0,"line":2}`,
		},
		{
			"failing function", newRequest("GET", "/?device=1&key="+secret, "", ""), urlSecret, errors.New("disk full"),
			`{"level":"ERROR","msg":"callback refused","service":"DATA/UPLINK","status":500,"reason":"disk full"}`,
		},
		{
			"body above the limit", newRequest("POST", "/?key="+secret, "", strings.Repeat(payload, 7000)), urlSecret, nil,
			`{"level":"WARN","msg":"callback refused","service":"DATA/UPLINK","status":413,"reason":"callback: request too large: the body has more than the 65536 bytes of Options.MaxBytes"}`,
		},
		{
			"query above the limit", newRequest("GET", "/?key="+secret+"&data="+strings.Repeat(payload, 7000), "", ""), urlSecret, nil,
			`{"level":"WARN","msg":"callback refused","service":"DATA/UPLINK","status":413,"reason":"callback: request too large: the query has more than the 65536 bytes of Options.MaxBytes"}`,
		},
		{
			"placeholder", newRequest("POST", "/?key="+secret, "", `{"device":"{device}","data":"`+payload+`"}`), urlSecret, nil,
			`{"level":"WARN","msg":"callback refused","service":"DATA/UPLINK","status":400,"reason":"missing: null, N/A or a variable that was not replaced stands there","field":"device","offset":10,"line":0}`,
		},
		{
			"method", newRequest("DELETE", "/?key="+secret, "", ""), urlSecret, nil,
			`{"level":"WARN","msg":"callback refused","service":"DATA/UPLINK","status":405,"reason":"callback: method not allowed: \"DELETE\""}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			h := newHandler(t, func(context.Context, callback.Uplink) error { return tt.fail }, callback.Options{
				Verifier: tt.verifier, Logger: logTo(&log, slog.LevelInfo),
			})
			callbacktest.Deliver(h, tt.request)
			require.Equal(t, tt.want, strings.TrimSpace(log.String()))
			require.NotContains(t, log.String(), secret)
			require.NotContains(t, log.String(), payload)
		})
	}
}

func TestHandler_logDebug(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := newHandler(t, func(context.Context, callback.Uplink) error { return nil }, callback.Options{Logger: logTo(&log, slog.LevelDebug)})
	callbacktest.Deliver(h, newRequest("GET", "/?device=none", "", ""))
	require.JSONEq(t, `{"level":"WARN","msg":"callback refused","service":"DATA/UPLINK","status":400,"reason":"not a hex digit",`+
		`"field":"device","offset":7,"line":0,"error":"callback: DATA/UPLINK: device at offset 7: \"none\": not a hex digit"}`, log.String())

	log.Reset()
	h = newHandler(t, func(context.Context, callback.Uplink) error { return nil }, callback.Options{Logger: logTo(&log, slog.LevelError)})
	callbacktest.Deliver(h, newRequest("GET", "/?device=none", "", ""))
	require.Empty(t, log.String(), "the level is respected")
}

// Data for a device that does not listen is a mistake worth a line.
func TestBidirHandler_log(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := newBidir(t, func(context.Context, callback.Bidir) (downlink.Reply, error) {
		return downlink.Send(downlink.Data{0xab, 0xcd}), nil
	}, callback.Options{Logger: logTo(&log, slog.LevelInfo)})
	callbacktest.Deliver(h, newRequest("POST", "/", "", `{"device":"2c30ea","ack":false}`))
	require.JSONEq(t, `{"level":"WARN","msg":"downlink not sent: the device did not ask","service":"DATA/BIDIR","device":"2C30EA"}`, log.String())
	log.Reset()
	callbacktest.Deliver(h, newRequest("POST", "/", "", `{"device":"2c30ea"}`))
	require.JSONEq(t, `{"level":"WARN","msg":"downlink not sent: the request does not tell {ack}","service":"DATA/BIDIR","device":"2C30EA"}`, log.String())
	log.Reset()
	callbacktest.Deliver(h, newRequest("POST", "/", "", `{"device":"2c30ea","ack":true}`))
	require.Empty(t, log.String())
}

// The cloud moves the parameters of the URL into the body of a form, with the
// secret among them.
func TestQuerySecret_inForm(t *testing.T) {
	t.Parallel()
	verifier, err := callback.QuerySecret("key", secret, "the old one")
	require.NoError(t, err)
	both, err := callback.AllOf(verifier, callback.VerifierFunc(func(*http.Request) error { return nil }))
	require.NoError(t, err)
	either, err := callback.AnyOf(bearer(t), verifier)
	require.NoError(t, err)
	for name, v := range map[string]callback.Verifier{"alone": verifier, "AllOf": both, "AnyOf": either} {
		for _, tt := range []struct {
			name, method, query, contentType, body string
			status                                 int
		}{
			{"query", "GET", "key=" + secret + "&device=1&note=x", "", "", 204},
			{"query and JSON", "POST", "key=" + secret, typeJSON, `{"device":"1","note":"x"}`, 204},
			{"form", "POST", "", typeForm, "key=" + secret + "&device=1&note=x", 204},
			{"form with charset", "POST", "", typeForm + "; charset=utf-8", "device=1&note=x&key=the+old+one", 204},
			{"form without label", "POST", "", "", "device=1&note=x&key=" + secret, 204},
			{"both", "POST", "key=" + secret + "&device=1", typeForm, "key=" + secret + "&device=1&note=x", 204},

			{"form, wrong", "POST", "", typeForm, "key=wrong&device=1", 401},
			{"form, none", "POST", "", typeForm, "device=1", 401},
			{"form, repeated with another", "POST", "", typeForm, "key=" + secret + "&key=wrong&device=1", 401},
			{"query wrong, form right", "POST", "key=wrong", typeForm, "key=" + secret + "&device=1", 401},
			{"JSON", "POST", "", typeJSON, `{"key":"` + secret + `","device":"1"}`, 401},
			{"query of a GET", "GET", "device=1", typeForm, "", 401},
			{"form, too large", "POST", "", typeForm, "device=1&key=" + secret + strings.Repeat("&a=b", 20_000), 413},
		} {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				var rec callbacktest.Recorder[callback.Uplink]
				h := newHandler(t, rec.Handle, callback.Options{Verifier: v})
				w := callbacktest.Deliver(h, newRequest(tt.method, "/?"+tt.query, tt.contentType, tt.body))
				require.Equal(t, tt.status, w.Code)
				if tt.status != http.StatusNoContent {
					require.Empty(t, rec.Messages())
					return
				}
				require.Equal(t, []callback.Uplink{{Device: 1, Extra: callback.Extra{"note": []byte(`"x"`)}}}, rec.Messages(), "without the secret")
			})
		}
	}
}

// A parameter that is no secret of the verifier is kept.
func TestHandler_constants(t *testing.T) {
	t.Parallel()
	var rec callbacktest.Recorder[callback.Uplink]
	h := newHandler(t, rec.Handle, callback.Options{})
	callbacktest.Deliver(h, newRequest("GET", "/?device=1&key=public", "", ""))
	require.Equal(t, []callback.Uplink{{Device: sigfox.DeviceID(1), Extra: callback.Extra{"key": []byte(`"public"`)}}}, rec.Messages())
}
