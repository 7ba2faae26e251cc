package event_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/event"
)

// FuzzParse holds that no text makes Parse panic, that what it reads is bounded by
// the text, and that canonical JSON reads back as the same event.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add("application/json", body)
	}
	for _, seed := range []string{
		`[{"time":1},{"severity":"INFO"}]`,
		"{\"time\":1}\r\n{\"time\":\"noon\"}\n",
		`{"eventType":"ON_CONTRACT","contractIds":"[5b, 5c]","x":{groupId}}`,
		`{"eventType":"CONTRACT_SWITCH","previousContractId":"{\"id\":{\"$oid\":\"5b\"}}"}`,
		`{"deviceInfo":"{\"id\":\"1\",\"ID\":\"2\",\"x\":[1]}","service":"EVENT","extra":{"a":"\ud800"}}`,
	} {
		f.Add("", []byte(seed))
	}
	f.Add("application/x-www-form-urlencoded", []byte("time=1&deviceInfo=%7B%22id%22%3A1%7D&contractIds=a,b"))
	f.Add("text/plain", []byte("time: 1\neventType: SUSPEND; userId: 5a"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		events, err := event.Parse(contentType, body)
		if err != nil {
			require.NotEmpty(t, err.Error())
		}
		for _, e := range events {
			// A number may become longer: 1e300 has 301 digits.
			require.Less(t, len(e.AppendJSON(nil)), 1000+400*len(body))
			if utf8.Valid(e.AppendJSON(nil)) {
				requireIdentity(t, e)
			}
		}
	})
}

// FuzzValue puts any text into any member of any event. A form and a JSON string
// must read alike.
func FuzzValue(f *testing.F) {
	names := []string{
		"time", "sourceType", "sourceId", "severity", "eventType", "deviceTypeId", "deviceInfo", "deviceMessageTime",
		"deviceLastSeqnumber", "contractIds", "contractId", "subscriptionState", "expectedTokenEndTime",
		"previousContractId", "previousDeviceTypeId", "deviceTokenState", "deviceSourceId", "device", "x", "extra", "service",
	}
	for i, value := range []string{
		"1546929254", "device", "002c30ea", "warn", "Out of message sequence", "{\"id\":\"5c\"}",
		"{\"average signal\":\"-1e-7\",\"x\":{\"y\":[1]}}", "2019-01-08T06:34:14.5+01:00", "42.0", "[a,{\"id\":\"b\"}]", " {\"$oid\":{\"id\":\"5b\"}} ",
		"N/A", "null", "{x}", "\"", "[\"a\",\"b\"", "EVENT", "{bad", "[", "[null]", "\u2028",
	} {
		f.Add(uint8(i), uint8(i), value)
		f.Add(uint8(2), uint8(i), value)
		f.Add(uint8(3), uint8(9), value)
		f.Add(uint8(5), uint8(13), value)
	}
	kinds := event.Kinds()
	f.Fuzz(func(t *testing.T, kind, name uint8, value string) {
		k, n := kinds[int(kind)%len(kinds)], names[int(name)%len(names)]
		form := url.Values{"eventType": {string(k.Type)}}
		form.Set(n, value)
		events, err := event.Parse("", []byte(form.Encode()))
		if !utf8.ValidString(value) {
			require.Error(t, err)
			return
		}
		body, jsonErr := json.Marshal(map[string]string{"eventType": form.Get("eventType"), n: value})
		require.NoError(t, jsonErr)
		fromJSON, jsonErr := event.Parse("", body)
		require.Equal(t, events, fromJSON)
		require.Equal(t, err == nil, jsonErr == nil)
		for _, e := range events {
			requireIdentity(t, e)
		}
	})
}
