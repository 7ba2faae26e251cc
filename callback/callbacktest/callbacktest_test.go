package callbacktest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/event"
	"github.com/go-sigfox/sigfox/template"
)

var encodings = map[string]callbacktest.Encoding{
	"JSON": callbacktest.JSON, "QuotedJSON": callbacktest.QuotedJSON, "Form": callbacktest.Form,
	"Query": callbacktest.Query, "Text": callbacktest.Text,
}

// What is sent in any encoding is what a handler receives.
func TestNewRequest(t *testing.T) {
	t.Parallel()
	testKind(t, callbacktest.Uplink())
	testKind(t, callbacktest.Status())
	testKind(t, callbacktest.Acknowledge())
	testKind(t, callbacktest.Repeater())
	testKind(t, callbacktest.DataAdvanced())
	testKind(t, callbacktest.Geoloc())
	testKind(t, callbacktest.ErrorReport())

	m := callbacktest.Bidir()
	m.DeviceText, _ = sigfox.NewDeviceText("002c30ea")
	testKind(t, m)

	for name, e := range encodings {
		t.Run("EVENT/"+name, func(t *testing.T) {
			t.Parallel()
			if e == callbacktest.Text {
				return // package event reads no text
			}
			var rec callbacktest.Recorder[event.Event]
			h, err := event.NewHandler(rec.Handle, callback.Options{Verifier: callback.Unverified()})
			require.NoError(t, err)
			w := callbacktest.Deliver(h, callbacktest.NewRequest("/", e, callbacktest.Event()))
			require.Equal(t, http.StatusNoContent, w.Code)
			require.Equal(t, []event.Event{callbacktest.Event()}, rec.Messages())
		})
	}
}

func testKind[M callback.Message](t *testing.T, m M) {
	t.Helper()
	for name, e := range encodings {
		t.Run(m.Service().String()+"/"+name, func(t *testing.T) {
			t.Parallel()
			want := m
			if a, ok := any(&want).(*callback.DataAdvanced); ok && e == callbacktest.Text {
				a.Duplicates, a.ComputedLocation = nil, sigfox.Opt[callback.Location]{}
			}
			var rec callbacktest.Recorder[M]
			h, err := callback.NewHandler(rec.Handle, callback.Options{Verifier: callback.Unverified()})
			require.NoError(t, err)
			w := callbacktest.Deliver(h, callbacktest.NewRequest("/", e, m))
			require.Equal(t, http.StatusNoContent, w.Code)
			require.Equal(t, []M{want}, rec.Messages())
		})
	}
}

func TestNewRequest_wire(t *testing.T) {
	t.Parallel()
	m := callback.Uplink{
		Device:     1,
		CustomData: callback.CustomData{"t": template.Float64Value(21.5), "open": template.BoolValue(true)},
		Extra:      callback.Extra{"note": json.RawMessage(`"a&b"`), "o": json.RawMessage(`{"x":1}`)},
	}
	tests := []struct {
		encoding                         callbacktest.Encoding
		method, query, contentType, body string
	}{
		{callbacktest.JSON, "POST", "k=v", "application/json", `{"device":"1","customData#open":true,"customData#t":21.5,"note":"a\u0026b","o":{"x":1}}`},
		{callbacktest.QuotedJSON, "POST", "k=v", "application/json", `{"device":"1","customData#open":"true","customData#t":"21.5","note":"a&b","o":{"x":1}}`},
		{
			callbacktest.Form, "POST", "k=v", "application/x-www-form-urlencoded",
			"device=1&customData%23open=true&customData%23t=21.5&note=a%26b&o=%7B%22x%22%3A1%7D",
		},
		{callbacktest.Query, "GET", "k=v&device=1&customData%23open=true&customData%23t=21.5&note=a%26b&o=%7B%22x%22%3A1%7D", "", ""},
		{callbacktest.Text, "POST", "k=v", "text/plain", "device:1\ncustomData#open:true\ncustomData#t:21.5\nnote:a&b\n"},
	}
	for _, tt := range tests {
		r := callbacktest.NewRequest("/path?k=v", tt.encoding, m)
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.Equal(t, tt.method, r.Method)
		require.Equal(t, "/path", r.URL.Path)
		require.Equal(t, tt.query, r.URL.RawQuery)
		require.Equal(t, tt.contentType, r.Header.Get("Content-Type"))
		if tt.contentType == "application/json" {
			require.JSONEq(t, tt.body, string(body))
		} else {
			require.Equal(t, tt.body, string(body))
		}
	}
	require.Equal(t, "device=1", callbacktest.NewRequest("/", callbacktest.Query, callback.Uplink{Device: 1}).URL.RawQuery)

	lines, err := io.ReadAll(callbacktest.NewRequest("/", callbacktest.JSON, callback.Uplink{Device: 1}, callback.Uplink{Device: 2}).Body)
	require.NoError(t, err)
	require.Equal(t, `{"device":"1"}`+"\n"+`{"device":"2"}`, string(lines))
	require.Panics(t, func() { callbacktest.NewRequest("/", callbacktest.Form, m, m) })
	require.Panics(t, func() { callbacktest.NewRequest[callback.Uplink]("/", callbacktest.Query) })
	require.Panics(t, func() { callbacktest.NewRequest("://", callbacktest.Query, m) })
	require.Panics(t, func() { callbacktest.NewRequest("/", callbacktest.JSON, broken{}) })
}

// broken is a message with an AppendJSON that writes none.
type broken struct{}

func (broken) AppendJSON(dst []byte) []byte { return append(dst, `{"a":`...) }

func TestReply(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		w.WriteHeader(status)
		_, _ = w.WriteString(body)
		return w
	}
	const body = `{"2c30ea":{"downlinkData":"0011223344556677"},"2":{"downlinkData":"00"}}`
	reply, err := callbacktest.Reply(answer(http.StatusOK, body), callbacktest.Device)
	require.NoError(t, err)
	require.Equal(t, downlink.Send(downlink.Data{0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77}), reply)

	for _, w := range []*httptest.ResponseRecorder{answer(http.StatusNoContent, ""), answer(http.StatusOK, `{"1":{"noData":true}}`)} {
		reply, err = callbacktest.Reply(w, callbacktest.Device)
		require.NoError(t, err)
		require.Equal(t, downlink.Reply{}, reply)
	}
	_, err = callbacktest.Reply(answer(http.StatusOK, body), 2)
	require.ErrorIs(t, err, downlink.ErrInvalidData)
	_, err = callbacktest.Reply(answer(http.StatusOK, "sorry"), 2)
	require.ErrorIs(t, err, downlink.ErrInvalidAnswer)
	_, err = callbacktest.Reply(answer(http.StatusServiceUnavailable, body), 2)
	require.EqualError(t, err, "callbacktest: status 503")
}

func TestRecorder(t *testing.T) {
	t.Parallel()
	rec := callbacktest.Recorder[int]{Err: errors.New("full")}
	require.Empty(t, rec.Messages())
	require.ErrorIs(t, rec.Handle(context.Background(), 1), rec.Err)
	got := rec.Messages()
	_ = rec.Handle(context.Background(), 2)
	require.Equal(t, []int{1}, got)
	require.Equal(t, []int{1, 2}, rec.Messages())
}
