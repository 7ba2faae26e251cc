package callback_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
)

// longQuery returns a query of about n bytes with many parameters.
func longQuery(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%04x=1&", i)
	}
	return b.String()
}

// The query belongs to each message of a batch. A long one, for many, is refused: they
// would take memory with the square of the length of the request.
func TestParser_batchQuery(t *testing.T) {
	t.Parallel()
	const (
		long  = 32 << 10
		short = 50
	)
	list := func(open, one, separator, end string, n int) []byte {
		return []byte(open + strings.TrimSuffix(strings.Repeat(one+separator, n), separator) + end)
	}
	const one = `{"device":"1"}`
	bodies := map[string]func(n int) []byte{
		"lines": func(n int) []byte { return list("", one, "\n", "", n) },
		"array": func(n int) []byte { return list("[", one, ",", "]", n) },
	}
	definitions := map[string]*callback.Definition{
		"documented names": nil,
		"definition":       {URL: "https://example.com/a?t={time}", Method: http.MethodPost, ContentType: typeJSON, BodyTemplate: `{"device":"{device}"}`},
		"another one":      {URL: "https://example.com/a?t={time}", Method: http.MethodPost, ContentType: typeJSON, BodyTemplate: `{"id":"{device}","t":{time}}`},
		"another batch":    {Channel: callback.ChannelBatchURL, URL: "https://example.com/a", Method: http.MethodPost, LinePattern: "{time};{device}"},
	}
	for name, body := range bodies {
		for which, d := range definitions {
			t.Run(name+", "+which, func(t *testing.T) {
				t.Parallel()
				p, err := callback.NewParser[callback.Uplink](d)
				require.NoError(t, err)
				for _, tt := range []struct {
					messages int
					query    string
				}{{1, "a=" + strings.Repeat("x", 1<<20)}, {8, longQuery(long)}, {1000, longQuery(short)}} {
					got, err := p.Append(nil, callback.Input{Path: "/a", Query: tt.query, Body: body(tt.messages)})
					require.NoError(t, err)
					require.Len(t, got, tt.messages)
					require.Len(t, got[tt.messages-1].Extra, strings.Count(tt.query, "="))
				}
				kept := make([]callback.Uplink, 1, 2000)
				got, err := p.Append(kept, callback.Input{Path: "/a", Query: longQuery(long), Body: body(1000)})
				require.ErrorIs(t, err, callback.ErrTooLarge)
				require.ErrorContains(t, err, "for each message of a batch")
				require.Len(t, got, 1)
				for _, m := range kept[:cap(kept)] {
					require.Zero(t, m, "memory of messages that are not returned")
				}
			})
		}
	}
}

// What a definition has in path and headers belongs to each message as well.
func TestParser_batchPathAndHeaders(t *testing.T) {
	t.Parallel()
	d := callback.Definition{
		URL: "https://example.com/{deviceTypeName}", Method: http.MethodPost, ContentType: typeJSON,
		Headers: map[string]string{"X-Type": "{deviceTypeId}"}, BodyTemplate: `{"device":"{device}"}`,
	}
	p, err := callback.NewParser[callback.Uplink](&d)
	require.NoError(t, err)
	const short, long = "/type", 32 << 10
	many := []byte(strings.Repeat(`{"device":"1"}`, 1000))
	for _, tt := range []struct {
		name, path, header string
		body               []byte
		want               int
	}{
		{"short", short, "5c18", many, 1000},
		{"long path", "/" + strings.Repeat("x", long), "5c18", many, 0},
		{"long header", short, strings.Repeat("5", long), many, 0},
		{"long path, few messages", "/" + strings.Repeat("x", long), "5c18", many[:8*14], 8},
		{"longer header, one message", short, strings.Repeat("5", 1<<20), many[:14], 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := p.Append(nil, callback.Input{Path: tt.path, Header: http.Header{"X-Type": {tt.header}}, Body: tt.body})
			require.Len(t, got, tt.want)
			if tt.want == 0 {
				require.ErrorIs(t, err, callback.ErrTooLarge)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.path[1:], got[tt.want-1].DeviceTypeName)
			require.Equal(t, tt.header, got[tt.want-1].DeviceTypeID)
		})
	}
}

func TestHandler_batchQuery(t *testing.T) {
	t.Parallel()
	var rec callbacktest.Recorder[callback.Uplink]
	h := newHandler(t, rec.Handle, callback.Options{})
	body := strings.Repeat(`{"device":"1"}`, 1000)
	require.Equal(t, 413, callbacktest.Deliver(h, newRequest("POST", "/?"+longQuery(32<<10), typeJSON, body)).Code)
	require.Empty(t, rec.Messages())
	require.Equal(t, 204, callbacktest.Deliver(h, newRequest("POST", "/?"+longQuery(200), typeJSON, body)).Code)
	require.Len(t, rec.Messages(), 1000)
}
