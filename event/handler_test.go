package event_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/event"
)

func TestNewHandler(t *testing.T) {
	t.Parallel()
	const form, jsonType = "application/x-www-form-urlencoded", "application/json"
	tests := []struct {
		name, method, target, contentType, body string
		fail                                    error
		status                                  int
		want                                    []string
	}{
		{"JSON", "POST", "/event", jsonType, golden(t, "ev-suspend.json"), nil, http.StatusNoContent, []string{"SUSPEND 2C30EA"}},
		{"form", "POST", "/event", form, "eventType=SUSPEND&sourceId=2c30ea", nil, http.StatusNoContent, []string{"SUSPEND 2C30EA"}},
		{
			"JSON as the name of a form parameter", "POST", "/event", form, "k=1&%7B%22eventType%22%3A%22SUSPEND%22%2C+%22sourceId%22%3A%222c30ea%22%7D=",
			nil, http.StatusNoContent,
			[]string{"SUSPEND 2C30EA"},
		},
		{"query", "GET", "/event?eventType=SUSPEND&sourceId=2c30ea", "", "", nil, http.StatusNoContent, []string{"SUSPEND 2C30EA"}},
		{"query and JSON", "POST", "/event?sourceId=2c30ea", jsonType, `{"eventType":"NEW"}`, nil, http.StatusNoContent, []string{"NEW 2C30EA"}},
		{"several", "POST", "/event", jsonType, `[{"eventType":"A"},{"eventType":"B"}]`, nil, http.StatusNoContent, []string{"A ", "B "}},
		{"unreadable", "POST", "/event", jsonType, `{"time":"noon"}`, nil, http.StatusBadRequest, nil},
		{"nothing in it", "POST", "/event", jsonType, `{}`, nil, http.StatusBadRequest, nil},
		{"method", "DELETE", "/event", "", "", nil, http.StatusMethodNotAllowed, nil},
		{"content type", "POST", "/event", "text/xml", "<a/>", nil, http.StatusUnsupportedMediaType, nil},
		{"overloaded", "POST", "/event", jsonType, `{"eventType":"A"}`, callback.ErrOverloaded, http.StatusServiceUnavailable, []string{"A "}},
		{"failing function", "POST", "/event", jsonType, `{"eventType":"A"}`, errors.New("disk full"), http.StatusInternalServerError, []string{"A "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			h, err := event.NewHandler(func(_ context.Context, e event.Event) error {
				got = append(got, string(e.Type)+" "+e.SourceID)
				return tt.fail
			}, callback.Options{Verifier: callback.Unverified()})
			require.NoError(t, err)
			r := httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body))
			if tt.contentType != "" {
				r.Header.Set("Content-Type", tt.contentType)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, tt.status, w.Code)
			require.Equal(t, tt.want, got)
			require.NotContains(t, w.Body.String(), "noon")
		})
	}
}

// TestNewHandler_secret holds that a secret of the URL does not become part of an
// event, wherever the cloud puts it.
func TestNewHandler_secret(t *testing.T) {
	t.Parallel()
	verifier, err := callback.QuerySecret("token", "s3cret")
	require.NoError(t, err)
	for name, r := range map[string]*http.Request{
		"query":         httptest.NewRequest(http.MethodGet, "/event?token=s3cret&eventType=SUSPEND&x=1", nil),
		"query of JSON": httptest.NewRequest(http.MethodPost, "/event?token=s3cret&x=1", strings.NewReader(`{"eventType":"SUSPEND"}`)),
		"form":          httptest.NewRequest(http.MethodPost, "/event", strings.NewReader("token=s3cret&x=1&eventType=SUSPEND")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got string
			h, err := event.NewHandler(func(_ context.Context, e event.Event) error {
				got = string(e.AppendJSON(nil))
				return nil
			}, callback.Options{Verifier: verifier})
			require.NoError(t, err)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, http.StatusNoContent, w.Code)
			require.Equal(t, `{"service":"EVENT","eventType":"SUSPEND","extra":{"x":"1"}}`, got)
		})
	}
}

func TestNewHandler_options(t *testing.T) {
	t.Parallel()
	_, err := event.NewHandler(func(context.Context, event.Event) error { return nil }, callback.Options{})
	require.ErrorContains(t, err, "Options.Verifier is required")
}

func ExampleNewHandler() {
	h, err := event.NewHandler(func(_ context.Context, e event.Event) error {
		if loss, ok := e.Detail.(*event.ContractLoss); ok {
			fmt.Println(e.SourceID, "is off contract:", loss.Cause)
		}
		return nil
	}, callback.Options{Verifier: callback.Unverified()})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/event", h)

	body := `{"eventType":"OFF_CONTRACT","sourceId":"2C30EA","deviceCause":"no token left"}`
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/event", strings.NewReader(body)))
	fmt.Println(w.Code)
	// Output:
	// 2C30EA is off contract: no token left
	// 204
}

// The query belongs to each event of a batch. A long one, for many, is refused: they would
// take memory with the square of the length of the request.
func TestNewHandler_batchQuery(t *testing.T) {
	t.Parallel()
	var query strings.Builder
	for i := 0; query.Len() < 32<<10; i++ {
		fmt.Fprintf(&query, "p%d=1&", i)
	}
	const one = `{"eventType":"A","sourceId":"1"}`
	for name, d := range map[string]*callback.Definition{
		"documented names": nil,
		"definition": {
			URL: "https://example.com/event?t={time}", Method: http.MethodPost, ContentType: "application/json",
			BodyTemplate: `{"eventType":"{eventType}","sourceId":"{sourceId}"}`,
		},
	} {
		for form, body := range map[string]func(n int) string{
			"lines": func(n int) string { return strings.Repeat(one+"\n", n) },
			"array": func(n int) string { return "[" + strings.Repeat(one+",", n-1) + one + "]" },
		} {
			t.Run(name+", "+form, func(t *testing.T) {
				t.Parallel()
				var got []event.Event
				var refused error
				h, err := event.NewHandler(func(_ context.Context, e event.Event) error {
					got = append(got, e)
					return nil
				}, callback.Options{
					Verifier: callback.Unverified(), Definition: d,
					OnError: func(e callback.ErrorInfo) int { refused = e.Err; return 0 },
				})
				require.NoError(t, err)
				deliver := func(query, body string) int {
					w := httptest.NewRecorder()
					h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/event?"+query, strings.NewReader(body)))
					return w.Code
				}
				require.Equal(t, http.StatusRequestEntityTooLarge, deliver(query.String(), body(1000)))
				require.ErrorIs(t, refused, callback.ErrTooLarge)
				require.Empty(t, got)
				require.Equal(t, http.StatusNoContent, deliver(query.String(), body(8)))
				require.Len(t, got, 8)
				require.Equal(t, http.StatusNoContent, deliver("a=b", body(1000)))
				require.Len(t, got, 1008)
				require.JSONEq(t, `"b"`, string(got[1007].Extra["a"]))
			})
		}
	}
}
