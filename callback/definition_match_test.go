package callback_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

// journal notes what a matcher gives it.
type journal []string

func (j *journal) SetVar(name string, text []byte, _ int) error {
	*j = append(*j, name+"="+string(text))
	return nil
}

func (j *journal) SetExtra(name string, raw []byte, _ int) error {
	*j = append(*j, name+"+"+string(raw))
	return nil
}

func TestMatcher(t *testing.T) {
	t.Parallel()
	const form, text, jsonType = "application/x-www-form-urlencoded", "text/plain", "application/json"
	for _, tt := range []struct {
		name, definition string
		in               callback.Input
		want             []string // of each message, "!" and the error if it has one
	}{
		{
			"JSON, query, path and header",
			`{"url":"https://h/{groupId}?s={severity}","headers":{"X-Type":"{eventType}"},"bodyTemplate":"{\"at\":{time},\"d\":{deviceInfo}}"}`,
			callback.Input{
				Path: "/p/5a", Query: "s=WARN&more=1", Header: http.Header{"X-Type": {"SUSPEND"}}, ContentType: jsonType,
				Body: []byte("\ufeff" + `{"x":[1],"d":{"id":"1"},"at":"7"}`),
			},
			[]string{`eventType=SUSPEND groupId=5a severity=WARN more+"1" time=7 deviceInfo={"id":"1"} x+[1]`},
		},
		{
			"query in a form",
			`{"url":"https://h/p?s={severity}","bodyTemplate":"t={time}"}`,
			callback.Input{Path: "/p", ContentType: form, Body: []byte("s=WARN&t=7&x=%22")},
			[]string{`severity=WARN time=7 x+"\""`},
		},
		{
			"form that stayed in the query",
			`{"url":"https://h/{groupId}?s={severity}","httpMethod":"POST"}`,
			callback.Input{Path: "/5a", Query: "s=WARN"},
			[]string{"groupId=5a severity=WARN"},
		},
		{
			"GET",
			`{"url":"https://h/?s={severity}","httpMethod":"GET"}`,
			callback.Input{Path: "/", Query: "s=WARN"},
			[]string{"severity=WARN"},
		},
		{
			"query that no template has",
			`{"bodyTemplate":"{\"at\":{time}}"}`,
			callback.Input{Query: "a=1&b=%c3%a9", ContentType: jsonType, Body: []byte(`{"at":7}`)},
			[]string{`a+"1" b+"é" time=7`},
		},
		{
			"a variable that is not documented, one that was not replaced",
			`{"contentType":"text/plain","bodyTemplate":"{nextState}; {groupId}"}`,
			callback.Input{ContentType: text, Body: []byte("OK; {groupId}\r\n")},
			[]string{"nextState=OK groupId={groupId}"},
		},
		{
			"batch in a form",
			`{"channel":"BATCH_URL","url":"https://h/?l={batch}","linePattern":"{time};{severity}"}`,
			callback.Input{ContentType: form, Body: []byte("l=7%3BWARN%0D%0A%0A8%0A9%3BINFO")},
			[]string{"time=7 severity=WARN", "!callback: EVENT: line does not match the line pattern at offset 0", "time=9 severity=INFO"},
		},
		{
			"batch as body",
			`{"linePattern":"{time};{severity}"}`,
			callback.Input{ContentType: text, Body: []byte("7;WARN\n")},
			[]string{"time=7 severity=WARN"},
		},
		{"batch without line pattern", `{"channel":"BATCH_URL"}`, callback.Input{Body: []byte("7;WARN\n")}, nil},
		{
			"another format",
			`{"bodyTemplate":"t={time}"}`,
			callback.Input{ContentType: text, Body: []byte("t=1")},
			[]string{"!callback: EVENT: request does not match the definition at offset 0"},
		},
		{
			"invalid UTF-8 in a variable",
			`{"bodyTemplate":"t={time}"}`,
			callback.Input{ContentType: form, Body: []byte("t=%ff")},
			[]string{"!callback: EVENT: request does not match the definition at offset 0"},
		},
		{
			"invalid UTF-8 in a query",
			`{"bodyTemplate":"{\"at\":{time}}"}`,
			callback.Input{Query: "a=%ff", ContentType: jsonType, Body: []byte(`{"at":7}`)},
			[]string{"!callback: EVENT: request does not match the definition at offset 0"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := parseDefinition(t, tt.definition)
			m, err := callback.NewMatcher(callback.EventCallback, d)
			require.NoError(t, err)
			var got []string
			for read := range m.Match(tt.in) {
				var j journal
				if err := read(&j); err != nil {
					var syntax *callback.SyntaxError
					require.ErrorAs(t, err, &syntax)
					j = journal{"!" + err.Error()}
				}
				got = append(got, strings.Join(j, " "))
			}
			require.Equal(t, tt.want, got)
			for range m.Match(tt.in) {
				break
			}
		})
	}
}

func TestNewMatcher_errors(t *testing.T) {
	t.Parallel()
	var problems *callback.DefinitionError
	_, err := callback.NewMatcher(callback.EventCallback, &callback.Definition{Service: callback.DataUplink})
	require.ErrorAs(t, err, &problems)
	require.EqualError(t, err, "callback: definition: callbackType: the definition is for DATA/UPLINK, not EVENT")
	_, err = callback.NewMatcher(callback.EventCallback, &callback.Definition{URL: "https://{time}/"})
	require.ErrorAs(t, err, &problems)
}
