package event_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/event"
)

func TestNewHandler_definition(t *testing.T) {
	t.Parallel()
	const jsonType, form, text = "application/json", "application/x-www-form-urlencoded", "text/plain"
	renamed := callback.Definition{BodyTemplate: `{"what":"{eventType}","user":"{userId}","state":"{nextState}","from":"{previousDeviceTypeID}","or":"{previousDeviceTypeId}"}`}
	batch := callback.Definition{Service: callback.EventCallback, Channel: callback.ChannelBatchURL, LinePattern: "{eventType};{time}"}
	for _, tt := range []struct {
		name, contentType, body string
		definition              callback.Definition
		status                  int
		want                    []string // canonical JSON without service
		err                     string   // of the messages that cannot be read
	}{
		{
			"renamed, unknown variable, more members", jsonType, `{"what":"SUSPEND","user":"5a","state":"OFF","x":[1, 2],"y":"\u00e9","z":2}`, renamed, http.StatusNoContent,
			[]string{`"eventType":"SUSPEND","userId":"5a","extra":{"nextState":"OFF","x":[1,2],"y":"é","z":2}`},
			"",
		},
		{
			"the other spelling is not known to the cloud", jsonType, `{"what":"INTRA_TRANSFER","from":"{previousDeviceTypeID}","or":"5c"}`, renamed, http.StatusNoContent,
			[]string{`"eventType":"INTRA_TRANSFER","previousDeviceTypeId":"5c"`},
			"",
		},
		{
			"one spelling is null", jsonType, `{"what":"CHANGED_DEVICE_TYPE","from":"5c","or":null}`, renamed, http.StatusNoContent,
			[]string{`"eventType":"CHANGED_DEVICE_TYPE","previousDeviceTypeID":"5c"`},
			"",
		},
		{
			"documented name beside the template", jsonType, `{"what":"SUSPEND","userId":"5b","sourceId":"2c30ea","user":null}`, renamed, http.StatusNoContent,
			[]string{`"sourceId":"2C30EA","eventType":"SUSPEND","userId":"5b"`},
			"",
		},
		{
			"a variable counts before a member of its name", jsonType, `{"user":"5a","userId":"5b","what":"SUSPEND"}`, renamed, http.StatusNoContent,
			[]string{`"eventType":"SUSPEND","userId":"5a"`},
			"",
		},
		{
			"another format than the definition's", form, "eventType=SUSPEND&userId=5a", renamed, http.StatusNoContent,
			[]string{`"eventType":"SUSPEND","userId":"5a"`},
			"",
		},
		{
			"value that cannot be read", jsonType, `{"at":"noon"}`,
			callback.Definition{BodyTemplate: `{"at":"{time}"}`},
			http.StatusBadRequest,
			nil, `callback: EVENT: time at offset 7: "noon": neither Unix seconds nor a date`,
		},
		{
			"list", jsonType, `[{"what":"SUSPEND","user":"5a"}, {"what":"RESUME","x":1}]`, renamed, http.StatusNoContent,
			[]string{`"eventType":"SUSPEND","userId":"5a"`, `"eventType":"RESUME","extra":{"x":1}`},
			"",
		},
		{
			"lines, a bad one", jsonType, `{"at":"7","what":"SUSPEND"}` + "\n" + `{"at":"noon","what":"SUSPEND"}`,
			callback.Definition{BodyTemplate: `{"at":"{time}","what":"{eventType}"}`},
			http.StatusNoContent,
			[]string{`"time":7,"eventType":"SUSPEND"`},
			`callback: EVENT line 2: time at offset 35: "noon": neither Unix seconds nor a date`,
		},
		{
			"template that is a list", jsonType, `[{"what":"SUSPEND"},{"user":"5a"}]`,
			callback.Definition{BodyTemplate: `[{"what":"{eventType}"},{"user":"{userId}"}]`},
			http.StatusNoContent,
			[]string{`"eventType":"SUSPEND","userId":"5a"`},
			"",
		},
		{"nothing in it", jsonType, `{"what":null}`, renamed, http.StatusBadRequest, nil, "callback: EVENT: eventType: missing"},
		{
			"batch", text, "SUSPEND;7\nRESUME;8\n", batch, http.StatusNoContent,
			[]string{`"time":7,"eventType":"SUSPEND"`, `"time":8,"eventType":"RESUME"`},
			"",
		},
		{
			"batch with bad lines", text, "SUSPEND;7\nRESUME\nRESUME;x\n", batch, http.StatusNoContent,
			[]string{`"time":7,"eventType":"SUSPEND"`},
			"callback: EVENT line 2: line does not match the line pattern at offset 0\ncallback: EVENT line 3: time at offset 7: \"x\": neither Unix seconds nor a date",
		},
		{
			"batch that is none", jsonType, `{"eventType":"SUSPEND"}`, batch, http.StatusNoContent,
			[]string{`"eventType":"SUSPEND"`},
			"",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got, errs []string
			h, err := event.NewHandler(func(_ context.Context, e event.Event) error {
				got = append(got, strings.TrimSuffix(strings.TrimPrefix(string(e.AppendJSON(nil)), `{"service":"EVENT",`), "}"))
				return nil
			}, callback.Options{
				Verifier: callback.Unverified(), Definition: &tt.definition,
				OnError: func(info callback.ErrorInfo) int { errs = append(errs, info.Err.Error()); return 0 },
			})
			require.NoError(t, err)
			r := httptest.NewRequest(http.MethodPost, "/event", strings.NewReader(tt.body))
			r.Header.Set("Content-Type", tt.contentType)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, tt.status, w.Code)
			require.Equal(t, tt.want, got)
			if tt.err == "" {
				require.Empty(t, errs)
			} else {
				require.Contains(t, strings.Join(errs, "\n"), tt.err)
			}
		})
	}
}

// A secret of the URL does not become part of an event, wherever the cloud puts it.
func TestNewHandler_definitionSecret(t *testing.T) {
	t.Parallel()
	verifier, err := callback.QuerySecret("token", "s3cret")
	require.NoError(t, err)
	for _, tt := range []struct {
		name string
		d    callback.Definition
		r    *http.Request
	}{
		{
			"query",
			callback.Definition{URL: "https://h/event?t={eventType}"},
			httptest.NewRequest(http.MethodGet, "/event?token=s3cret&t=SUSPEND&x=1", nil),
		},
		{
			"query beside JSON",
			callback.Definition{BodyTemplate: `{"t":"{eventType}"}`},
			httptest.NewRequest(http.MethodPost, "/event?token=s3cret&x=1", strings.NewReader(`{"t":"SUSPEND"}`)),
		},
		{
			"form",
			callback.Definition{BodyTemplate: "t={eventType}"},
			httptest.NewRequest(http.MethodPost, "/event", strings.NewReader("token=s3cret&x=1&t=SUSPEND")),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got string
			h, err := event.NewHandler(func(_ context.Context, e event.Event) error {
				got = string(e.AppendJSON(nil))
				return nil
			}, callback.Options{Verifier: verifier, Definition: &tt.d})
			require.NoError(t, err)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, tt.r)
			require.Equal(t, http.StatusNoContent, w.Code)
			require.Equal(t, `{"service":"EVENT","eventType":"SUSPEND","extra":{"x":"1"}}`, got)
		})
	}
}

func TestNewHandler_definitionErrors(t *testing.T) {
	t.Parallel()
	for _, d := range []callback.Definition{{Service: callback.DataUplink}, {URL: "https://{time}/"}} {
		_, err := event.NewHandler(func(context.Context, event.Event) error { return nil }, callback.Options{
			Verifier: callback.Unverified(), Definition: &d,
		})
		var problems *callback.DefinitionError
		require.ErrorAs(t, err, &problems)
	}
}

// A group sends its events by a definition of its own; the same definition tells the
// receiver how to read them.
func Example_definition() {
	d := callback.Definition{
		Channel: callback.ChannelURL, Service: callback.EventCallback,
		URL: "https://example.com/event", Method: http.MethodPost, ContentType: "application/json",
		BodyTemplate: `{"what":"{eventType}","dev":"{sourceId}","at":{time},"info":{deviceInfo}}`,
	}
	compiled, err := d.Compile()
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := compiled.Render(event.Event{Type: event.Overusage, SourceID: "2C30EA", DeviceInfo: event.DeviceInfo{Name: "door 3"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", out.Body)

	h, err := event.NewHandler(func(_ context.Context, e event.Event) error {
		fmt.Println(e.Type, e.SourceID, e.DeviceInfo.Name, e.Time.IsZero())
		return nil
	}, callback.Options{Verifier: callback.Unverified(), Definition: &d})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest(out.Method, out.URL, strings.NewReader(string(out.Body)))
	h.ServeHTTP(httptest.NewRecorder(), r)
	// Output:
	// {"what":"OVERUSAGE","dev":"2C30EA","at":null,"info":{"name":"door 3"}}
	// OVERUSAGE 2C30EA door 3 true
}
