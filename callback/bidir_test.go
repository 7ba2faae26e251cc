package callback_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/downlink"
)

func newBidir(t testing.TB, fn func(context.Context, callback.Bidir) (downlink.Reply, error), o callback.Options) http.Handler {
	t.Helper()
	o.Verifier = callback.Unverified()
	h, err := callback.NewBidirHandler(fn, o)
	require.NoError(t, err)
	return h
}

func TestBidirHandler(t *testing.T) {
	t.Parallel()
	set := func(b byte) downlink.Reply { return downlink.Send(downlink.Data{0: b, 7: 0xff}) }
	replies := map[byte]downlink.Reply{1: set(1), 2: set(2)} // by the first byte of the payload
	const none = ""
	tests := []struct{ name, body, want string }{
		{"data", `{"device":"2C30EA","data":"01","ack":true}`, `{"2C30EA":{"downlinkData":"01000000000000ff"}}`},
		{"no data", `{"device":"2C30EA","data":"00","ack":true}`, none},
		{"device as received", `{"device":"002c30Ea","data":"01","ack":"true"}`, `{"002c30Ea":{"downlinkData":"01000000000000ff"}}`},
		{"renamed device", `{"deviceId":"0001","data":"01","ack":1}`, `{"0001":{"downlinkData":"01000000000000ff"}}`},
		{"device of a form", "device=b%34&data=01&ack=True", `{"b4":{"downlinkData":"01000000000000ff"}}`},
		{"not asked", `{"device":"2C30EA","data":"01","ack":false}`, none},
		{"nothing said of ack", `{"device":"2C30EA","data":"01"}`, none},
		{"ack null", `{"device":"2C30EA","data":"01","ack":true,"ack":null}`, none},

		{
			"batch", `{"device":"A","data":"01","ack":true}` + "\n" + `{"device":"B","data":"00","ack":true}` + "\n" + `{"device":"C","data":"02","ack":true}`,
			`{"A":{"downlinkData":"01000000000000ff"},"B":{"noData":true},"C":{"downlinkData":"02000000000000ff"}}`,
		},
		{"batch without data", `{"device":"A","data":"00","ack":true}` + "\n" + `{"device":"B","data":"01","ack":false}`, none},
		{
			"batch, one not asked", `{"device":"A","data":"01","ack":false}` + "\n" + `{"device":"B","data":"02","ack":true}`,
			`{"A":{"noData":true},"B":{"downlinkData":"02000000000000ff"}}`,
		},
		{
			"one device, first data counts", `{"device":"A","data":"01","ack":true}` + "\n" + `{"device":"0a","data":"02","ack":true}`,
			`{"A":{"downlinkData":"01000000000000ff"}}`,
		},
		{
			"one device, data comes later", `{"device":"A","data":"00","ack":true}` + "\n" + `{"device":"a","data":"02","ack":true}`,
			`{"A":{"downlinkData":"02000000000000ff"}}`,
		},
		{
			"batch with a bad line", `{"device":"A","data":"01","ack":true}` + "\n{}\n" + `{"device":"B","data":"02","ack":true}`,
			`{"A":{"downlinkData":"01000000000000ff"},"B":{"downlinkData":"02000000000000ff"}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newBidir(t, func(_ context.Context, m callback.Bidir) (downlink.Reply, error) {
				return replies[m.Data.At(0)], nil
			}, callback.Options{})
			w := callbacktest.Deliver(h, newRequest("POST", "/", "", tt.body))
			if tt.want == none {
				require.Equal(t, http.StatusNoContent, w.Code)
				require.Empty(t, w.Body.String())
				require.Empty(t, w.Header())
				return
			}
			require.Equal(t, http.StatusOK, w.Code)
			require.Equal(t, "application/json", w.Header().Get("Content-Type"))
			require.Equal(t, tt.want, w.Body.String())
		})
	}
}

// No data is answered if a message of the batch failed: all come again.
func TestBidirHandler_fails(t *testing.T) {
	t.Parallel()
	h := newBidir(t, func(_ context.Context, m callback.Bidir) (downlink.Reply, error) {
		if m.Device == 2 {
			return downlink.Send(downlink.Data{}), errors.New("no set point")
		}
		return downlink.Send(downlink.Data{}), nil
	}, callback.Options{})
	for _, body := range []string{
		`{"device":"2","ack":true}`,
		`{"device":"1","ack":true}` + "\n" + `{"device":"2","ack":true}` + "\n" + `{"device":"3","ack":true}`,
	} {
		w := callbacktest.Deliver(h, newRequest("POST", "/", "", body))
		require.Equal(t, http.StatusInternalServerError, w.Code)
		require.Empty(t, w.Body.String())
	}
	// The handler keeps nothing of it for the next request.
	w := callbacktest.Deliver(h, newRequest("POST", "/", "", `{"device":"1"}`))
	require.Equal(t, http.StatusNoContent, w.Code)
}
