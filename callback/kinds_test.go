package callback_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

// kind is a service for tests that go through all of them.
type kind struct {
	service callback.Service // as its messages tell it
	bound   []string         // the variables that have a field
	// parse returns the canonical JSON of the messages.
	parse func(in callback.Input) ([]string, error)
	// again reads canonical JSON and returns the canonical JSON of what it read.
	again func(t testing.TB, canonical string) string
}

var kinds = map[callback.Service]kind{
	callback.DataUplink:          kindOf[callback.Uplink](),
	callback.DataBidir:           kindOf[callback.Bidir](),
	callback.ServiceStatus:       kindOf[callback.Status](),
	callback.ServiceGeoloc:       kindOf[callback.Geoloc](),
	callback.ServiceAcknowledge:  kindOf[callback.Acknowledge](),
	callback.ServiceRepeater:     kindOf[callback.Repeater](),
	callback.ServiceDataAdvanced: kindOf[callback.DataAdvanced](),
	callback.ErrorCallback:       kindOf[callback.ErrorReport](),
}

func kindOf[M callback.Message]() kind {
	var zero M
	p := new(callback.Parser[M])
	return kind{
		service: zero.Service(),
		bound:   callback.Bound[M](),
		parse: func(in callback.Input) (list []string, err error) {
			messages, err := p.Append(nil, in)
			for _, m := range messages {
				list = append(list, string(m.AppendJSON(nil)))
			}
			return list, err
		},
		again: func(t testing.TB, canonical string) string {
			t.Helper()
			var m, same M
			require.NoError(t, json.Unmarshal([]byte(canonical), &m), canonical)
			text, err := json.Marshal(m)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(text, &same), canonical)
			require.Equal(t, m, same)
			return string(m.AppendJSON(nil))
		},
	}
}

// parseOne reads JSON that holds one message.
func parseOne[M callback.Message](t testing.TB, body string) M {
	t.Helper()
	list, err := callback.ParseBody[M]("application/json", []byte(body))
	require.NoError(t, err, body)
	require.Len(t, list, 1)
	return list[0]
}
