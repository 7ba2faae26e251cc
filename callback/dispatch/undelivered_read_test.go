package dispatch_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

func readUndelivered(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "undelivered", name))
	require.NoError(t, err)
	return b
}

func TestUndeliveredRead(t *testing.T) {
	t.Parallel()
	payload := func(s string) sigfox.Payload {
		p, err := sigfox.ParsePayload(s)
		require.NoError(t, err)
		return p
	}
	seen := dispatch.Undelivered{
		Device: 0x1234AB, DeviceTypeID: ownerID, Time: undeliveredAt, Data: payload("0b7527bf052bffa9000403f5"),
		SNR: sigfox.Some(22.19), Status: 404, Message: "Not Found", Callback: dispatch.UndeliveredCallback{
			URL: "https://foo.com/api/dataadvanceda", Method: "POST", ContentType: "application/json",
			Body: `{"device":"1234AB","time":1568980330,"data":"0b7527bf052bffa9000403f5"}`,
		},
	}
	group := seen
	group.DeviceURL = "https://api.sigfox.com/v2/devices/1234AB"
	for _, c := range []struct {
		file, next string
		want       []dispatch.Undelivered
	}{
		{"seen.json", "", []dispatch.Undelivered{seen}},
		{"group.json", "", []dispatch.Undelivered{group}},
		{"documented.json", "http://next-url-to-request", []dispatch.Undelivered{
			{
				Device: 0x123D5, DeviceTypeID: "5964a10570c85b51ccbaf497", Time: time.Unix(1487065942, 0).UTC(),
				Data: payload("DEADBEEF"), SNR: sigfox.Some(27.4), Status: 202, Message: "OK",
				Callback:   dispatch.UndeliveredCallback{Subject: "email title", Message: "email body"},
				Parameters: json.RawMessage(`{"key1":"value1","key2":"value2"}`),
			},
			{
				Device: 2, DeviceTypeID: "5964a10570c85b51ccbaf497", Time: time.Unix(1487069845, 0).UTC(),
				Data: payload("1234ABCD"), SNR: sigfox.Some(78.65), Status: 500, Message: "Internal Server Error",
				Callback: dispatch.UndeliveredCallback{
					URL: "www.google.com", Headers: map[string]string{"header1": "value1", "header2": "value2"},
					Body: `{"value1":"ok","value2":true,"value3":123}`, ContentType: "application/json", Method: "POST",
					Error: "JSON body could not be evaluated",
				},
				Parameters: json.RawMessage(`{"key3":123,"key4":false}`),
			},
		}},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			var page dispatch.UndeliveredPage
			require.NoError(t, json.Unmarshal(readUndelivered(t, c.file), &page))
			require.Equal(t, c.next, page.Paging.Next)
			again, err := json.Marshal(page)
			require.NoError(t, err)
			var back dispatch.UndeliveredPage
			require.NoError(t, json.Unmarshal(again, &back))
			require.Equal(t, page.Paging, back.Paging)
			require.Len(t, back.Data, len(page.Data))
			for i := range page.Data {
				if page.Data[i].Parameters != nil {
					require.JSONEq(t, string(c.want[i].Parameters), string(page.Data[i].Parameters))
					page.Data[i].Parameters = c.want[i].Parameters
				}
			}
			require.Equal(t, c.want, page.Data)
		})
	}
}

func TestUndeliveredReadLeniently(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1568980330123).UTC()
	for _, c := range []struct {
		name, text string
		want       dispatch.Undelivered
	}{
		{"empty", `{}`, dispatch.Undelivered{}},
		{"null", `{"deviceId":null,"time":null,"data":null,"status":null,"snr":null,"callback":null,"parameters":null}`, dispatch.Undelivered{}},
		{"absent by other words", `{"snr":"N/A","time":"","data":"{data}","status":""}`, dispatch.Undelivered{}},
		{"strings", `{"time":"1568980330123","snr":"22.19","status":"404"}`, dispatch.Undelivered{Time: at, SNR: sigfox.Some(22.19), Status: 404}},
		{"seconds", `{"time":1568980330}`, dispatch.Undelivered{Time: at.Truncate(time.Second)}},
		{"status in words", `{"status":"TIMEOUT"}`, dispatch.Undelivered{Message: "TIMEOUT"}},
		{"status in words, with a message", `{"status":"TIMEOUT","message":"too slow"}`, dispatch.Undelivered{Message: "too slow"}},
		{"number as id", `{"device":1234}`, dispatch.Undelivered{Device: 0x1234}},
		{"body as text", `{"callback":{"url":"u","body":"a=1"}}`, dispatch.Undelivered{Callback: dispatch.UndeliveredCallback{URL: "u", Body: "a=1"}}},
		{"body as array", `{"callback":{"body":[ 1, 2 ]}}`, dispatch.Undelivered{Callback: dispatch.UndeliveredCallback{Body: "[1,2]"}}},
		{"headers that are no strings", `{"callback":{"headers":{"X-N":1}}}`, dispatch.Undelivered{
			Callback: dispatch.UndeliveredCallback{Headers: map[string]string{"X-N": "1"}},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got dispatch.Undelivered
			require.NoError(t, json.Unmarshal([]byte(c.text), &got))
			require.Equal(t, c.want, got)
		})
	}
	for _, c := range []struct{ text, want string }{
		{`{"deviceId":"none"}`, "member deviceId"},
		{`{"data":"xyz"}`, "member data"},
		{`{"time":"yesterday"}`, "member time"},
		{`{"time":-1}`, "member time"},
		{`{"time":1e300}`, "member time"},
		{`{"snr":"good"}`, "member snr"},
		{`[]`, "undelivered callback"},
		{`{"callback":1}`, "undelivered callback"},
	} {
		var u dispatch.Undelivered
		require.ErrorContains(t, json.Unmarshal([]byte(c.text), &u), c.want, c.text)
	}
	var page dispatch.UndeliveredPage
	require.Error(t, json.Unmarshal([]byte(`{"data":{}}`), &page))
}

func TestCallbackStatusRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		text []byte
		want dispatch.CallbackStatuses
	}{
		{"object of v2", readUndelivered(t, "cbstatus-object.json"), dispatch.CallbackStatuses{{
			Status: 200, Info: "success", CbDef: "var=2DC7C1%3B1500452712%3Bdeadbeaf%3B", Time: time.Unix(1487065942, 0).UTC(),
		}}},
		{"array of v1", readUndelivered(t, "cbstatus-array.json"), dispatch.CallbackStatuses{{
			Status: 200, Info: "OK", Time: time.Unix(1343332000, 0).UTC(),
			CbDef: "[GET] https://myHost.com/callback?id={device}&data={data}&lat={lat}&lng={lng}&ack={ack}",
		}}},
		{"null", []byte("null"), nil},
		{"empty array", []byte("[]"), dispatch.CallbackStatuses{}},
		{"status as string", []byte(`[{"status":"404"}]`), dispatch.CallbackStatuses{{Status: 404}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got dispatch.CallbackStatuses
			require.NoError(t, json.Unmarshal(c.text, &got))
			require.Equal(t, c.want, got)
		})
	}
	var got dispatch.CallbackStatuses
	require.ErrorContains(t, json.Unmarshal([]byte(`{"time":"never"}`), &got), "member time")
	require.ErrorContains(t, json.Unmarshal([]byte(`[1]`), &got), "callback status")
}

func FuzzUndeliveredRead(f *testing.F) {
	for _, name := range []string{"seen.json", "group.json", "documented.json"} {
		var page struct{ Data []json.RawMessage }
		require.NoError(f, json.Unmarshal(readUndelivered(f, name), &page))
		for _, one := range page.Data {
			f.Add([]byte(one))
		}
	}
	f.Add([]byte(`{"status":"TIMEOUT","time":"1568980330","snr":"N/A","callback":{"body":"{}"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var first, second, third dispatch.Undelivered
		if json.Unmarshal(b, &first) != nil {
			return
		}
		// Milliseconds of a time before 1973 look like seconds: there was no network then.
		if !first.Time.IsZero() && first.Time.UnixMilli() < 1e11 {
			return
		}
		// What was read can be written, and then stays the same.
		text, err := json.Marshal(first)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &second), "%s", text)
		require.Equal(t, first.Device, second.Device)
		require.True(t, first.Time.Equal(second.Time))
		require.Equal(t, first.Data, second.Data)
		require.Equal(t, first.Status, second.Status)
		again, err := json.Marshal(second)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(again, &third))
		require.Equal(t, second, third)
	})
}
