package dispatch_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// Requests that share a header or a URL show nothing of each other: each has the header
// that it was rendered with, and what its own dispatcher, hook and signer made of it.
func TestAttempt_header(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.UserAgent() + "|" + r.Header.Get("X-Device") + "|" + r.Header.Get("X-Mine") + "|" +
			r.Header.Get("X-Hook") + "|" + r.Header.Get("X-Id") + "|" + r.URL.RawQuery))
	}))
	t.Cleanup(server.Close)
	newOne := func(o dispatch.Options) *dispatch.Dispatcher {
		o.AllowPrefixes = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		return newDispatcher(t, o)
	}
	plainOne, named := newOne(dispatch.Options{}), newOne(dispatch.Options{UserAgent: "me"})
	hooked := newOne(dispatch.Options{Hooks: dispatch.Hooks{
		BeforeAttempt: func(ctx context.Context, a dispatch.AttemptStart) context.Context {
			a.Header.Set("X-Hook", a.ID)
			return ctx
		},
	}})
	withID := newOne(dispatch.Options{IDHeader: "X-Id"})
	definition := func(device string) callback.Definition {
		return callback.Definition{Method: http.MethodGet, URL: server.URL, Headers: map[string]string{"X-Device": device}}
	}
	fixed := newTarget(t, dispatch.TargetOptions{ID: "fixed", Definition: definition("all")})
	each := newTarget(t, dispatch.TargetOptions{ID: "each", Definition: definition("{device}")})
	signed := newTarget(t, dispatch.TargetOptions{ID: "signed", Definition: definition("all"), Signer: signQuery{}})

	send := func(d *dispatch.Dispatcher, target *dispatch.Target, device sigfox.DeviceID, mine string) string {
		r := request(t, target, device, 1)
		r.ID = "id"
		if mine != "" {
			r.HTTP.Header.Set("X-Mine", mine)
		}
		result, err := d.Send(t.Context(), r)
		require.NoError(t, err)
		r.HTTP.Header["X-Device"][0] = "changed when it is too late"
		r.HTTP.Header.Set("X-Mine", "as well")
		return string(result.Answer)
	}
	for range 3 {
		require.Equal(t, "sigfox-dispatch|all||||", send(plainOne, fixed, 1, ""))
		require.Equal(t, "sigfox-dispatch|all|x|||", send(plainOne, fixed, 1, "x"))
		require.Equal(t, "me|all||||", send(named, fixed, 1, ""))
		require.Equal(t, "sigfox-dispatch|all||id||", send(hooked, fixed, 1, ""))
		require.Equal(t, "sigfox-dispatch|all|||id|", send(withID, fixed, 1, ""))
		require.Equal(t, "sigfox-dispatch|1||||", send(plainOne, each, 1, ""))
		require.Equal(t, "sigfox-dispatch|2||||", send(plainOne, each, 2, ""))
		require.Equal(t, "sigfox-dispatch|all||||&signed", send(plainOne, signed, 1, ""))
	}
}
