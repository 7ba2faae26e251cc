package pipeline_test

import (
	"context"
	"net/http"
	"net/http/httptest"
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
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/event"
)

// transport has a handler answer requests in virtual time, after as long as delay
// says for the nth of them.
type transport struct {
	http.Handler
	delay func(n int) time.Duration

	mu sync.Mutex
	n  int
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	t.n++
	n := t.n
	t.mu.Unlock()
	select {
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	case <-time.After(t.delay(n)):
	}
	answer := httptest.NewRecorder()
	t.ServeHTTP(answer, r)
	return answer.Result(), nil
}

// inbox is a customer: handlers that write down what they got.
type inbox struct {
	mu     sync.Mutex
	uplink []callback.Uplink
	bidir  []callback.Bidir
	acks   []callback.Acknowledge
	whole  []callback.DataAdvanced
	errors []callback.ErrorReport
	events []event.Event
	at     []time.Duration // of the acks
	start  time.Time
}

func keep[M any](in *inbox, list *[]M) func(context.Context, M) error {
	return func(_ context.Context, m M) error {
		in.mu.Lock()
		defer in.mu.Unlock()
		*list = append(*list, m)
		return nil
	}
}

func handle[M callback.Message](t *testing.T, in *inbox, list *[]M) http.Handler {
	t.Helper()
	h, err := callback.NewHandler(keep(in, list), callback.Options{Verifier: callback.Unverified()})
	require.NoError(t, err)
	return h
}

func (in *inbox) handler(t *testing.T) http.Handler {
	t.Helper()
	o := callback.Options{Verifier: callback.Unverified()}
	bidir, err := callback.NewBidirHandler(func(ctx context.Context, m callback.Bidir) (downlink.Reply, error) {
		return downlink.Send(someData), keep(in, &in.bidir)(ctx, m)
	}, o)
	require.NoError(t, err)
	acks, err := callback.NewHandler(func(ctx context.Context, m callback.Acknowledge) error {
		_ = keep(in, &in.at)(ctx, time.Since(in.start))
		return keep(in, &in.acks)(ctx, m)
	}, o)
	require.NoError(t, err)
	events, err := event.NewHandler(keep(in, &in.events), o)
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/DATA/UPLINK", handle(t, in, &in.uplink))
	mux.Handle("/DATA/BIDIR", bidir)
	mux.Handle("/SERVICE/ACKNOWLEDGE", acks)
	mux.Handle("/SERVICE/DATA_ADVANCED", handle(t, in, &in.whole))
	mux.Handle("/ERROR", handle(t, in, &in.errors))
	mux.Handle("/EVENT", events)
	return mux
}

// documented returns a callback with all documented variables of its service, that
// is sent to the inbox.
func documented(s callback.Service) callback.Definition {
	d := definition(s)
	d.ContentType, d.URL = "application/json", "https://customer.example/"+s.String()
	d.BodyTemplate = map[callback.Service]string{
		callback.DataUplink:         `{"device":"{device}","time":{time},"data":"{data}","seqNumber":{seqNumber},"rssi":{rssi}}`,
		callback.DataBidir:          `{"device":"{device}","time":{time},"data":"{data}","seqNumber":{seqNumber},"ack":{ack}}`,
		callback.ServiceAcknowledge: `{"device":"{device}","time":{time},"infoCode":{infoCode},"downlinkAck":{downlinkAck}}`,
		callback.ServiceDataAdvanced: `{"device":"{device}","time":{time},"data":"{data}","seqNumber":{seqNumber},` +
			`"lqi":"{lqi}","duplicates":{duplicates}}`,
		callback.ErrorCallback: `{"device":"{device}","time":"{time}","info":"{info}","severity":"{severity}"}`,
		callback.EventCallback: `{"time":"{time}","eventType":"{eventType}","sourceId":"{sourceId}",` +
			`"deviceLastSeqnumber":{deviceLastSeqnumber}}`,
	}[s]
	return d
}

// TestWithDispatcher has real callbacks rendered, sent, received and answered.
func TestWithDispatcher(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		delay func(n int) time.Duration
		code  downlink.InfoCode
	}{
		"answered in time": {func(int) time.Duration { return 2 * time.Second }, downlink.Acked},
		"answered when it is sent again": {func(n int) time.Duration {
			if n <= 2 { // UPLINK and BIDIR
				return 21 * time.Second
			}
			return time.Second
		}, downlink.NoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				in := &inbox{start: time.Now()}
				registry := newRegistry(t, func(dt *routing.DeviceType, _ *routing.Device) {
					dt.KeepAlive, dt.Callbacks = time.Hour, nil
					for _, s := range []callback.Service{
						callback.DataUplink, callback.DataBidir, callback.ServiceAcknowledge,
						callback.ServiceDataAdvanced, callback.ErrorCallback,
					} {
						d := documented(s)
						d.DownlinkHook = s == callback.DataBidir
						dt.Callbacks = append(dt.Callbacks, dispatch.TargetOptions{Definition: d})
					}
				})
				_, err := registry.PutGroup(routing.Group{
					ID: customers, Callbacks: []dispatch.TargetOptions{{Definition: documented(callback.EventCallback)}},
				})
				require.NoError(t, err)
				var p *pipeline.Pipeline
				d, err := dispatch.New(dispatch.Options{
					Transport: &transport{Handler: in.handler(t), delay: test.delay},
					Hooks: dispatch.Hooks{
						OnAttempt: func(ctx context.Context, end dispatch.AttemptEnd) { p.OnAttempt(ctx, end) },
					},
				})
				require.NoError(t, err)
				emitted := 0
				p, err = pipeline.New(pipeline.Options{
					Registry: registry, Sender: d,
					Emit: func(context.Context, pipeline.Emission) error {
						emitted++
						return nil
					},
				})
				require.NoError(t, err)
				ctx, cancel := context.WithCancel(t.Context())
				var running sync.WaitGroup
				running.Go(func() { _ = p.Run(ctx) })
				running.Go(func() { _ = d.Run(ctx) })

				_, err = p.Frame(ctx, time.Now(), asks(7))
				require.NoError(t, err)
				time.Sleep(10 * time.Minute)
				_, err = p.Frame(ctx, time.Now(), frame(17))
				require.NoError(t, err)
				time.Sleep(2 * time.Hour)
				cancel()
				running.Wait()

				in.mu.Lock()
				defer in.mu.Unlock()
				require.Len(t, in.uplink, 2)
				require.Equal(t, sigfox.Some(-110.0), in.uplink[0].RSSI)
				require.Len(t, in.bidir, 2)
				require.True(t, in.bidir[0].WantsDownlink())
				require.Len(t, in.whole, 2)
				require.Equal(t, callback.LQI("Good"), in.whole[0].LQI)
				require.Len(t, in.whole[0].Duplicates, 1)
				require.Len(t, in.acks, 1)
				require.Equal(t, sigfox.Some(test.code), in.acks[0].InfoCode)
				require.Equal(t, test.code.Sent(), emitted == 1)
				require.Len(t, in.events, 1)
				require.Equal(t, event.InvalidSeqNumber, in.events[0].Type)
				require.Len(t, in.errors, 1)
				if test.code == downlink.Acked {
					require.Equal(t, []time.Duration{37 * time.Second}, in.at, "35 s, and 2 s on the way")
				}
			})
		})
	}
}
