package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/event"
)

// published is a definition that somebody published.
type published struct {
	ID         string              `json:"id"`
	Callback   string              `json:"callback"`
	Definition callback.Definition `json:"definition"`
}

func corpus(t *testing.T) (list []published) {
	t.Helper()
	for _, file := range []string{"definitions.jsonl", "definitions.more.jsonl"} {
		f, err := os.Open("../../callback/testdata/" + file)
		require.NoError(t, err)
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var p published
			require.NoError(t, json.Unmarshal(lines.Bytes(), &p))
			list = append(list, p)
		}
		require.NoError(t, lines.Err())
	}
	return list
}

// full are messages with a value for each variable that templates name, without the
// sequence number.
var full = map[string]string{
	"DATA/UPLINK": `"device":"2C30EA","time":1546929254,"deviceTypeId":"5c187c222564327e80000000","deviceTypeName":"dt \"x\" \\ é",` +
		`"data":"d609912345603f0f8004223c",` + reception,
	"DATA/BIDIR": `"device":"2C30EA","time":1546929254,"deviceTypeId":"5c187c222564327e80000000","deviceTypeName":"a&b=c#d/e",` +
		`"data":"d609912345603f0f8004223c","ack":true,"longPolling":false,` + reception,
	"SERVICE/STATUS":      `"device":"2C30EA","time":1546929254,"batt":3.5,"temp":21.5,` + reception,
	"SERVICE/GEOLOC":      `"device":"2C30EA","time":1546929254,"radius":350,"geolocSource":2,` + reception,
	"SERVICE/ACKNOWLEDGE": `"device":"2C30EA","time":1546929254,"infoCode":0,"infoMessage":"Acked","downlinkAck":true,"downlinkOverusage":false`,
	"SERVICE/REPEATER": `"device":"2C30EA","time":1546929254,"batt":3.5,"whitelistDevices":2,"repeatedMsg":3,` +
		`"unwantedDevices":4,"unwantedMsg":5,"wrongMsg":6,"overRegulMsg":7`,
	"SERVICE/DATA_ADVANCED": `"device":"2C30EA","time":1546929254,"deviceTypeId":"5c187c222564327e80000000","deviceTypeName":"dt",` +
		`"data":"d609912345603f0f8004223c","lqi":"Good","linkQuality":2,"fixedLat":0,"fixedLng":0,` +
		`"operatorName":"SIGFOX_X","countryCode":702,"duplicates":[{"bsId":"27B9","rssi":-138,"nbRep":2}],` +
		`"computedLocation":{"lat":1.25,"lng":103.5,"radius":2447,"source":2,"status":1}`,
	"ERROR": `"device":"2C30EA","time":1546929254,"info":"No message received since 2019-01-08 06:34:14","severity":"ERROR"`,
}

const reception = `"rssi":-120.5,"snr":12.25,"station":"1D44","duplicate":false,"avgSnr":15.5,"lat":51,"lng":-1`

// perDefinition is how many messages are sent by each definition.
const perDefinition = 3

// Each published definition is sent by the dispatcher over HTTP, and read back by the
// handler made from it: the same as if the handler had been called with what the
// definition renders, each member of it as it was in the message.
func TestCorpus(t *testing.T) {
	read := make(map[string]int)
	for _, p := range corpus(t) {
		t.Run(p.ID, func(t *testing.T) {
			switch p.Callback {
			case "DATA/UPLINK":
				read[p.Callback] += deliver[callback.Uplink](t, p)
			case "DATA/BIDIR":
				read[p.Callback] += deliver[callback.Bidir](t, p)
			case "SERVICE/STATUS":
				read[p.Callback] += deliver[callback.Status](t, p)
			case "SERVICE/GEOLOC":
				read[p.Callback] += deliver[callback.Geoloc](t, p)
			case "SERVICE/ACKNOWLEDGE":
				read[p.Callback] += deliver[callback.Acknowledge](t, p)
			case "SERVICE/REPEATER":
				read[p.Callback] += deliver[callback.Repeater](t, p)
			case "SERVICE/DATA_ADVANCED":
				read[p.Callback] += deliver[callback.DataAdvanced](t, p)
			case "ERROR":
				read[p.Callback] += deliver[callback.ErrorReport](t, p)
			default:
				require.Equal(t, "a-128", p.ID, "not Sigfox")
			}
		})
	}
	total := 0
	for _, n := range read {
		total += n
	}
	require.Equal(t, 117+105, total, "%v", read) // the others are e-mails, excerpts, or send nothing of the message
}

// deliver returns 1 if the definition sends messages that can be read back.
func deliver[M callback.Message](t *testing.T, p published) int {
	t.Helper()
	if p.Definition.Channel == callback.ChannelEmail {
		return 0
	}
	messages := make([]M, perDefinition)
	sources := make([]source, perDefinition)
	for i := range messages {
		text := fmt.Sprintf(`{%s,"seqNumber":%d}`, full[p.Callback], 424+i)
		require.NoError(t, json.Unmarshal([]byte(text), &messages[i]))
		sources[i] = source{
			request:   func(to *dispatch.Target) (dispatch.Request, error) { return dispatch.NewRequest(to, messages[i]) },
			canonical: messages[i].AppendJSON(nil),
		}
	}
	if _, err := p.Definition.Compile(); err != nil {
		return 0 // it is not whole
	}
	p.Definition.Service = messages[0].Service()
	return exchange(t, p.Definition, sources)
}

// source is a message, of whatever kind.
type source struct {
	request   func(*dispatch.Target) (dispatch.Request, error)
	canonical []byte
}

// hostOf finds scheme and host of a URL, but not the user.
var hostOf = regexp.MustCompile(`^[A-Za-z]+://([^/?#]*@)?[^/?#]*`)

// exchange sends messages by a definition, and compares what is read back. It returns
// 1 if something is.
func exchange(t *testing.T, d callback.Definition, sources []source) int {
	t.Helper()
	handler, err := receiver{verifier: callback.Unverified(), reply: reply(t)}.handler(d.Service, &d)
	require.NoError(t, err)
	var mu sync.Mutex
	var got []line
	server := httptest.NewServer(record(handler, func(_ *http.Request, l line) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, l)
	}))
	defer server.Close()
	sent := d
	if at := hostOf.FindStringSubmatchIndex(d.URL); at != nil {
		user := ""
		if at[2] >= 0 {
			user = d.URL[at[2]:at[3]]
		}
		sent.URL = "http://" + user + strings.TrimPrefix(server.URL, "http://") + d.URL[at[1]:]
	} else {
		sent.URL = server.URL + "/" + strings.TrimPrefix(d.URL, "/")
	}
	target, err := dispatch.NewTarget(dispatch.TargetOptions{ID: "a", Definition: sent, Concurrency: 1})
	require.NoError(t, err)
	attempts := send(t, target, sources)
	want := direct(t, handler, attempts)
	require.Equal(t, want, got)
	return compare(t, d, sources, attempts, got)
}

// reply is the downlink for devices that ask.
func reply(t *testing.T) downlink.Reply {
	t.Helper()
	data, err := downlink.ParseData("00112233445566ff")
	require.NoError(t, err)
	return downlink.Send(data)
}

// send has the dispatcher send messages, and returns the attempts.
func send(t *testing.T, target *dispatch.Target, sources []source) (attempts []dispatch.AttemptEnd) {
	t.Helper()
	settled := make(chan struct{}, len(sources))
	d, err := dispatch.New(dispatch.Options{
		AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Retry: &dispatch.RetryPolicy{},
		Batch: dispatch.BatchOptions{Interval: time.Millisecond},
		Hooks: dispatch.Hooks{OnAttempt: func(_ context.Context, a dispatch.AttemptEnd) {
			attempts = append(attempts, a)
			for range a.Requests {
				settled <- struct{}{}
			}
		}},
	})
	require.NoError(t, err)
	for _, s := range sources {
		r, err := s.request(target)
		require.NoError(t, err)
		require.NoError(t, d.Enqueue(t.Context(), r))
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = d.Run(ctx) }) // the attempts tell
	for range sources {
		<-settled
	}
	stop()
	running.Wait()
	return attempts
}

// direct calls the handler with what was sent, without HTTP between.
func direct(t *testing.T, handler http.Handler, attempts []dispatch.AttemptEnd) (got []line) {
	t.Helper()
	h := record(handler, func(_ *http.Request, l line) { got = append(got, l) })
	for _, a := range attempts {
		out := a.Requests[0].HTTP
		if out == nil {
			var err error
			definition := a.Target.Definition()
			compiled, err := definition.Compile()
			require.NoError(t, err)
			out, err = compiled.RenderBatch(func(yield func([]byte) bool) {
				for _, r := range a.Requests {
					if !yield(r.Line) {
						return
					}
				}
			})
			require.NoError(t, err)
		}
		_, path, _ := strings.Cut(strings.TrimPrefix(out.URL, "http://"), "/")
		r := httptest.NewRequest(out.Method, "/"+strings.ReplaceAll(path, " ", "%20"), bytes.NewReader(out.Body))
		maps.Copy(r.Header, out.Header)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	return got
}

// compare checks what was read against the messages.
func compare(t *testing.T, d callback.Definition, sources []source, attempts []dispatch.AttemptEnd, got []line) int {
	t.Helper()
	var read []json.RawMessage
	for i, l := range got {
		require.Equal(t, l.Status, attempts[i].Attempt.Status, attempts[i].Attempt.Error)
		require.Equal(t, l.Reply, string(attempts[i].Answer))
		if l.Reply != "" && attempts[i].Attempt.OK() {
			checkAnswer(t, attempts[i].Answer)
		}
		read = append(read, l.Messages...)
	}
	if d.Channel == callback.ChannelBatchURL {
		require.Len(t, got, 1, "one batch")
	}
	if len(read) == 0 {
		return 0 // nothing of the message is sent
	}
	require.Len(t, read, len(sources))
	for i := range read {
		var want, have map[string]any
		require.NoError(t, json.Unmarshal(sources[i].canonical, &want))
		require.NoError(t, json.Unmarshal(read[i], &have))
		delete(have, "customData") // decoded from the payload
		if have["device"] == "0" { // it is not sent
			delete(have, "device")
		}
		for name, value := range have {
			require.Equal(t, want[name], value, name)
		}
	}
	return 1
}

// checkAnswer reads the answer to a BIDIR callback as the network does.
func checkAnswer(t *testing.T, body []byte) {
	t.Helper()
	answer, err := downlink.ParseAnswer(body)
	require.NoError(t, err)
	id, err := sigfox.ParseDeviceID("2C30EA")
	require.NoError(t, err)
	r, err := answer.Reply(id)
	require.NoError(t, err)
	require.Equal(t, reply(t), r)
}

// Every kind of event gets through as well.
func TestCorpus_events(t *testing.T) {
	t.Parallel()
	var names []string
	for v := range callback.EventCallback.Variables() {
		names = append(names, fmt.Sprintf(`"%s": {%s}`, v.Name, v.Name))
	}
	slices.Sort(names)
	urlDefinition := callback.Definition{
		Service: callback.EventCallback, Method: http.MethodPost, URL: "https://h/event", ContentType: "application/json",
		BodyTemplate: "{" + strings.Join(names, ",") + "}",
	}
	batchDefinition := callback.Definition{
		Service: callback.EventCallback, Channel: callback.ChannelBatchURL, Method: http.MethodPost, URL: "https://h/event",
		LinePattern: "{sourceId};{eventType};{time};{severity}",
	}
	for _, k := range event.Kinds() {
		t.Run(string(k.Type), func(t *testing.T) {
			t.Parallel()
			page := strings.ReplaceAll(strings.ToLower(k.Name), " ", "-")
			text, err := os.ReadFile("../../event/testdata/ev-" + page + ".json")
			require.NoError(t, err)
			var e event.Event
			require.NoError(t, json.Unmarshal(text, &e))
			e.Extra = nil // no variable stands for it
			s := source{
				request: func(to *dispatch.Target) (dispatch.Request, error) {
					return dispatch.NewSourceRequest(to, dispatch.Subject{Service: callback.EventCallback, Time: e.Time}, e)
				},
				canonical: e.AppendJSON(nil),
			}
			require.Equal(t, 1, exchange(t, urlDefinition, []source{s}))
			require.Equal(t, 1, exchange(t, batchDefinition, []source{s, s}))
		})
	}
}
