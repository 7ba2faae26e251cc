package otel_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	sigfoxotel "github.com/go-sigfox/sigfox/otel"
)

// sdk keeps in memory what is told to it.
type sdk struct {
	spans   *tracetest.SpanRecorder
	tracer  *sdktrace.TracerProvider
	metrics *sdkmetric.ManualReader
	meter   *sdkmetric.MeterProvider
}

func newSDK() *sdk {
	s := &sdk{spans: tracetest.NewSpanRecorder(), metrics: sdkmetric.NewManualReader()}
	s.tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(s.spans))
	s.meter = sdkmetric.NewMeterProvider(sdkmetric.WithReader(s.metrics))
	return s
}

func (s *sdk) options() sigfoxotel.Options {
	return sigfoxotel.Options{TracerProvider: s.tracer, MeterProvider: s.meter}
}

func (s *sdk) hooks(t *testing.T) dispatch.Hooks {
	t.Helper()
	h, err := sigfoxotel.NewHooks(s.options())
	require.NoError(t, err)
	return h
}

// collect returns the metrics by name.
func (s *sdk) collect(t *testing.T) map[string]metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, s.metrics.Collect(t.Context(), &all))
	byName := map[string]metricdata.Metrics{}
	for _, scope := range all.ScopeMetrics {
		require.Equal(t, "github.com/go-sigfox/sigfox/otel", scope.Scope.Name)
		for _, m := range scope.Metrics {
			byName[m.Name] = m
		}
	}
	return byName
}

// text returns attributes as name=value, in order of name.
func text(list []attribute.KeyValue) string {
	set := attribute.NewSet(list...)
	return strings.ReplaceAll(set.Encoded(attribute.DefaultEncoder()), `\=`, "=")
}

func target(t *testing.T, d callback.Definition) *dispatch.Target {
	t.Helper()
	d.ID = "64f1c2d0a7b8e94f3a5d6c7b"
	d.Service = callback.DataUplink
	target, err := dispatch.NewTarget(dispatch.TargetOptions{Definition: d})
	require.NoError(t, err)
	return target
}

func post(t *testing.T) *dispatch.Target {
	t.Helper()
	return target(t, callback.Definition{
		Channel: callback.ChannelURL, Method: http.MethodPost, URL: "https://user:pw@example.com:8443/{device}?token=secret",
		ContentType: "application/json", BodyTemplate: `{"device":"{device}"}`,
	})
}

func request(t *testing.T, target *dispatch.Target) dispatch.Request {
	t.Helper()
	r, err := dispatch.NewRequest(target, callback.Uplink{Device: 0x2f3a4b, Data: sigfox.Payload{}})
	require.NoError(t, err)
	r.ID = "REQUEST"
	return r
}

// attempt runs the hooks of one attempt and returns the headers that it may send.
func attempt(ctx context.Context, h dispatch.Hooks, number int, a dispatch.Attempt, requests ...dispatch.Request) http.Header {
	header := http.Header{}
	start := dispatch.AttemptStart{Target: requests[0].Target, Requests: requests, ID: requests[0].ID, Number: number, Header: header}
	if requests[0].Mail != nil {
		start.Header = nil
	}
	ctx = h.BeforeAttempt(ctx, start)
	h.OnAttempt(ctx, dispatch.AttemptEnd{Target: requests[0].Target, Requests: requests, Attempt: a})
	return header
}

var sent = dispatch.Attempt{
	Number: 1, Method: http.MethodPost, URL: "https://xxxxx:xxxxx@example.com:8443/2F3A4B?token=xxxxx",
	Status: http.StatusNoContent, Duration: 30 * time.Millisecond,
}

func TestSpan(t *testing.T) {
	t.Parallel()
	const common = "sigfox.service=DATA/UPLINK,sigfox.target.id=64f1c2d0a7b8e94f3a5d6c7b"
	tests := map[string]struct {
		definition callback.Definition
		number     int
		attempt    dispatch.Attempt
		lines      int
		name, want string
		status     sdktrace.Status
	}{
		"success": {
			attempt: sent, name: "POST",
			want: "http.request.method=POST,http.response.status_code=204,messaging.message.id=REQUEST,server.address=example.com,server.port=8443," +
				common + ",url.full=https://xxxxx:xxxxx@example.com:8443/2F3A4B?token=xxxxx",
		},
		"retry": {
			number: 3, attempt: dispatch.Attempt{Method: "POST", URL: "https://example.com:8443/", Status: 503, Reason: dispatch.ReasonStatus, Error: "status 503"},
			name: "POST",
			want: "error.type=status,http.request.method=POST,http.request.resend_count=2,http.response.status_code=503,messaging.message.id=REQUEST," +
				"server.address=example.com,server.port=8443," + common + ",url.full=https://example.com:8443/",
			status: sdktrace.Status{Code: codes.Error},
		},
		"no answer": {
			definition: callback.Definition{Channel: callback.ChannelURL, Method: "GET", URL: "http://example.com/{device}?d={data}"},
			attempt:    dispatch.Attempt{Method: "GET", URL: "http://example.com/2F3A4B?d=xxxxx", Reason: dispatch.ReasonDNS, Error: "no such host"},
			name:       "GET",
			want: "error.type=dns,http.request.method=GET,messaging.message.id=REQUEST,server.address=example.com,server.port=80," +
				common + ",url.full=http://example.com/2F3A4B?d=xxxxx",
			status: sdktrace.Status{Code: codes.Error, Description: "no such host"},
		},
		"not sent": {
			definition: callback.Definition{Channel: callback.ChannelURL, Method: "GET", URL: "/{data}"},
			attempt:    dispatch.Attempt{Reason: dispatch.ReasonRequest, Error: "no URL"}, name: "GET",
			want:   "error.type=request,http.request.method=GET,messaging.message.id=REQUEST," + common,
			status: sdktrace.Status{Code: codes.Error, Description: "no URL"},
		},
		"batch": {
			definition: callback.Definition{Channel: callback.ChannelBatchURL, URL: "https://example.com/?batch={batch}", LinePattern: "{device}"},
			attempt:    dispatch.Attempt{Method: "POST", URL: "https://example.com/", Status: 200}, lines: 3, name: "POST",
			want: "http.request.method=POST,http.response.status_code=200,messaging.batch.message_count=3,messaging.message.id=REQUEST,server.address=example.com,server.port=443," +
				common + ",url.full=https://example.com/",
		},
		"batch by PUT": {
			definition: callback.Definition{Channel: callback.ChannelBatchURL, Method: "PUT", URL: "https://example.com/", LinePattern: "{device}"},
			attempt:    dispatch.Attempt{Method: "PUT", URL: "https://example.com/", Status: 200}, lines: 1, name: "PUT",
			want: "http.request.method=PUT,http.response.status_code=200,messaging.message.id=REQUEST,server.address=example.com,server.port=443," +
				common + ",url.full=https://example.com/",
		},
		"e-mail": {
			definition: callback.Definition{Channel: callback.ChannelEmail, Recipient: "a@example.com"}, number: 2,
			attempt: dispatch.Attempt{Reason: dispatch.ReasonMail, Error: "mail: later"}, name: "send",
			want:   "error.type=mail,messaging.message.id=REQUEST,messaging.operation.name=send,messaging.system=smtp," + common,
			status: sdktrace.Status{Code: codes.Error, Description: "mail: later"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := post(t)
			if test.definition.Channel != "" {
				to = target(t, test.definition)
			}
			requests := []dispatch.Request{request(t, to)}
			for len(requests) < test.lines {
				requests = append(requests, request(t, to))
			}
			s := newSDK()
			attempt(t.Context(), s.hooks(t), max(test.number, 1), test.attempt, requests...)

			require.Len(t, s.spans.Ended(), 1)
			span := s.spans.Ended()[0]
			require.Equal(t, test.name, span.Name())
			require.Equal(t, trace.SpanKindClient, span.SpanKind())
			require.Equal(t, test.want, text(span.Attributes()))
			require.Equal(t, test.status, span.Status())
			require.NotContains(t, text(span.Attributes()), "secret")
		})
	}
}

// TestTrace shows that attempts have the trace of the context, and send it.
func TestTrace(t *testing.T) {
	t.Parallel()
	s := newSDK()
	o := s.options()
	o.Propagator = propagation.TraceContext{}
	h, err := sigfoxotel.NewHooks(o)
	require.NoError(t, err)
	ctx, parent := s.tracer.Tracer("test").Start(t.Context(), "receive")
	parent.End() // attempts come later

	r := request(t, post(t))
	first, second := attempt(ctx, h, 1, sent, r), attempt(ctx, h, 2, sent, r)
	attempts := s.spans.Ended()[1:]
	require.Len(t, attempts, 2)
	for i, header := range []http.Header{first, second} {
		require.Equal(t, parent.SpanContext(), attempts[i].Parent())
		sc := attempts[i].SpanContext()
		require.Equal(t, "00-"+sc.TraceID().String()+"-"+sc.SpanID().String()+"-01", header.Get("Traceparent"))
	}
	require.NotEqual(t, first, second)

	// E-mails have no headers to put it into; nothing is sent unless asked for.
	attempt(ctx, h, 1, sent, request(t, target(t, callback.Definition{Channel: callback.ChannelEmail, Recipient: "a@example.com"})))
	require.Empty(t, attempt(ctx, s.hooks(t), 1, sent, r))
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := newSDK()
	h := s.hooks(t)
	to := post(t)
	r := request(t, to)
	mail := request(t, target(t, callback.Definition{Channel: callback.ChannelEmail, Recipient: "a@example.com"}))
	failed := dispatch.Attempt{Method: "POST", Status: 500, Reason: dispatch.ReasonStatus, Duration: 2 * time.Second}

	attempt(t.Context(), h, 1, sent, r)
	attempt(t.Context(), h, 1, failed, r)
	attempt(t.Context(), h, 1, dispatch.Attempt{Reason: dispatch.ReasonRequest},
		request(t, target(t, callback.Definition{Channel: callback.ChannelURL, URL: "/{device}"})))
	attempt(t.Context(), h, 1, dispatch.Attempt{Duration: time.Second}, mail)
	h.OnRetry(dispatch.RetryInfo{Target: to, Requests: []dispatch.Request{r}, Attempt: failed})
	h.OnRetry(dispatch.RetryInfo{Target: to, Requests: []dispatch.Request{r}, Attempt: failed})
	h.OnDrop(dispatch.Drop{Request: r, Cause: dispatch.DropQueueFull})
	h.OnHealth(dispatch.Health{Target: to.ID(), State: dispatch.Degraded})
	h.OnHealth(dispatch.Health{Target: to.ID(), State: dispatch.Paused})

	all := s.collect(t)
	require.Len(t, all, 5)
	const common = "sigfox.service=DATA/UPLINK,sigfox.target.id=64f1c2d0a7b8e94f3a5d6c7b"
	const server = "server.address=example.com,server.port=8443,"

	require.Equal(t, "s", all["http.client.request.duration"].Unit)
	require.Equal(t, map[string]float64{
		"http.request.method=POST,http.response.status_code=204," + server + common:                   0.03,
		"error.type=status,http.request.method=POST,http.response.status_code=500," + server + common: 2,
		"error.type=request,http.request.method=_OTHER," + common:                                     0,
	}, sums(t, all["http.client.request.duration"]))
	require.Equal(t, map[string]float64{
		"messaging.operation.name=send,messaging.system=smtp," + common: 1,
	}, sums(t, all["messaging.client.operation.duration"]))
	for _, name := range []string{"http.client.request.duration", "messaging.client.operation.duration"} {
		for _, p := range all[name].Data.(metricdata.Histogram[float64]).DataPoints {
			require.Equal(t, []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}, p.Bounds)
		}
	}
	require.Equal(t, "{retry}", all["sigfox.dispatch.retries"].Unit)
	require.Equal(t, map[string]float64{"error.type=status," + common: 2}, sums(t, all["sigfox.dispatch.retries"]))
	require.Equal(t, "{request}", all["sigfox.dispatch.drops"].Unit)
	require.Equal(t, map[string]float64{"sigfox.drop.cause=full," + common: 1}, sums(t, all["sigfox.dispatch.drops"]))
	id := "sigfox.target.id=64f1c2d0a7b8e94f3a5d6c7b,sigfox.target.state="
	require.Equal(t, map[string]float64{id + "healthy": 0, id + "degraded": 0, id + "paused": 1, id + "disabled": 0},
		sums(t, all["sigfox.dispatch.target.status"]))

	// Neither the device nor anything of the URL but its host is in a metric.
	b, err := json.Marshal(all)
	require.NoError(t, err)
	for _, word := range []string{"2f3a4b", "token", "secret", "xxxxx", "https"} {
		require.NotContains(t, strings.ToLower(string(b)), word)
	}
}

// sums returns the values of a metric by attributes; for histograms, their sums.
func sums(t *testing.T, m metricdata.Metrics) map[string]float64 {
	t.Helper()
	all := map[string]float64{}
	switch data := m.Data.(type) {
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			all[text(p.Attributes.ToSlice())] = p.Sum
		}
	case metricdata.Sum[int64]:
		require.True(t, data.IsMonotonic)
		for _, p := range data.DataPoints {
			all[text(p.Attributes.ToSlice())] = float64(p.Value)
		}
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			all[text(p.Attributes.ToSlice())] = float64(p.Value)
		}
	default:
		t.Fatalf("%s is %T", m.Name, data)
	}
	return all
}

// TestOwnHooks shows that the user's hooks are called, with the span in the context.
func TestOwnHooks(t *testing.T) {
	t.Parallel()
	s := newSDK()
	type key struct{}
	var called []string
	o := s.options()
	o.Hooks = dispatch.Hooks{
		BeforeAttempt: func(ctx context.Context, _ dispatch.AttemptStart) context.Context {
			require.True(t, trace.SpanContextFromContext(ctx).IsValid())
			called = append(called, "before")
			ctx, _ = s.tracer.Tracer("theirs").Start(ctx, "theirs")
			return context.WithValue(ctx, key{}, "value")
		},
		OnAttempt: func(ctx context.Context, _ dispatch.AttemptEnd) {
			require.Equal(t, "value", ctx.Value(key{}))
			trace.SpanFromContext(ctx).End()
			called = append(called, "attempt")
		},
		OnRetry:  func(dispatch.RetryInfo) { called = append(called, "retry") },
		OnDrop:   func(dispatch.Drop) { called = append(called, "drop") },
		OnHealth: func(dispatch.Health) { called = append(called, "health") },
	}
	h, err := sigfoxotel.NewHooks(o)
	require.NoError(t, err)
	r := request(t, post(t))
	attempt(t.Context(), h, 1, sent, r)
	h.OnRetry(dispatch.RetryInfo{Target: r.Target})
	h.OnDrop(dispatch.Drop{Request: r})
	h.OnHealth(dispatch.Health{})
	require.Equal(t, []string{"before", "attempt", "retry", "drop", "health"}, called)

	names := []string{}
	for _, span := range s.spans.Ended() {
		names = append(names, span.Name())
	}
	require.Equal(t, []string{"theirs", "POST"}, names, "theirs is inside ours")
}

// TestGlobal shows that the global providers serve by default.
func TestGlobal(t *testing.T) {
	t.Parallel()
	h, err := sigfoxotel.NewHooks(sigfoxotel.Options{})
	require.NoError(t, err)
	attempt(t.Context(), h, 1, sent, request(t, post(t)))
}

// brokenProvider gives a meter that cannot make counters.
type brokenProvider struct{ noop.MeterProvider }

var errBroken = errors.New("broken")

func (brokenProvider) Meter(string, ...metric.MeterOption) metric.Meter { return brokenMeter{} }

type brokenMeter struct{ noop.Meter }

func (brokenMeter) Int64Counter(string, ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return nil, errBroken
}

func TestBrokenMeter(t *testing.T) {
	t.Parallel()
	_, err := sigfoxotel.NewHooks(sigfoxotel.Options{MeterProvider: brokenProvider{}})
	require.ErrorIs(t, err, errBroken)
}
