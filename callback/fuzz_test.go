package callback_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
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
		// Escapes grow sixfold at most, the query stands in each message, and each has a
		// fixed part.
		require.LessOrEqual(t, size, 6*len(body)+len(messages)*(6*len(query)+2000))
		if err != nil {
			require.LessOrEqual(t, len(err.Error()), 100*1000)
		}
	})
}
