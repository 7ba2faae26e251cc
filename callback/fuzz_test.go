package callback_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/downlink"
)

// Whatever comes, parsing ends without a panic and in bounded memory, and what it
// reads is canonical JSON that reads as itself.
func FuzzParser(f *testing.F) {
	for s := range kinds {
		for _, in := range golden(f, s) {
			f.Add(uint8(s), in.ContentType, in.Query, in.Body)
		}
	}
	for _, c := range captures(f) {
		u, err := url.Parse(c.URL)
		require.NoError(f, err)
		f.Add(uint8(c.Callback), c.Headers["Content-Type"], u.RawQuery, []byte(c.Body))
	}
	f.Add(uint8(1), "", "device=1&a={\"b\":1}", []byte(`[{"a":[[]],"device":1},{},7]`))
	f.Fuzz(func(t *testing.T, service uint8, contentType, query string, body []byte) {
		k, ok := kinds[callback.Service(service)]
		if !ok {
			return
		}
		input := slices.Clone(body)
		messages, err := k.parse(callback.Input{ContentType: contentType, Query: query, Body: body})
		require.Equal(t, input, body, "the body is not changed")
		size := 0
		for _, m := range messages {
			require.True(t, json.Valid([]byte(m)), m)
			require.Equal(t, m, k.again(t, m))
			size += len(m)
		}
		// Escapes grow sixfold at most, the query stands in each message, unless there are
		// too many, and each has a fixed part.
		queries := min(len(messages)*len(query), max(1<<20, 4*(len(query)+len(body))))
		require.LessOrEqual(t, size, 6*(len(body)+queries)+2000*len(messages))
		if err != nil {
			require.LessOrEqual(t, len(err.Error()), 100*1000)
		}
	})
}

// Whatever is requested, a handler whose function succeeds answers with a status
// that tells the sender what is wrong, and with data only for those who asked.
func FuzzBidirHandler(f *testing.F) {
	for _, in := range golden(f, callback.DataBidir) {
		f.Add(http.MethodPost, in.Query+"&key="+secret, in.ContentType, in.Body)
	}
	f.Add(http.MethodGet, "device=1&ack=true&key="+secret, "", []byte(nil))
	f.Add(http.MethodPost, "", "application/x-www-form-urlencoded", []byte("device=1&ack=1&key="+secret))
	verifier, err := callback.QuerySecret("key", secret)
	require.NoError(f, err)
	seen := newSeen(f)
	h, err := callback.NewBidirHandler(func(context.Context, callback.Bidir) (downlink.Reply, error) {
		return downlink.Send(downlink.Data{1}), nil
	}, callback.Options{Verifier: verifier, Seen: seen, MaxBytes: 4 << 10})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, method, query, contentType string, body []byte) {
		r := &http.Request{
			Method: method, URL: &url.URL{Path: "/", RawQuery: query}, Header: http.Header{"Content-Type": {contentType}},
			Body: io.NopCloser(bytes.NewReader(body)), ContentLength: -1,
		}
		w := callbacktest.Deliver(h, r)
		if w.Code != http.StatusOK {
			require.Contains(t, []int{204, 400, 401, 405, 413, 415}, w.Code)
			require.Empty(t, w.Body.String())
			return
		}
		answer, err := downlink.ParseAnswer(w.Body.Bytes())
		require.NoError(t, err)
		require.NotEmpty(t, answer.Entries)
		require.Empty(t, answer.Ignored)
		asked := false
		for _, e := range answer.Entries {
			require.NoError(t, e.Err)
			_, ok := e.Reply.Data()
			asked = asked || ok
		}
		require.True(t, asked, "without data the answer is 204")
	})
}
