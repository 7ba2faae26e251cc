package downlink_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/downlink"
)

// realAnswer is one line of testdata/answers.jsonl.
type realAnswer struct {
	ID   string `json:"id"`
	Body string `json:"body"`
}

func realAnswers(t testing.TB) []realAnswer {
	t.Helper()
	f, err := os.Open("testdata/answers.jsonl")
	require.NoError(t, err)
	defer f.Close()
	var all []realAnswer
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var a realAnswer
		require.NoError(t, json.Unmarshal(lines.Bytes(), &a))
		all = append(all, a)
	}
	require.Len(t, all, 63)
	return all
}

// describe writes an answer as "ID=data ID=- ID=!", where ! is data that cannot be sent.
func describe(a downlink.Answer) string {
	var words []string
	for _, e := range a.Entries {
		text := "-"
		if d, ok := e.Reply.Data(); ok {
			text = d.String()
		}
		if e.Err != nil {
			text = "!"
		}
		words = append(words, fmt.Sprintf("%v=%s", e.Device, text))
	}
	return strings.Join(words, " ")
}

// TestParseRealAnswers reads what real servers were seen or documented to answer.
// A record that is not named is read without error and holds no device: it is
// empty, has a placeholder for the device, or is JSON of another kind.
func TestParseRealAnswers(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"c-003": "153FF=3794a01820348220",
		"c-009": "1B29CC4=07f7ffffffffffff",
		"c-011": "1B29CC4=07f7ffffffffffff",
		"c-015": "1A2345=-",
		"c-018": "CB3=-",
		"c-030": "2C2EA1=0102030405060708",
		"c-031": "1234=0123456789abcdef",
		"c-034": "B445A9=001e19028f101272",
		"c-036": "1234=1234567890123456",
		"c-037": "1234=1234567890123456 5678=1234567890123456",
		"g-001": "407B49=000000000000000a",
		"g-002": "2C30EA=0000000000000001",
		"g-003": "2C30EA=-",
		"g-004": "21464A=0000000000112301",
		"g-006": "76F46=!",
		"g-008": "1F2395A=2611290514010000",
		"g-011": "CDBB84=1c00000000000000",
		"g-013": "2C30EA=ffff000000000000",
		"g-014": "1234=0102030405060708",
		"g-015": "7FB28=deadbeefbabebabe",
		"g-017": "1C69C=0000000000000005",
		"g-018": "2C30EA=0102030405060708",
		"g-019": "2C30EA=0102030405160708",
		"g-020": "2C30EA=0f00000000000000",
		"g-021": "2C30EA=0000000000000000",
	}
	wantErr := map[string]string{
		"c-005": "broken JSON",
		"c-007": "not inside an object named by the device id",
		"c-010": "not a JSON object",
		"c-020": "not a JSON object",
		"c-021": "not a JSON object",
		"c-040": "not a JSON object",
		"c-041": "not a JSON object",
		"g-009": "broken JSON",
	}
	for _, record := range realAnswers(t) {
		t.Run(record.ID, func(t *testing.T) {
			t.Parallel()
			a, err := downlink.ParseAnswer([]byte(record.Body))
			if msg, bad := wantErr[record.ID]; bad {
				require.ErrorIs(t, err, downlink.ErrInvalidAnswer)
				require.ErrorContains(t, err, msg)
				return
			}
			require.NoError(t, err)
			require.Equal(t, want[record.ID], describe(a))
		})
	}
}

func TestParseAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, want string }{
		{"empty", "", ""},
		{"blanks", " \r\n", ""},
		{"empty object", "{}", ""},
		{"any case and padding", `{"002c30ea":{"downlinkData":"00DEADBEEFCAFE7F"}}`, "2C30EA=00deadbeefcafe7f"},
		{"no data", `{"2C30EA":{"noData":true}}`, "2C30EA=-"},
		{"no data as text", `{"2C30EA":{"noData":"true","downlinkData":"x"}}`, "2C30EA=-"},
		{"no data beside data", `{"2C30EA":{"noData":true,"downlinkData":"0011223344556677"}}`, "2C30EA=-"},
		{"noData false", `{"2C30EA":{"noData":false,"downlinkData":"0011223344556677"}}`, "2C30EA=0011223344556677"},
		{"null", `{"1":null,"2":{"downlinkData":null},"3":{}}`, "1=- 2=- 3=-"},
		{"extra keys", `{"status":"ok","2C30EA":{"x":[1],"downlinkData":"0011223344556677"}}`, "2C30EA=0011223344556677"},
		{"member twice", `{"1":{"downlinkData":"x","downlinkData":"0011223344556677"}}`, "1=0011223344556677"},
		{"flat beside a device", `{"1":{"noData":true},"downlinkData":"x"}`, "1=-"},
		{"other case of the name", `{"1":{"downlinkdata":"0011223344556677"}}`, "1=-"},
		{"byte order mark", "\ufeff" + `{"1":{"downlinkData":"0011223344556677"}}`, "1=0011223344556677"},
		{"byte order mark alone", "\ufeff\r\n", ""},
		{"bad data of one device", `{"1":{"downlinkData":"00"},"2":{"noData":true}}`, "1=! 2=-"},
		{"data is a number", `{"1":{"downlinkData":1122334455667788}}`, "1=!"},
		{"data without object", `{"1":"0011223344556677"}`, "1=!"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, err := downlink.ParseAnswer([]byte(tt.body))
			require.NoError(t, err)
			require.Equal(t, tt.want, describe(a))
			for _, e := range a.Entries {
				if e.Err != nil {
					require.ErrorIs(t, e.Err, downlink.ErrInvalidData)
				}
			}
		})
	}
}

func TestParseAnswerErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body string
		offset     int
		msg        string
	}{
		{"array", ` []`, 0, "not a JSON object"},
		{"text", `OK`, 0, "not a JSON object"},
		{"cut", `{"1":{"noData":true}`, 20, "broken JSON"},
		{"cut value", `{"1":{"noDa`, 1, "broken JSON"},
		{"second member", `{"1":{"noData":true},"2":}`, 20, "broken JSON"},
		{"key is no string", `{1:2}`, 1, "broken JSON"},
		{"more text", `{} {}`, 2, "text after the JSON object"},
		{"flat data", `{"device":"1","downlinkData":"0011223344556677"}`, 13, "the reply is not inside an object named by the device id"},
		{"flat noData", `{"noData":true}`, 1, "the reply is not inside an object named by the device id"},
		{"deep", strings.Repeat(`{"1":`, 20_000), 1, "broken JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := downlink.ParseAnswer([]byte(tt.body))
			requireParseError(t, err, downlink.ParseError{
				Err: downlink.ErrInvalidAnswer, Text: tt.body[:min(len(tt.body), 64)], Offset: tt.offset, Msg: tt.msg,
			})
		})
	}
}

func TestAnswerReply(t *testing.T) {
	t.Parallel()
	a, err := downlink.ParseAnswer([]byte(
		`{"1":{"downlinkData":"00"},"2":{"noData":true},"0002":{"downlinkData":"0011223344556677"},"ok":1}`))
	require.NoError(t, err)
	require.Equal(t, []string{"ok"}, a.Ignored)

	_, err = a.Reply(1)
	require.ErrorIs(t, err, downlink.ErrInvalidData)
	reply, err := a.Reply(2)
	require.NoError(t, err)
	require.Equal(t, downlink.Send(setPoint), reply, "the last entry of a device counts")
	reply, err = a.Reply(3)
	require.NoError(t, err)
	require.Zero(t, reply)
}

func FuzzParseAnswer(f *testing.F) {
	for _, record := range realAnswers(f) {
		f.Add([]byte(record.Body))
	}
	f.Add([]byte(`{"1":{"downlinkData":1,"noData":"true"},"g":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := downlink.ParseAnswer(body)
		if err != nil {
			require.ErrorIs(t, err, downlink.ErrInvalidAnswer)
			require.Zero(t, a)
			return
		}
		// What was read is written back and read again as the same.
		var entries []downlink.Entry
		for _, e := range a.Entries {
			require.True(t, e.Err == nil || e.Reply == downlink.Reply{})
			entries = append(entries, downlink.Entry{Device: device(t, e.Device.String()), Reply: e.Reply})
		}
		text := downlink.AppendJSON(nil, entries...)
		require.True(t, len(text) == 0 || json.Valid(text))
		again, err := downlink.ParseAnswer(text)
		require.NoError(t, err)
		for i, e := range again.Entries {
			require.Equal(t, a.Entries[i].Device, e.Device)
			require.Equal(t, a.Entries[i].Reply, e.Reply)
			require.NoError(t, e.Err)
		}
	})
}
