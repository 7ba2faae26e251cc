package callbacktest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/event"
)

// post is a definition with names of its own.
func post(s callback.Service, body string) callback.Definition {
	return callback.Definition{
		Channel: callback.ChannelURL, Service: s, Method: http.MethodPost, URL: "https://example.com/x/{device}",
		ContentType: "application/json", BodyTemplate: body, Headers: map[string]string{"X-Key": "k"},
	}
}

// What a definition sends of a message its handler receives.
func TestNewRequestBy(t *testing.T) {
	t.Parallel()
	const body = `{"id":"{device}","at":{time}}`
	testDefined(t, body, callbacktest.Uplink(), func(m *callback.Uplink) { m.DeviceTypeID, m.Data = "", callback.Uplink{}.Data; m.SeqNumber.Clear() })
	testDefined(t, `{"id":"{device}","at":{time},"a":{ack}}`, callbacktest.Bidir(), func(m *callback.Bidir) {
		m.DeviceTypeID, m.Data = "", callback.Bidir{}.Data
		m.SeqNumber.Clear()
		m.LongPolling.Clear()
		m.DeviceText, _ = sigfox.NewDeviceText("2C30EA")
	})
	testDefined(t, `{"id":"{device}","at":{time},"v":{batt}}`, callbacktest.Status(), func(m *callback.Status) { m.SeqNumber.Clear(); m.Temp.Clear() })
	testDefined(t, body, callbacktest.Acknowledge(), func(m *callback.Acknowledge) {
		*m = callback.Acknowledge{Device: m.Device, Time: m.Time}
	})
	testDefined(t, body, callbacktest.Repeater(), func(m *callback.Repeater) { *m = callback.Repeater{Device: m.Device, Time: m.Time} })
	testDefined(t, `{"id":"{device}","at":{time},"where":{computedLocation}}`, callbacktest.DataAdvanced(), func(m *callback.DataAdvanced) {
		*m = callback.DataAdvanced{Device: m.Device, Time: m.Time, ComputedLocation: m.ComputedLocation}
	})
	testDefined(t, body, callbacktest.Geoloc(), func(m *callback.Geoloc) { *m = callback.Geoloc{Device: m.Device, Time: m.Time} })
	testDefined(t, `{"id":"{device}","at":{time},"text":"{info}"}`, callbacktest.ErrorReport(), func(m *callback.ErrorReport) { m.Severity = "" })
}

// testDefined sends a message; change takes from it what the template lacks.
func testDefined[M callback.Message](t *testing.T, body string, m M, change func(*M)) {
	t.Helper()
	d := post(m.Service(), body)
	var rec callbacktest.Recorder[M]
	h, err := callback.NewHandler(rec.Handle, callback.Options{Verifier: callback.Unverified(), Definition: &d})
	require.NoError(t, err)
	r := callbacktest.NewRequestBy(d, m)
	require.Equal(t, []string{"k"}, r.Header["X-Key"])
	require.Equal(t, "/x/2C30EA", r.URL.Path)
	require.Equal(t, http.StatusNoContent, callbacktest.Deliver(h, r).Code)
	change(&m)
	require.Equal(t, []M{m}, rec.Messages())
}

func TestNewRequestBy_event(t *testing.T) {
	t.Parallel()
	d := post(callback.EventCallback, `{"what":"{eventType}","who":"{sourceId}","when":"{time}"}`)
	d.URL = "https://example.com/e"
	var rec callbacktest.Recorder[event.Event]
	h, err := event.NewHandler(rec.Handle, callback.Options{Verifier: callback.Unverified(), Definition: &d})
	require.NoError(t, err)
	e := callbacktest.Event()
	require.Equal(t, http.StatusNoContent, callbacktest.Deliver(h, callbacktest.NewRequestBy(d, e)).Code)
	got := rec.Messages()[0]
	require.Equal(t, []any{e.Type, e.SourceID, e.Time}, []any{got.Type, got.SourceID, got.Time})
}

func TestNewRequestBy_batch(t *testing.T) {
	t.Parallel()
	d := callback.Definition{
		Channel: callback.ChannelBatchURL, Service: callback.DataUplink, Method: http.MethodPost, URL: "https://example.com/?lines={batch}",
		LinePattern: "{device};{customData#level}", PayloadConfig: "level:1:uint:8",
	}
	var rec callbacktest.Recorder[callback.Uplink]
	h, err := callback.NewHandler(rec.Handle, callback.Options{Verifier: callback.Unverified(), Definition: &d})
	require.NoError(t, err)
	first, second := callbacktest.Uplink(), callbacktest.Uplink()
	second.Device = 1
	require.Equal(t, http.StatusNoContent, callbacktest.Deliver(h, callbacktest.NewRequestBy(d, first, second)).Code)
	got := rec.Messages()
	require.Len(t, got, 2)
	require.Equal(t, second.Device, got[1].Device)
	level, ok := got[1].CustomData["level"].Uint()
	require.True(t, ok)
	require.Equal(t, uint64(second.Data.At(1)), level)
}

func TestNewRequestBy_panics(t *testing.T) {
	t.Parallel()
	uplink := callbacktest.Uplink()
	d := post(callback.DataUplink, `{"id":"{device}"}`)
	broken, mail, header, noLine := d, d, d, d
	broken.PayloadConfig = "level"
	mail.Channel = callback.ChannelEmail
	header.Headers = map[string]string{"X-Type": "{deviceTypeName}"}
	noLine.Channel = callback.ChannelBatchURL
	named := uplink
	named.DeviceTypeName = "a\nb"
	for want, f := range map[string]func(){
		`callbacktest: callback: definition: payloadConfig: template: payload config: field "level" at offset 0: not name:index:type:size; the index may be empty, and a blank ends the field`: func() {
			callbacktest.NewRequestBy(broken, uplink)
		},
		"callbacktest: the channel URL has no request for 2 messages":   func() { callbacktest.NewRequestBy(d, uplink, uplink) },
		"callbacktest: the channel URL has no request for 0 messages":   func() { callbacktest.NewRequestBy[callback.Uplink](d) },
		"callbacktest: the channel EMAIL has no request for 1 messages": func() { callbacktest.NewRequestBy(mail, uplink) },
		"callbacktest: the definition is of DATA/UPLINK, the message is a callback.Status": func() {
			callbacktest.NewRequestBy(d, callbacktest.Status())
		},
		"callbacktest: the definition is of DATA/UPLINK, the message is a callbacktest_test.other": func() {
			callbacktest.NewRequestBy(d, other{})
		},
		"callbacktest: callback: definition: linePattern: required":               func() { callbacktest.NewRequestBy(noLine, uplink) },
		"callbacktest: template: {deviceTypeName}: control character in a header": func() { callbacktest.NewRequestBy(header, named) },
	} {
		require.PanicsWithValue(t, want, f)
	}
}

type other struct{}

func (other) AppendJSON(dst []byte) []byte { return dst }
