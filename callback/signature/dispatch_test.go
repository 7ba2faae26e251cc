package signature_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/signature"
	"github.com/go-sigfox/sigfox/event"
)

// A dispatcher signs the events of a group, whose definition the receiver has, too.
func TestDispatcher(t *testing.T) {
	t.Parallel()
	d := callback.Definition{
		Channel: callback.ChannelURL, Service: callback.EventCallback, Method: http.MethodPost, ContentType: "application/json",
		BodyTemplate: `{"what":"{eventType}","of":"{sourceId}","at":{time}}`,
	}
	var rec callbacktest.Recorder[event.Event]
	h, err := event.NewHandler(rec.Handle, callback.Options{
		Verifier: newVerifier(t, signature.VerifierOptions{}, officialPrivate), Definition: &d,
	})
	require.NoError(t, err)
	server := httptest.NewServer(h)
	defer server.Close()
	d.URL = server.URL + "/event"
	dispatcher, err := dispatch.New(dispatch.Options{AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	require.NoError(t, err)

	sent := event.New(event.Suspend, 0x2C30EA, time.Unix(1546929254, 0), nil)
	for keys, status := range map[string]int{
		officialSecret + " " + officialPrivate: http.StatusNoContent,
		officialSecret:                         http.StatusUnauthorized,
	} {
		target, err := dispatch.NewTarget(dispatch.TargetOptions{
			ID: "events", Definition: d, Signer: newSigner(t, strings.Fields(keys)...),
			Retry: &dispatch.RetryPolicy{},
		})
		require.NoError(t, err)
		request, err := dispatch.NewSourceRequest(target, dispatch.Subject{Service: callback.EventCallback}, sent)
		require.NoError(t, err)
		result, err := dispatcher.Send(t.Context(), request)
		require.Equal(t, status == http.StatusNoContent, err == nil, "%v", err)
		require.Equal(t, status, result.Attempts[0].Status)
	}
	got := rec.Messages()
	require.Len(t, got, 1)
	require.Equal(t, sent.Type, got[0].Type)
	require.Equal(t, sent.Time, got[0].Time)
	require.Equal(t, sent.SourceID, got[0].SourceID)
}
