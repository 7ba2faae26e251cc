package receivers_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/downlink"
)

// deliver sends the message of its service by each definition, two for batches, and
// returns how it went, by definition. What means nothing is left out.
func deliver(t *testing.T, definitions []callback.Definition) map[string]dispatch.AttemptEnd {
	t.Helper()
	ended := make(chan dispatch.AttemptEnd)
	d, err := dispatch.New(dispatch.Options{
		AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Retry:         &dispatch.RetryPolicy{},
		Hooks:         dispatch.Hooks{OnAttempt: func(_ context.Context, a dispatch.AttemptEnd) { ended <- a }},
	})
	require.NoError(t, err)
	sent := 0
	for _, definition := range definitions {
		if send(t, d, definition) {
			sent++
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	results := map[string]dispatch.AttemptEnd{}
	for len(results) < sent {
		a := <-ended
		require.Empty(t, a.Attempt.Error, "%s: %s", a.Target.ID(), a.Answer)
		results[a.Target.ID()] = a
	}
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	return results
}

// send enqueues the message of a definition. It reports whether its template means
// something: some that were published are not JSON.
func send(t *testing.T, d *dispatch.Dispatcher, definition callback.Definition) bool {
	t.Helper()
	target, err := dispatch.NewTarget(dispatch.TargetOptions{Definition: definition})
	require.NoError(t, err, definition.ID)
	count := 1
	if definition.Channel == callback.ChannelBatchURL {
		count = 2
	}
	for range count {
		r, err := render(t, target)
		require.NoError(t, err, definition.ID)
		if r.HTTP != nil {
			if _, ok := meant(t, definition, r.HTTP.Header.Get("Content-Type")); !ok {
				return false
			}
		}
		require.NoError(t, d.Enqueue(t.Context(), r))
	}
	return true
}

func TestReceivers(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) receiver{"Node-RED": nodeRED, "PHP": php} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			t.Run("read", r.testRead)
			t.Run("downlink", r.testDownlink)
		})
	}
}

// testRead compares what the receiver read with what was meant.
func (r receiver) testRead(t *testing.T) {
	var definitions []callback.Definition
	for _, d := range all(t) {
		definitions = append(definitions, moved(d, r.base, "/echo/"))
	}
	results := deliver(t, definitions)
	var notJSON []string
	for _, d := range definitions {
		result, ok := results[d.ID]
		if !ok {
			notJSON = append(notJSON, d.ID)
			continue
		}
		t.Run(d.ID, func(t *testing.T) { compare(t, r, d, result) })
	}
	require.Equal(t, []string{"a-036", "a-060", "a-109", "a-111", "a-113"}, notJSON, "with typing errors")
	require.Greater(t, len(results), 130)
}

func compare(t *testing.T, r receiver, d callback.Definition, result dispatch.AttemptEnd) {
	t.Helper()
	var got reading
	require.NoError(t, json.Unmarshal(result.Answer, &got), "%s", result.Answer)
	contentType := got.Headers["content-type"]
	if d.ContentType != "" {
		require.Equal(t, d.ContentType, contentType)
	}
	want, ok := meant(t, d, contentType)
	require.True(t, ok)

	require.Equal(t, result.Attempt.Method, got.Method)
	path, err := url.PathUnescape(got.Path)
	require.NoError(t, err)
	require.Equal(t, want.path, path)
	for name, value := range want.headers {
		require.Equal(t, value, got.Headers[name])
	}
	require.Equal(t, r.folded(want.query), got.Query)
	switch {
	case want.form != nil:
		require.Equal(t, r.folded(want.form), got.Body)
	case want.json != nil:
		require.Equal(t, want.json, got.Body)
	case want.text != "":
		require.Equal(t, want.text, got.Body)
	default:
		require.Empty(t, got.Body)
	}
	if user, _, ok := strings.Cut(d.URL, "@"); ok {
		user, err := url.PathUnescape(strings.TrimPrefix(user, "http://"))
		require.NoError(t, err)
		require.Equal(t, "Basic "+base64.StdEncoding.EncodeToString([]byte(user)), got.Headers["authorization"])
	}
}

// testDownlink has the receiver answer with a downlink where the definition lets it
// know that the device asks for one, and with nothing where it does not.
func (r receiver) testDownlink(t *testing.T) {
	want, err := downlink.ParseData("deadbeefcafebabe")
	require.NoError(t, err)
	var definitions []callback.Definition
	for _, d := range all(t) {
		if d.Service == callback.DataBidir && d.Channel == callback.ChannelURL {
			definitions = append(definitions, moved(d, r.base, "/bidir/"))
		}
	}
	answered := 0
	for id, result := range deliver(t, definitions) {
		d := result.Target.Definition()
		answer, err := downlink.ParseAnswer(result.Answer)
		require.NoError(t, err, id)
		if !strings.Contains(d.URL+d.BodyTemplate, "{ack}") {
			require.Equal(t, http.StatusNoContent, result.Attempt.Status, id)
			continue
		}
		reply, err := answer.Reply(0x2C30EA)
		require.NoError(t, err, id)
		data, ok := reply.Data()
		require.True(t, ok, id)
		require.Equal(t, want, data, id)
		answered++
	}
	require.Equal(t, 19, answered)
}
