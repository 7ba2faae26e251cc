package event_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/event"
)

func TestParse_fieldErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, field, value string
		err                      error // nil: any
	}{
		{"time", `{"time":"noon"}`, "time", "noon", nil},
		{"time beyond the year 9999", `{"time":"99999999999999999"}`, "time", "99999999999999999", callback.ErrRange},
		{"time that seconds cannot tell from milliseconds", `{"time":100000000000000}`, "time", "100000000000000", callback.ErrRange},
		{"date that seconds cannot tell from milliseconds", `{"deviceMessageTime":"5138-11-17 00:00:00"}`, "deviceMessageTime", "5138-11-17 00:00:00", callback.ErrRange},
		{"time as object", `{"time":{"s":1}}`, "time", `{"s":1}`, callback.ErrComposite},
		{"date", `{"deviceMessageTime":"2019-13-01 00:00:00"}`, "deviceMessageTime", "2019-13-01 00:00:00", nil},
		{"date before 1970", `{"deviceMessageTime":"1969-12-31 23:59:59"}`, "deviceMessageTime", "1969-12-31 23:59:59", callback.ErrRange},
		{"severity as array", `{"severity":["WARN"]}`, "severity", `["WARN"]`, callback.ErrComposite},
		{"seqNumber", `{"eventType":"OUT_OF_SEQUENCE","deviceLastSeqnumber":"many"}`, "deviceLastSeqnumber", "many", nil},
		{"seqNumber in other case", `{"eventType":"OUT_OF_SEQUENCE","deviceLastSeqNumber":"many"}`, "deviceLastSeqnumber", "many", nil},
		{"seqNumber out of range", `{"eventType":"OUT_OF_SEQUENCE","deviceMessageSeqnumber":65535}`, "deviceMessageSeqnumber", "65535", callback.ErrRange},
		{"seqNumber below 0", `{"eventType":"OUT_OF_SEQUENCE","deviceMessageSeqnumber":-1}`, "deviceMessageSeqnumber", "-1", callback.ErrRange},
		{"seqNumber as array", `{"eventType":"OUT_OF_SEQUENCE","deviceMessageSeqnumber":[1]}`, "deviceMessageSeqnumber", "[1]", callback.ErrComposite},
		{"end time, misspelt", `{"eventType":"OFF_CONTRACT","expectedSubcriptionDurationEndTime":"soon"}`, "expectedSubscriptionDurationEndTime", "soon", nil},
		{"device", `{"eventType":"TOKEN_REPLACED_TO","deviceSourceId":"XYZ"}`, "deviceSourceId", "XYZ", nil},
		{"contracts", `{"eventType":"ON_CONTRACT","contractIds":["5b" "5c"]}`, "contractIds", `["5b" "5c"]`, nil},
		{"info as array", `{"deviceInfo":[1]}`, "deviceInfo", "[1]", nil},
		{"info member", `{"deviceInfo":{"id":"1", "last purge":"x"}}`, "deviceInfo.last purge", "x", nil},
		{"info member as object", `{"deviceInfo":{"average signal":{}}}`, "deviceInfo.average signal", "{}", callback.ErrComposite},
		{"nothing documented", `{"foo":1}`, "eventType", "", callback.ErrMissing},
		{"nothing at all", `{}`, "eventType", "", callback.ErrMissing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			events, err := event.Parse("application/json", []byte(tt.body))
			require.Empty(t, events)
			fieldErr, ok := errors.AsType[*callback.FieldError](err)
			require.True(t, ok, "%v", err)
			want := callback.FieldError{
				Service: callback.EventCallback, Field: tt.field, Value: tt.value,
				Offset: max(0, strings.LastIndex(tt.body, tt.value)),
			}
			if tt.value == "" {
				want.Offset = 0
			} else if tt.body[want.Offset-1] == '"' {
				want.Offset--
			}
			require.Empty(t, cmp.Diff(want, *fieldErr, cmpopts.IgnoreFields(want, "Err")))
			require.Error(t, fieldErr.Err)
			if tt.err != nil {
				require.ErrorIs(t, err, tt.err)
			}
		})
	}
}

func TestParse_syntaxErrors(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 32) + strings.Repeat("]", 32)
	tests := []struct {
		name, contentType, body string
		offset                  int
	}{
		{"cut short", "application/json", `{"time":1`, 9},
		{"no JSON", "application/json", `time=1`, 0},
		{"text behind", "application/json", `{"time":1} {`, 12},
		{"text behind an array", "application/json", `[{"time":1}] x`, 12},
		{"array cut short", "application/json", `[{"time":1}`, 11},
		{"info", "application/json", `{"time":1,"deviceInfo":{"id" 5}}`, 29},
		{"unknown object", "application/json", `{"time":1,"x":{"y" 5}}`, 14},
		{"unknown object in info", "application/json", `{"deviceInfo":{"x":{"y" 5}}}`, 19},
		{"unknown object in extra", "application/json", `{"service":"EVENT","extra":{"x":{"y" 5}}}`, 32},
		{"extra", "application/json", `{"service":"EVENT","extra":{"y" 5}}`, 32},
		{"nested too deep to be passed on", "application/json", `{"time":1,"x":` + deep + `}`, 14},
		{"invalid UTF-8", "application/json", "{\"time\":1,\"x\":\"\xff\"}", 14},
		{"invalid UTF-8 in a form", "", "time=1&x=%ff", 9},
		{"percent sign", "", "time=1&x=%fg", 9},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := event.Parse(tt.contentType, []byte(tt.body))
			syntaxErr, ok := errors.AsType[*callback.SyntaxError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, callback.EventCallback, syntaxErr.Service)
			require.Equal(t, tt.offset, syntaxErr.Offset, "%v", err)
		})
	}
}

func TestParse_contentType(t *testing.T) {
	t.Parallel()
	_, err := event.Parse("text/xml", []byte("<event/>"))
	require.ErrorIs(t, err, callback.ErrContentType)
}

// TestParse_manyErrors holds that a body of bad lines cannot make us keep an error
// for each.
func TestParse_manyErrors(t *testing.T) {
	t.Parallel()
	_, err := event.Parse("", []byte(strings.Repeat("{}\n", 1000)))
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	require.Len(t, joined.Unwrap(), 100)
}

func TestUnmarshalJSON(t *testing.T) {
	t.Parallel()
	e := event.Event{Severity: event.SeverityInfo}
	require.NoError(t, e.UnmarshalJSON([]byte("null")))
	require.Equal(t, event.Event{Severity: event.SeverityInfo}, e)

	require.Error(t, e.UnmarshalJSON([]byte(`{"time":"noon"}`)))
	require.Equal(t, event.Event{Severity: event.SeverityInfo}, e, "left as it is")

	require.NoError(t, e.UnmarshalJSON([]byte(`{"service":"EVENT"}`)))
	require.Equal(t, event.Event{}, e, "nothing is left over")
}
