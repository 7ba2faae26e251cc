//go:build !race

package callback_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

// Reading by a definition allocates nothing, whether the text equals the template or
// not.
func TestParser_definitionAllocs(t *testing.T) {
	d := callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, Method: "POST", URL: "https://example.com/sigfox",
		Headers: map[string]string{"Authorization": "x"}, ContentType: "application/json",
		BodyTemplate: `{"id":"{device}","n":{"when":{time},"x":"{data}"},"rssi":{rssi},"seq":"{seqNumber}"}`,
	}
	p, err := callback.NewParser[callback.Uplink](&d)
	require.NoError(t, err)
	list := make([]callback.Uplink, 0, 1)
	for name, body := range map[string]string{
		"equal":          `{"id":"2C30EA","n":{"when":1546929254,"x":"00ff"},"rssi":null,"seq":"424"}`,
		"another layout": `{ "id":"2C30EA", "seq":424, "rssi":-120.5, "n":{"when":1546929254,"x":"00ff"} }`,
	} {
		in := callback.Input{ContentType: "application/json", Path: "/sigfox", Header: http.Header{}, Body: []byte(body)}
		require.Zero(t, testing.AllocsPerRun(100, func() {
			if list, err = p.Append(list[:0], in); err != nil {
				t.Fatal(err)
			}
		}), name)
	}
}

// What a definition says without variables is not rendered for each message.
func TestDefinition_renderAllocs(t *testing.T) {
	d := callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, Method: "POST", URL: "https://example.com/sigfox",
		Headers: map[string]string{"Authorization": "x"}, ContentType: "application/json", BodyTemplate: `{"id":"{device}"}`,
	}
	m := callback.Uplink{Device: 0x2c30ea}
	allocs := func() float64 {
		c, err := d.Compile()
		require.NoError(t, err)
		src := callback.SourceOf(&m, c)
		return testing.AllocsPerRun(100, func() {
			if _, err := c.Render(src); err != nil {
				t.Fatal(err)
			}
		})
	}
	fixed := allocs()
	d.URL, d.Headers["Authorization"] = "https://example.com/{device}", "{device}"
	require.Equal(t, fixed+4, allocs(), "a buffer and a string for each of the two")
}
