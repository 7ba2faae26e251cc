package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/wire"
)

// templates differ from each other in ways that a learned layout must notice.
var templates = []string{
	`{"device":"2C30EA","time":1546929254,"rssi":"-120.5"}`,
	`{"device":"2C30EB","time":1546929255,"rssi":"-121.5"}`,
	`{"device":"2C30EA","time":1546929254}`,
	`{"device":"2C30EA","time":1546929254,"rssi":null,"snr":1}`,
	`{"time":1546929254,"device":"2C30EA"}`,
	`{ "device" : "2C30EA" , "time" : 1546929254 }`,
	`{"d\u0065vice":"2C30EA","time":1546929254,"rssi":"-120.5"}`,
	`{"device":"2C30EA","time":{time},"rssi":"-120.5",}`,
	`{"device":"2C30EA","computedLocation":{"lat":1},"aVeryLongNameThatWordsDoNotHold":"x","rssi":1}`,
	`{"device":"2C30EA","computedLocation":[],"aVeryLongNameThatWordsDoNotHoId":"x","rssi":1}`,
	`{"a":1,"b":2}`,
	`{"a":1}`,
	`{}`,
	`{"a":1`,
	`{"a"`,
	`{"device":"2C30EA","time":1546929254,"rssi":"-120.5"`,
	`{"device":"2C30EA","time":?}`,
	manyMembers(70, "x"),
	manyMembers(70, "x"),
	manyMembers(30, strings.Repeat("x", 200)),
	manyMembers(30, strings.Repeat("x", 200)),
}

func manyMembers(n int, name string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%s%d":%d`, name, i, i)
	}
	return "{" + b.String()[1:] + "}"
}

// What was learned from other objects does not change what is read.
func TestObject_layout(t *testing.T) {
	t.Parallel()
	var o wire.Object
	for _, before := range templates {
		for _, text := range templates {
			o.Reset([]byte(before), 0)
			list(&o)
			for range 2 {
				o.Reset([]byte(text), 0)
				require.Empty(t, cmp.Diff(list(object(text)), list(&o)), "%s after %s", text, before)
			}
		}
	}
}

func TestObject_expected(t *testing.T) {
	t.Parallel()
	var o wire.Object
	var m wire.Member
	data := []byte(`{"device":"2C30EA","time":1546929254,"computedLocation":1}`)
	o.Reset(data, 0)
	_, steps := o.Expected()
	require.Empty(t, steps, "nothing is expected of the first object")
	for tag := uint8(1); o.Next(&m); tag++ {
		o.SetTarget(tag, int(tag))
	}

	o.Reset(data, 0)
	text, steps := o.Expected()
	require.Equal(t, data, text)
	require.Len(t, steps, 3)
	pos := o.Pos()
	require.Equal(t, uint8(1), steps[0].Tag)
	require.Equal(t, 1, steps[0].Target)
	require.Equal(t, uint64(0b10), steps[0].Seen)
	require.Equal(t, uint64(0b1110), steps[2].Seen)
	require.True(t, steps[0].Starts(text[pos:]))
	require.Equal(t, len(`{"device":`), steps[0].Len())
	require.False(t, steps[1].Starts(text[pos:]))
	require.False(t, steps[1].Starts(nil))
	require.False(t, steps[2].Starts([]byte(`,"computedLocatiom":1}`)), "longer than two words")

	pos += steps[0].Len() + len(`"2C30EA"`)
	require.True(t, steps[1].Starts(text[pos:]))
	o.Accept(1, pos)
	require.True(t, o.Next(&m), "the rest is read as ever")
	require.Equal(t, "time", string(m.Name))
	_, steps = o.Expected()
	require.Len(t, steps, 1)
	require.Equal(t, uint8(3), steps[0].Tag)
	require.True(t, o.Next(&m))
	require.False(t, o.Next(&m))
	_, steps = o.Expected()
	require.Empty(t, steps, "nothing behind the end")
}
