//go:build !race

package callback_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/downlink"
)

// nullWriter is a ResponseWriter that keeps nothing but the status.
type nullWriter struct {
	header http.Header
	status int
}

func (w *nullWriter) Header() http.Header         { return w.header }
func (w *nullWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *nullWriter) WriteHeader(status int)      { w.status = status }

// body can be read again and again.
type body struct{ strings.Reader }

func (*body) Close() error { return nil }

// A handler adds no allocation of its own to what the server does for a request.
func TestHandler_doesNotAllocate(t *testing.T) {
	o := callback.Options{Verifier: bearer(t)}
	uplinks := newHandler(t, func(context.Context, callback.Uplink) error { return nil }, o)
	advanced := newHandler(t, func(context.Context, callback.DataAdvanced) error { return nil }, o)
	bidir, err := callback.NewBidirHandler(func(context.Context, callback.Bidir) (downlink.Reply, error) {
		return downlink.Send(downlink.Data{1}), nil
	}, o)
	require.NoError(t, err)
	withSeen, err := callback.NewHandler(func(context.Context, callback.Uplink) error { return nil },
		callback.Options{Verifier: bearer(t), Seen: newSeen(t)})
	require.NoError(t, err)

	fixed := callbacktest.DataAdvanced()
	fixed.Duplicates = nil // a slice of its own for each message

	tests := []struct {
		name    string
		handler http.Handler
		request *http.Request
		status  int
		allowed float64
	}{
		{"DATA/UPLINK", uplinks, callbacktest.NewRequest("/", callbacktest.QuotedJSON, callbacktest.Uplink()), 204, 0},
		{"DATA/UPLINK, form", uplinks, callbacktest.NewRequest("/", callbacktest.Form, callbacktest.Uplink()), 204, 0},
		{"DATA/UPLINK, query", uplinks, callbacktest.NewRequest("/", callbacktest.Query, callbacktest.Uplink()), 204, 0},
		{"DATA/BIDIR", bidir, callbacktest.NewRequest("/", callbacktest.JSON, callbacktest.Bidir()), 200, 0},
		{"SERVICE/DATA_ADVANCED", advanced, callbacktest.NewRequest("/", callbacktest.JSON, fixed), 204, 0},
		{"SERVICE/DATA_ADVANCED with duplicates", advanced, callbacktest.NewRequest("/", callbacktest.JSON, callbacktest.DataAdvanced()), 204, 2},
		{"DATA/UPLINK with Seen", withSeen, callbacktest.NewRequest("/", callbacktest.JSON, callbacktest.Uplink()), 204, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, err := io.ReadAll(tt.request.Body)
			require.NoError(t, err)
			tt.request.Header.Set("Authorization", "Bearer "+secret)
			b := &body{}
			tt.request.Body = b
			w := &nullWriter{header: make(http.Header)}
			source := string(text)
			allocs := testing.AllocsPerRun(200, func() {
				b.Reset(source)
				tt.handler.ServeHTTP(w, tt.request)
			})
			require.Equal(t, tt.status, w.status)
			require.LessOrEqual(t, allocs, tt.allowed)
		})
	}
}
