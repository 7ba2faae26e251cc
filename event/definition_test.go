package event_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/event"
)

// TestVariables holds that each member of each event is a variable of EVENT, and each
// variable a member.
func TestVariables(t *testing.T) {
	t.Parallel()
	members := make(map[string]bool)
	for _, k := range event.Kinds() {
		for name := range canonicalMembers(t, filled(t, k.Type)) {
			members[name] = true
		}
	}
	delete(members, "service")
	for v := range callback.EventCallback.Variables() {
		if v.Name == "expectedSubcriptionDurationEndTime" { // another spelling
			continue
		}
		require.True(t, members[v.Name], "%s has no field", v.Name)
		delete(members, v.Name)
	}
	require.Empty(t, members, "no variable")
}

// filled returns an event of a type with a value for each of its members.
func filled(t *testing.T, typ event.Type) event.Event {
	t.Helper()
	all := map[string]string{"eventType": string(typ)}
	for v := range callback.EventCallback.Variables() {
		if _, ok := all[v.Name]; !ok {
			all[v.Name] = map[callback.Type]string{
				callback.TypeHex: "2c30ea", callback.TypeString: "word", callback.TypeInteger: "1200", callback.TypeJSON: `["5b","5c"]`,
			}[v.Type]
		}
	}
	all["deviceMessageTime"] = "2019-01-08 06:34:14"
	all["deviceInfo"] = `{"id":"2C30EA","name":"a \"b\"; c&d=é","last purge":"2019-01-01 00:00:00","average signal":-1.5,"x":{"y":[1]}}`
	text, err := json.Marshal(all)
	require.NoError(t, err)
	e := parseOne(t, string(text))
	e.Extra = nil // variables of other events
	return e
}

// canonicalMembers returns the canonical JSON of an event.
func canonicalMembers(t require.TestingT, e event.Event) map[string]any {
	var members map[string]any
	require.NoError(t, json.Unmarshal(e.AppendJSON(nil), &members))
	return members
}

// shapes are the ways to send variables: each makes a definition of those with the
// given names, each under a key of its own.
var shapes = map[string]func(names []string) callback.Definition{
	"JSON": func(names []string) callback.Definition {
		return jsonDefinition(names, `":{`, `}`)
	},
	"JSON in quotes": func(names []string) callback.Definition {
		return jsonDefinition(names, `":"{`, `}"`)
	},
	"nested JSON": func(names []string) callback.Definition {
		return jsonDefinition(names, `":{"v":[1,{`, `}]}`)
	},
	"form": func(names []string) callback.Definition {
		return callback.Definition{Method: http.MethodPost, URL: "https://h/event", BodyTemplate: form(names)}
	},
	"form and query": func(names []string) callback.Definition {
		return callback.Definition{
			Method: http.MethodPut, URL: "https://h/event?k=1&" + form(names[:1]), BodyTemplate: form(names[1:]),
		}
	},
	"query": func(names []string) callback.Definition {
		return callback.Definition{Method: http.MethodGet, URL: "https://h/event?" + form(names)}
	},
	"JSON, path, query and header": func(names []string) callback.Definition {
		d := jsonDefinition(names[3:], `":{`, `}`)
		d.URL = "https://h/event/{" + names[0] + "}?" + form(names[1:2])
		d.Headers = map[string]string{"X-Event": "v={" + names[2] + "}"}
		return d
	},
	"text": func(names []string) callback.Definition {
		return callback.Definition{
			Method: http.MethodPost, URL: "https://h/event", ContentType: "text/plain",
			BodyTemplate: "Event\r\n" + joined(names, "key-", ": {", "}§\n") + "END",
		}
	},
	"batch": func(names []string) callback.Definition {
		return callback.Definition{
			Channel: callback.ChannelBatchURL, Method: http.MethodPost, URL: "https://h/event?k=1&lines={batch}",
			LinePattern: joined(names, "", "{", "}§"),
		}
	},
	"batch as body": func(names []string) callback.Definition {
		return callback.Definition{
			Channel: callback.ChannelBatchURL, Method: http.MethodPost, URL: "https://h/event", LinePattern: joined(names, "", "{", "}§"),
		}
	},
}

func jsonDefinition(names []string, middle, end string) callback.Definition {
	body := strings.TrimSuffix(joined(names, `"key `, middle, end+","), ",")
	return callback.Definition{
		Method: http.MethodPost, URL: "https://h/event", ContentType: "application/json", BodyTemplate: `{"const":"x",` + body + "}",
	}
}

func form(names []string) string { return strings.TrimSuffix(joined(names, "key.", "={", "}&"), "&") }

// joined joins the names. In keys they are reversed, so that none is found by its key.
func joined(names []string, open, middle, end string) string {
	var b strings.Builder
	for _, name := range names {
		key := []byte(name)
		slices.Reverse(key)
		if open == "" {
			key = nil
		}
		b.WriteString(open + string(key) + middle + name + end)
	}
	return b.String()
}

// allNames are the variables of EVENT, first those whose values may stand in a path or
// header.
func allNames() []string {
	names := []string{"groupId", "eventType", "severity"}
	for v := range callback.EventCallback.Variables() {
		if !slices.Contains(names, v.Name) {
			names = append(names, v.Name)
		}
	}
	return names
}

// send sends events by a definition and returns what a handler made from it reads.
func send(t require.TestingT, d callback.Definition, events ...event.Event) []event.Event {
	d.Service = callback.EventCallback
	if d.Channel == "" {
		d.Channel = callback.ChannelURL
	}
	require.NoError(t, d.Validate())
	exported, err := json.Marshal(d)
	require.NoError(t, err)
	var imported callback.Definition
	require.NoError(t, json.Unmarshal(exported, &imported))
	require.Equal(t, d, imported)

	compiled, err := d.Compile()
	require.NoError(t, err)
	var requests []*callback.Outgoing
	var lines [][]byte
	for _, e := range events {
		if d.Channel == callback.ChannelBatchURL {
			line, err := compiled.RenderLine(nil, e)
			require.NoError(t, err)
			lines = append(lines, line)
			continue
		}
		out, err := compiled.Render(e)
		require.NoError(t, err)
		requests = append(requests, out)
	}
	if d.Channel == callback.ChannelBatchURL {
		out, err := compiled.RenderBatch(slices.Values(lines))
		require.NoError(t, err)
		requests = append(requests, out)
	}
	var got []event.Event
	h, err := event.NewHandler(func(_ context.Context, e event.Event) error {
		got = append(got, e)
		return nil
	}, callback.Options{
		Verifier: callback.Unverified(), Definition: &d,
		OnError: func(info callback.ErrorInfo) int {
			require.NoError(t, info.Err)
			return 0
		},
	})
	require.NoError(t, err)
	for _, out := range requests {
		u, err := url.Parse(out.URL)
		require.NoError(t, err)
		r := httptest.NewRequest(out.Method, u.RequestURI(), bytes.NewReader(out.Body))
		maps.Copy(r.Header, out.Header)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, http.StatusNoContent, w.Code)
	}
	return got
}

// TestDefinition sends every event by definitions of every shape and reads it back.
func TestDefinition(t *testing.T) {
	t.Parallel()
	var events []event.Event
	for _, k := range event.Kinds() {
		page := strings.ReplaceAll(strings.ToLower(k.Name), " ", "-")
		events = append(events, filled(t, k.Type), parseOne(t, golden(t, "ev-"+page+".json")))
	}
	events = append(events, parseOne(t, `{"eventType":"NEW_KIND","contractId":"5b","deviceInfo":"42"}`))
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, cmp.Diff(events, send(t, shape(allNames()), events...), compareOpts))
		})
	}
}

// compareOpts compare the values of Opt, whose fields are hidden.
var compareOpts = cmp.Options{
	cmp.Comparer(func(a, b sigfox.Opt[float64]) bool { return a == b }),
	cmp.Comparer(func(a, b sigfox.Opt[sigfox.DeviceID]) bool { return a == b }),
	cmp.Comparer(func(a, b sigfox.Opt[sigfox.SeqNumber]) bool { return a == b }),
}

// TestDefinition_property sends any event by a definition of any shape with some of the
// variables, in any order, and reads back what was sent.
func TestDefinition_property(t *testing.T) {
	t.Parallel()
	spellings := map[string]string{
		"expectedSubcriptionDurationEndTime": "expectedSubscriptionDurationEndTime", "previousDeviceTypeId": "previousDeviceTypeID",
	}
	names := allNames()
	rapid.Check(t, func(rt *rapid.T) {
		shape := rapid.SampledFrom(slices.Sorted(maps.Keys(shapes))).Draw(rt, "shape")
		e := drawEvent(rt)
		kept := slices.Concat(names[:3], rapid.Permutation(names[3:]).Draw(rt, "names")[:rapid.IntRange(1, len(names)-3).Draw(rt, "kept")])
		got := send(rt, shapes[shape](kept), e)
		require.Len(rt, got, 1)

		want := canonicalMembers(rt, e)
		for name := range want {
			sent := func(kept string) bool {
				return kept == name || spellings[kept] == name || spellings[name] == kept
			}
			if name != "service" && !slices.ContainsFunc(kept, sent) {
				delete(want, name)
			}
		}
		require.Empty(rt, cmp.Diff(want, canonicalMembers(rt, got[0])))
	})
}

// drawEvent draws an event with documented members.
func drawEvent(rt *rapid.T) event.Event {
	text := rapid.StringOf(rapid.RuneFrom([]rune(`ab01 "\/{}[],:;&=+%#?.-_` + "\té\u2028😀"))).Filter(func(s string) bool { return strings.TrimSpace(s) == s })
	id := rapid.StringMatching(`[0-9a-f]{24}`)
	seconds := rapid.Int64Range(0, 99_999_999_999)
	typed := map[string]*rapid.Generator[any]{
		"sourceId": rapid.Uint32Range(0, 1<<32-1).AsAny(), "groupId": id.AsAny(),
		"severity":          rapid.SampledFrom([]string{"INFO", "warn", "FATAL"}).AsAny(),
		"eventType":         rapid.SampledFrom(append(event.Kinds(), event.Kind{Type: "NEW"})).AsAny(),
		"deviceMessageTime": seconds.AsAny(), "deviceTypeId": id.AsAny(),
		"deviceSourceId": id.AsAny(), "deviceDestinationId": id.AsAny(),
		"contractIds": rapid.SliceOfN(text, 0, 3).AsAny(),
		"deviceInfo": rapid.OneOf(text.AsAny(), rapid.Custom(func(rt *rapid.T) map[string]any {
			return map[string]any{"name": text.Draw(rt, "name"), "average signal": rapid.Float64Range(-200, 200).Draw(rt, "signal")}
		}).AsAny()),
	}
	members := make(map[string]any)
	for v := range callback.EventCallback.Variables() {
		if !rapid.Bool().Draw(rt, "has "+v.Name) && v.Name != "eventType" {
			continue
		}
		switch g := typed[v.Name]; {
		case g != nil:
			members[v.Name] = g.Draw(rt, v.Name)
		case v.Type == callback.TypeInteger && strings.HasSuffix(v.Name, "ime"):
			members[v.Name] = seconds.Draw(rt, v.Name)
		case v.Type == callback.TypeInteger:
			members[v.Name] = rapid.IntRange(0, 4095).Draw(rt, v.Name)
		default:
			members[v.Name] = text.Draw(rt, v.Name)
		}
	}
	if k, ok := members["eventType"].(event.Kind); ok {
		members["eventType"] = string(k.Type)
	}
	for _, name := range []string{"deviceSourceId", "deviceDestinationId"} {
		if id, ok := members[name].(string); ok {
			members[name] = id[:8]
		}
	}
	body, err := json.Marshal(members)
	require.NoError(rt, err)
	events, err := event.Parse("", body)
	require.NoError(rt, err, "%s", body)
	events[0].Extra = nil // variables of other events
	return events[0]
}

// FuzzDefinition puts any text into any member of any event, sends it by definitions
// that can carry any text, and reads it back.
func FuzzDefinition(f *testing.F) {
	names := allNames()
	for i, value := range []string{
		"1546929254", "2019-01-08 06:34:14", "2c30ea", "a b+c%20", "{\"id\":\"5c\"}", "{\"average signal\":-1e-7,\"x\":{\"y\":[1]}}",
		"[\"a\",{\"id\":\"b\"}]", "[a, b]", "{bad", "42 ", " true", "null", "{x}", "\"", "\u2028", "\x00", "[1] ", "1e400", "-0",
	} {
		f.Add(uint8(i), uint8(i), value)
		f.Add(uint8(5), uint8(slices.Index(names, "deviceInfo")), value)
		f.Add(uint8(5), uint8(slices.Index(names, "contractIds")), value)
		f.Add(uint8(5), uint8(slices.Index(names, "contractId")), value)
	}
	kinds := event.Kinds()
	f.Fuzz(func(t *testing.T, kind, name uint8, value string) {
		members := map[string]string{"eventType": string(kinds[int(kind)%len(kinds)].Type)}
		members[names[int(name)%len(names)]] = value
		body, err := json.Marshal(members)
		require.NoError(t, err)
		events, err := event.Parse("", body)
		if err != nil {
			return
		}
		events[0].Extra = nil
		for _, shape := range []string{"JSON", "JSON in quotes", "nested JSON", "form", "query"} {
			got := send(t, shapes[shape](names), events...)
			require.Equal(t, events, got, shape)
		}
	})
}
