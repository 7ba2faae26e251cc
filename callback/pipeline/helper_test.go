package pipeline_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/pipeline"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/downlink"
)

const (
	sensor sigfox.DeviceID = 0x2C30EA

	sensorType = "5c187c222564327e80000001"
	customers  = "5c187c222564327e80000002"
	hookID     = "5c187c222564327e80000003"
)

// bodies are the templates of the callbacks: what the tests look at.
var bodies = map[callback.Service]string{
	callback.DataUplink:         "{device} seq={seqNumber} data={data} station={station} rssi={rssi}",
	callback.DataBidir:          "{device} seq={seqNumber} ack={ack}",
	callback.ServiceStatus:      "{device} batt={batt} temp={temp} station={station}",
	callback.ServiceRepeater:    "{device} repeated={repeatedMsg}",
	callback.ServiceAcknowledge: "{device} {time} {infoCode} {infoMessage} ack={downlinkAck} over={downlinkOverusage}",
	callback.ServiceDataAdvanced: `{"device":"{device}","seq":{seqNumber},"lqi":"{lqi}",` +
		`"duplicates":{duplicates},"location":{computedLocation}}`,
	callback.ErrorCallback: "{device} {severity} {info}",
	callback.EventCallback: "{sourceId} {eventType} {severity} last={deviceLastSeqnumber} got={deviceMessageSeqnumber}",
}

// definition returns an enabled callback of the service.
func definition(s callback.Service) callback.Definition {
	d := callback.Definition{
		Channel: callback.ChannelURL, Service: s, Enabled: true, URL: "https://example.com/callback",
		Method: http.MethodPost, ContentType: "text/plain", BodyTemplate: bodies[s],
	}
	if s == callback.ServiceDataAdvanced {
		d.ContentType = "application/json"
	}
	return d
}

// newRegistry has one sensor, whose device type has a callback for each service of
// the templates and answers downlinks by callback; change may change that.
func newRegistry(t testing.TB, change func(*routing.DeviceType, *routing.Device)) *routing.Registry {
	t.Helper()
	r, err := routing.New(routing.Options{})
	require.NoError(t, err)
	_, err = r.PutGroup(routing.Group{
		ID: customers, Callbacks: []dispatch.TargetOptions{{Definition: definition(callback.EventCallback)}},
	})
	require.NoError(t, err)
	dt := routing.DeviceType{
		ID: sensorType, Name: "sensors", GroupID: customers, DownlinkMode: routing.DownlinkCallback,
	}
	for _, s := range callback.Services() {
		d := definition(s)
		if s == callback.DataBidir {
			d.ID, d.DownlinkHook = hookID, true
		}
		if d.BodyTemplate != "" && s != callback.EventCallback {
			dt.Callbacks = append(dt.Callbacks, dispatch.TargetOptions{Definition: d})
		}
	}
	device := routing.Device{ID: sensor, DeviceTypeID: sensorType, Name: "attic"}
	if change != nil {
		change(&dt, &device)
	}
	_, err = r.PutDeviceType(dt)
	require.NoError(t, err)
	require.NoError(t, r.PutDevice(device))
	return r
}

// world is a pipeline in a bubble of virtual time, with a Sender that writes down
// what it gets and answers BIDIR callbacks.
type world struct {
	*testing.T
	*pipeline.Pipeline
	registry *routing.Registry
	start    time.Time
	// answer is what the service answers, after how long. No status: the attempt fails.
	// nil: it is still under way when the test ends.
	answer func() (status int, body string, after time.Duration)

	mu    sync.Mutex
	lines []string
}

// newWorld starts a pipeline that runs until the test ends.
func newWorld(t *testing.T, change func(*routing.DeviceType, *routing.Device), o pipeline.Options) *world {
	t.Helper()
	w := &world{T: t, registry: newRegistry(t, change), start: time.Now()}
	w.answer = func() (int, string, time.Duration) { return http.StatusNoContent, "", time.Second }
	o.Registry, o.Sender = w.registry, w
	drop, fail := o.Hooks.OnDrop, o.Hooks.OnError
	o.Hooks.OnDrop = func(d pipeline.Drop) {
		w.note("drop %v: %v", d.Service, d.Err)
		if drop != nil {
			drop(d)
		}
	}
	o.Hooks.OnError = func(f pipeline.Failure) {
		w.note("error: %v", f.Err)
		if fail != nil {
			fail(f)
		}
	}
	if o.Emit == nil {
		o.Emit = func(_ context.Context, e pipeline.Emission) error {
			w.note("emit %v by %v", e.Data, e.Station)
			return nil
		}
	}
	p, err := pipeline.New(o)
	require.NoError(t, err)
	w.Pipeline = p
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = p.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return w
}

func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := time.Since(w.start).Round(time.Millisecond)
	w.lines = append(w.lines, fmt.Sprintf("%v %s", at, fmt.Sprintf(format, args...)))
}

// seen returns what came out so far, once everybody is asleep.
func (w *world) seen() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lines)
}

// Enqueue implements pipeline.Sender.
func (w *world) Enqueue(_ context.Context, r dispatch.Request) error {
	w.note("%v %s", r.Subject.Service, r.HTTP.Body)
	if r.Subject.Service != callback.DataBidir || !r.Subject.Ack || w.answer == nil {
		return nil
	}
	status, body, after := w.answer()
	go func() {
		time.Sleep(after)
		w.OnAttempt(context.Background(), attempt(r, status, body))
	}()
	return nil
}

// attempt is the first attempt of a request.
func attempt(r dispatch.Request, status int, body string) dispatch.AttemptEnd {
	a := dispatch.Attempt{Number: 1, Status: status}
	switch {
	case status == 0:
		a.Reason = dispatch.ReasonTimeout
	case status/100 != 2:
		a.Reason = dispatch.ReasonStatus
	}
	return dispatch.AttemptEnd{
		Target: r.Target, Requests: []dispatch.Request{r}, Attempt: a, Answer: []byte(body),
	}
}

// frame returns a frame of the sensor, as station 1 hears it at -110 dBm.
func frame(seq sigfox.SeqNumber) pipeline.Frame {
	payload, _ := sigfox.NewPayload([]byte{byte(seq)})
	return pipeline.Frame{Frame: dedup.Frame{
		Device: sensor, Seq: seq, Station: 1, RSSI: -110, SNR: 12.5, Payload: payload,
	}}
}

// asks returns a frame that asks for a downlink.
func asks(seq sigfox.SeqNumber) pipeline.Frame {
	f := frame(seq)
	f.Ask = true
	return f
}

// hear has the pipeline hear a frame now.
func (w *world) hear(f pipeline.Frame) {
	if _, err := w.Frame(context.Background(), time.Now(), f); err != nil {
		w.note("refused: %v", err)
	}
}

// until sleeps until so long after the start.
func (w *world) until(at time.Duration) {
	time.Sleep(time.Until(w.start.Add(at)))
	synctest.Wait()
}

// only returns the lines that have one of the words.
func only(lines []string, words ...string) (some []string) {
	for _, line := range lines {
		if slices.ContainsFunc(words, func(word string) bool { return strings.Contains(line, word) }) {
			some = append(some, line)
		}
	}
	return some
}

// sends returns an answer with data for the sensor.
func sends(d downlink.Data) func() (int, string, time.Duration) {
	return func() (int, string, time.Duration) {
		return http.StatusOK, fmt.Sprintf(`{"2c30ea":{"downlinkData":"%v"}}`, d), time.Second
	}
}

// callbacksOf returns the callbacks of one service.
func callbacksOf(dt *routing.DeviceType, s callback.Service) []dispatch.TargetOptions {
	return slices.DeleteFunc(dt.Callbacks, func(o dispatch.TargetOptions) bool { return o.Definition.Service != s })
}

// locate is a geolocation service that finds everything in one place.
func locate(*dedup.Message) (callback.Location, bool) {
	return callback.Location{
		Lat: sigfox.Some(48.5), Lng: sigfox.Some(2.25), Radius: sigfox.Some(1500.0),
		Source: sigfox.Some(callback.SourceNetwork), Status: sigfox.Some(callback.LocationOK),
	}, true
}

// shortAcknowledge is what all lines about the sensor have in common.
var shortAcknowledge = regexp.MustCompile(`SERVICE/ACKNOWLEDGE \S+ \d+ `)

// senderFunc is a function as a pipeline.Sender.
type senderFunc func(context.Context, dispatch.Request) error

// Enqueue implements pipeline.Sender.
func (f senderFunc) Enqueue(ctx context.Context, r dispatch.Request) error { return f(ctx, r) }
