package callback_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

// A variable of another service has its documented type, however it came: canonical JSON
// is read back as the same message.
func TestExtra_variableOfAnotherService(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]callback.Extra{
		`{"device":"1","data":"0A","lqi":"Good"}`:                {"data": json.RawMessage(`"0a"`), "lqi": json.RawMessage(`"Good"`)},
		`{"device":"1","data":10,"avgSnr":"12.50"}`:              {"data": json.RawMessage(`"10"`)},
		`{"device":"1","data":"Message status"}`:                 {"data": json.RawMessage(`"Message status"`)},
		`{"device":"1","ack":"true","computedLocation":{"a":1}}`: {"ack": json.RawMessage(`true`), "computedLocation": json.RawMessage(`{"a":1}`)},
	} {
		list, err := callback.ParseBody[callback.Geoloc]("application/json", []byte(body))
		require.NoError(t, err, body)
		require.Equal(t, want, list[0].Extra, body)
		var again callback.Geoloc
		require.NoError(t, json.Unmarshal(list[0].AppendJSON(nil), &again), body)
		require.Equal(t, list[0], again, body)
	}
}
