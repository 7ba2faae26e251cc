package demo_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/examples/cloud/demo"
)

const token = "a-token-of-the-test"

var now = time.Unix(1767225600, 0)

func newReceiver(t *testing.T) (r *demo.Receiver, base string) {
	t.Helper()
	r, err := demo.New(token)
	require.NoError(t, err)
	stop, err := r.Listen(t.Context())
	require.NoError(t, err)
	t.Cleanup(stop)
	return r, r.Base()
}

// post sends a body and returns the status, 0 if nobody listens.
func post(t *testing.T, url, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, ""
	}
	var b bytes.Buffer
	_, err = b.ReadFrom(got.Body)
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	return got.StatusCode, b.String()
}

func TestReceiver_takesEveryKind(t *testing.T) {
	t.Parallel()
	r, base := newReceiver(t)
	for service, body := range map[callback.Service]string{
		callback.DataUplink:          `{"device":"1A2B","time":1767225600,"data":"00","seqNumber":1}`,
		callback.DataBidir:           `{"device":"1A2B","time":1767225600,"data":"00","seqNumber":2,"ack":true}`,
		callback.ServiceStatus:       `{"device":"1A2B","time":1767225600,"batt":3.5,"temp":21,"seqNumber":3}`,
		callback.ServiceAcknowledge:  `{"device":"1A2B","time":1767225600,"infoCode":0,"infoMessage":"Acked","downlinkAck":true,"downlinkOverusage":false}`,
		callback.ServiceRepeater:     `{"device":"1A2B","time":1767225600,"batt":3.5,"repeatedMsg":3}`,
		callback.ServiceDataAdvanced: `{"device":"1A2B","time":1767225600,"data":"00","seqNumber":1,"lqi":"Good"}`,
		callback.ErrorCallback:       `{"device":"1A2B","time":1767225600,"info":"No message received","severity":"ERROR"}`,
		callback.EventCallback:       `{"time":1767225600000,"eventType":"SUSPEND","severity":"INFO","sourceId":"1A2B","sourceType":"DEVICE"}`,
	} {
		before := r.Received()
		status, answer := post(t, base+demo.Routes[service], body)
		require.Less(t, status, 300, "%v: %s", service, answer)
		require.NotZero(t, status)
		require.Equal(t, before+1, r.Received(), service)
	}
	status, _ := post(t, base+demo.Routes[callback.DataUplink], `{"device":"1A2B","time":1767225600,"data":"00","seqNumber":1}`)
	require.Less(t, status, 300)
	require.EqualValues(t, 8, r.Received(), "a message that came before is not counted again")
}

func TestReceiver_batch(t *testing.T) {
	t.Parallel()
	r, base := newReceiver(t)
	d := demo.Batch(base, token)
	require.NoError(t, d.Validate())
	compiled, err := d.Compile()
	require.NoError(t, err)
	request, err := compiled.RenderBatch(func(yield func([]byte) bool) {
		_ = yield([]byte("1A2B;1767225600;00ff;1")) && yield([]byte("1A2C;1767225601;;2"))
	})
	require.NoError(t, err)
	sent, err := http.NewRequestWithContext(t.Context(), request.Method, request.URL, bytes.NewReader(request.Body))
	require.NoError(t, err)
	sent.Header = request.Header
	got, err := http.DefaultClient.Do(sent)
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	require.Less(t, got.StatusCode, 300)
	require.EqualValues(t, 2, r.Received())
}

func TestReceiver_wantsItsToken(t *testing.T) {
	t.Parallel()
	_, base := newReceiver(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+demo.Routes[callback.DataUplink], strings.NewReader(`{}`))
	require.NoError(t, err)
	got, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	require.Equal(t, http.StatusUnauthorized, got.StatusCode)
	_, err = demo.New("")
	require.Error(t, err)
}

func TestReceiver_downlink(t *testing.T) {
	t.Parallel()
	r, base := newReceiver(t)
	require.NoError(t, r.Downlinks.Push(now, 0x1A2B, downlink.Data{1}, downlink.PushOptions{}))
	bidir := base + demo.Routes[callback.DataBidir]
	_, answer := post(t, bidir, `{"device":"1A2B","time":1767225600,"data":"00","seqNumber":2,"ack":false}`)
	require.NotContains(t, answer, "downlinkData", "the device does not ask")
	_, answer = post(t, bidir, `{"device":"1A2B","time":1767225700,"data":"00","seqNumber":3,"ack":true}`)
	require.JSONEq(t, `{"1A2B":{"downlinkData":"0100000000000000"}}`, answer)
	ack := `{"device":"1A2B","time":1767225700,"infoCode":0,"infoMessage":"Acked","downlinkAck":true,"downlinkOverusage":false}`
	status, _ := post(t, base+demo.Routes[callback.ServiceAcknowledge], ack)
	require.Less(t, status, 300)
	for range r.Downlinks.Pending(now, 0x1A2B) {
		require.Fail(t, "it was confirmed")
	}
}

func TestReceiver_stopAndStart(t *testing.T) {
	t.Parallel()
	r, base := newReceiver(t)
	require.True(t, r.Running())
	uplink := func() int {
		status, _ := post(t, base+demo.Routes[callback.DataUplink], `{"device":"1A2B","time":1767225600,"data":"00","seqNumber":1}`)
		return status
	}
	require.Equal(t, http.StatusNoContent, uplink())
	r.Stop()
	require.False(t, r.Running())
	require.Zero(t, uplink(), "a connection that was kept alive is cut off")
	require.Zero(t, uplink(), "a new one is reset")
	r.Start()
	require.Equal(t, http.StatusNoContent, uplink())
}
