package main_test

import (
	"encoding/json"
	"go/format"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	cloud "github.com/go-sigfox/sigfox/examples/cloud"
)

// do sends a request to page and API as a browser on this machine does.
func do(t *testing.T, n *cloud.Cloud, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8080"
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	n.Handler().ServeHTTP(w, r)
	return w
}

func TestGuard(t *testing.T) {
	t.Parallel()
	n := newCloud(t)
	const state, send = "/ui/state", "/ui/devices/2C3000/send"
	for name, one := range map[string]struct {
		method, path string
		headers      []string
		want         int
	}{
		"the page":                     {http.MethodGet, "/", nil, http.StatusOK},
		"localhost":                    {http.MethodGet, state, []string{"Host", "localhost:8080"}, http.StatusOK},
		"IPv6":                         {http.MethodGet, state, []string{"Host", "[::1]:8080"}, http.StatusOK},
		"IPv6 without port":            {http.MethodGet, state, []string{"Host", "[::1]"}, http.StatusOK},
		"a name of another site":       {http.MethodGet, state, []string{"Host", "rebound.example"}, http.StatusForbidden},
		"another site's form":          {http.MethodPost, send, []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"another site's older browser": {http.MethodPost, send, []string{"Origin", "http://evil.example"}, http.StatusForbidden},
		"the page's own":               {http.MethodPost, send, []string{"Sec-Fetch-Site", "same-origin"}, http.StatusNoContent},
		"curl":                         {http.MethodPost, send, nil, http.StatusNoContent},
		"another site's call of the API": {
			http.MethodPost, "/api/v2/device-types/x/callbacks",
			[]string{"Sec-Fetch-Site", "cross-site", "Authorization", "Basic ZGVtbzpkZW1v"},
			http.StatusForbidden,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := do(t, n, one.method, one.path, "{}", one.headers...)
			require.Equal(t, one.want, w.Code, w.Body)
		})
	}
	h := do(t, n, http.MethodGet, "/", "").Header()
	require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'self'")
	require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
}

// view is what the tests read of the state.
type view struct {
	Target      string
	Demo        *bool
	Example     struct{ URL string }
	DeviceTypes []struct{ ID, Name string }
	Devices     []struct {
		ID      string
		Silent  bool
		Pending []struct{ Data string }
	}
	Callbacks []struct{ ID, DeviceTypeID, Service, URL string }
	Rows      []struct{ Device, Data string }
}

func stateOf(t *testing.T, n *cloud.Cloud) (v view) {
	t.Helper()
	w := do(t, n, http.MethodGet, "/ui/state", "")
	require.Equal(t, http.StatusOK, w.Code)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v))
	return v
}

func TestState(t *testing.T) {
	t.Parallel()
	v := stateOf(t, newCloud(t, "-devices", "30"))
	require.Len(t, v.DeviceTypes, 5)
	require.Len(t, v.Devices, 30)
	require.Len(t, v.Callbacks, 15)
	require.True(t, *v.Demo)
	require.NotNil(t, v.Rows)
	require.Empty(t, v.Rows)

	n, err := cloud.NewCloud(t.Context(), start, &customer{}, "-target", "http://[::1]:9000/")
	require.NoError(t, err)
	v = stateOf(t, n)
	require.Nil(t, v.Demo)
	require.Equal(t, "http://[::1]:9000/data/uplink", v.Example.URL)
}

func TestDevice_actions(t *testing.T) {
	t.Parallel()
	n := newCloud(t)
	for _, one := range []struct {
		what, body string
		want       int
		answer     string
	}{
		{"2C3000/send", `{}`, http.StatusNoContent, ""},
		{"2C3000/send", `{"data":"c0ffee","ask":true}`, http.StatusNoContent, ""},
		{"2C3000/send", `{"data":"c0ff3"}`, http.StatusBadRequest, "odd"},
		{"2C3000/status", `{}`, http.StatusNoContent, ""},
		{"2C3000/silence", `{"silent":true}`, http.StatusNoContent, ""},
		{"2C3000/skip", `{"n":9}`, http.StatusNoContent, ""},
		{"2C3000/skip", `{}`, http.StatusBadRequest, "n must be between 1 and 4095"},
		{"2C3000/reflash", `{}`, http.StatusNoContent, ""},
		{"2C3000/downlink", `{"data":"0011223344556677"}`, http.StatusNoContent, ""},
		{"2C3000/downlink", `{"data":"00"}`, http.StatusBadRequest, "8"},
		{"2C3000/downlink", `{}`, http.StatusBadRequest, "data is missing"},
		{"2C3000/jump", `{}`, http.StatusNotFound, "there is no such action"},
		{"2C3000/send", `{`, http.StatusBadRequest, "the body is not JSON"},
		{"X/send", `{}`, http.StatusBadRequest, "device"},
		{"1/send", `{}`, http.StatusBadRequest, "unknown device"},
	} {
		w := do(t, n, http.MethodPost, "/ui/devices/"+one.what, one.body)
		require.Equal(t, one.want, w.Code, "%s: %s", one.what, w.Body)
		require.Contains(t, w.Body.String(), one.answer)
	}
	d := stateOf(t, n).Devices[0]
	require.True(t, d.Silent)
	require.Len(t, d.Pending, 1)

	other, err := cloud.NewCloud(t.Context(), start, &customer{}, "-target", "http://customer.example")
	require.NoError(t, err)
	w := do(t, other, http.MethodPost, "/ui/devices/2C3000/downlink", `{"data":"0011223344556677"}`)
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Contains(t, w.Body.String(), "your own receiver answers")
	require.Equal(t, http.StatusNotFound, do(t, other, http.MethodPost, "/ui/demo", `{"running":true}`).Code)
}

func TestDemo(t *testing.T) {
	t.Parallel()
	n := newCloud(t)
	require.Equal(t, http.StatusBadRequest, do(t, n, http.MethodPost, "/ui/demo", `x`).Code)
	require.Equal(t, http.StatusNoContent, do(t, n, http.MethodPost, "/ui/demo", `{"running":false}`).Code)
	require.False(t, *stateOf(t, n).Demo)
	require.Equal(t, http.StatusNoContent, do(t, n, http.MethodPost, "/ui/demo", `{"running":true}`).Code)
	require.True(t, *stateOf(t, n).Demo)
}

// goBuilds asserts that the compiler takes a program, and gofmt leaves it as it is.
func goBuilds(t *testing.T, source string) {
	t.Helper()
	formatted, err := format.Source([]byte(source))
	require.NoError(t, err, source)
	require.Equal(t, string(formatted), source)
	file := filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
	out, err := exec.CommandContext(t.Context(), "go", "vet", file).CombinedOutput()
	require.NoError(t, err, "%s\n%s", out, source)
}

func TestPreview(t *testing.T) {
	t.Parallel()
	n := newCloud(t)
	type answer struct {
		Errors  []struct{ Field, Message string }
		Request struct{ Method, URL, Body string }
		Curl    string
		Go      string
	}
	preview := func(t *testing.T, definition string) (a answer) {
		t.Helper()
		w := do(t, n, http.MethodPost, "/ui/preview", `{"deviceTypeId":"","definition":`+definition+`}`)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a))
		return a
	}
	t.Run("every service of the documented definitions", func(t *testing.T) {
		t.Parallel()
		w := do(t, n, http.MethodGet, "/ui/state", "")
		var all struct{ Callbacks []json.RawMessage }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &all))
		checked := map[string]bool{}
		for i, c := range all.Callbacks {
			service := stateOf(t, n).Callbacks[i].Service
			if checked[service] {
				continue
			}
			checked[service] = true
			a := preview(t, string(c))
			require.Empty(t, a.Errors, "%s", c)
			require.NotContains(t, a.Request.Body, "{device}")
			require.Contains(t, a.Curl, "curl -X POST 'http://127.0.0.1:")
			goBuilds(t, a.Go)
		}
	})
	t.Run("e-mail", func(t *testing.T) {
		t.Parallel()
		a := preview(t, `{"channel":"EMAIL","callbackType":0,"callbackSubtype":2,"enabled":true,"recipient":"a@example.com","subject":"{device}","message":"{data}"}`)
		require.Empty(t, a.Errors)
		require.Equal(t, "MAIL", a.Request.Method)
		require.Empty(t, a.Curl)
	})
	t.Run("downlink", func(t *testing.T) {
		t.Parallel()
		a := preview(t, `{"channel":"URL","callbackType":0,"callbackSubtype":3,"enabled":true,"httpMethod":"GET","url":"http://x.example/?q={data}'"}`)
		require.Contains(t, a.Go, "callback.NewBidirHandler")
		require.Contains(t, a.Go, "callback.Unverified()")
		goBuilds(t, a.Go)
		require.Contains(t, a.Curl, "'\\''", "a quote is quoted for the shell")
	})
	t.Run("wrong fields", func(t *testing.T) {
		t.Parallel()
		a := preview(t, `{"channel":"URL","callbackType":0,"callbackSubtype":2,"enabled":true,"httpMethod":"POST","url":"nowhere","bodyTemplate":"{nosuch}","contentType":"application/json"}`)
		fields := map[string]bool{}
		for _, e := range a.Errors {
			fields[e.Field] = true
		}
		require.Equal(t, map[string]bool{"url": true, "bodyTemplate": true}, fields)
	})
	t.Run("no service", func(t *testing.T) {
		t.Parallel()
		require.NotEmpty(t, preview(t, `{"channel":"URL"}`).Errors)
	})
	require.Equal(t, http.StatusBadRequest, do(t, n, http.MethodPost, "/ui/preview", "x").Code)
}
