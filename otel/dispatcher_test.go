package otel_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/propagation"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	sigfoxotel "github.com/go-sigfox/sigfox/otel"
)

// endpoint answers with its statuses, one after the other, and keeps what it is told
// of the trace.
type endpoint struct {
	statuses []int
	traces   []string
}

func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	e.traces = append(e.traces, r.Header.Get("Traceparent"))
	status := e.statuses[0]
	e.statuses = e.statuses[1:]
	if status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

// newDispatcher returns a dispatcher that tells everything to s.
func newDispatcher(t *testing.T, s *sdk, e *endpoint) *dispatch.Dispatcher {
	t.Helper()
	o := s.options()
	o.Propagator = propagation.TraceContext{}
	hooks, err := sigfoxotel.NewHooks(o)
	require.NoError(t, err)
	d, err := dispatch.New(dispatch.Options{Hooks: hooks, Transport: e})
	require.NoError(t, err)
	return d
}

// TestDispatcher shows that all attempts of a request, minutes apart, are in the trace
// in which it was received.
func TestDispatcher(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, e := newSDK(), &endpoint{statuses: []int{503, 0, 204}}
		d := newDispatcher(t, s, e)
		run, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(run) }()

		ctx, received := s.tracer.Tracer("test").Start(t.Context(), "receive")
		require.NoError(t, d.Enqueue(ctx, request(t, post(t))))
		received.End()
		time.Sleep(time.Hour)
		stop()
		require.ErrorIs(t, <-done, context.Canceled)

		attempts := s.spans.Ended()[1:]
		require.Len(t, attempts, 3)
		for i, span := range attempts {
			sc := span.SpanContext()
			require.Equal(t, received.SpanContext().TraceID(), sc.TraceID())
			require.Equal(t, received.SpanContext().SpanID(), span.Parent().SpanID())
			require.Equal(t, fmt.Sprintf("00-%s-%s-01", sc.TraceID(), sc.SpanID()), e.traces[i])
			require.Equal(t, i > 0, strings.Contains(text(span.Attributes()), "http.request.resend_count"))
		}
		require.Equal(t, time.Minute, attempts[1].StartTime().Sub(attempts[0].EndTime()))
		require.Equal(t, 2*time.Minute, attempts[2].StartTime().Sub(attempts[1].EndTime()))

		const common = "sigfox.service=DATA/UPLINK,sigfox.target.id=64f1c2d0a7b8e94f3a5d6c7b"
		all := s.collect(t)
		require.Len(t, sums(t, all["http.client.request.duration"]), 3)
		require.Equal(t, map[string]float64{"error.type=status," + common: 1, "error.type=protocol," + common: 1},
			sums(t, all["sigfox.dispatch.retries"]))
		require.NotContains(t, all, "sigfox.dispatch.drops")
		require.InDelta(t, 1, sums(t, all["sigfox.dispatch.target.status"])["sigfox.target.id=64f1c2d0a7b8e94f3a5d6c7b,sigfox.target.state=healthy"], 0)
	})
}

// TestDispatcherDrop gives up a request after its last attempt.
func TestDispatcherDrop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSDK()
		d := newDispatcher(t, s, &endpoint{statuses: []int{500, 500, 500, 500}})
		_, err := d.Send(t.Context(), request(t, post(t)))
		require.Error(t, err)
		require.Len(t, s.spans.Ended(), 4)
		all := s.collect(t)
		const common = ",sigfox.service=DATA/UPLINK,sigfox.target.id=64f1c2d0a7b8e94f3a5d6c7b"
		require.Equal(t, map[string]float64{"sigfox.drop.cause=attempts" + common: 1}, sums(t, all["sigfox.dispatch.drops"]))
		require.Equal(t, map[string]float64{"error.type=status" + common: 3}, sums(t, all["sigfox.dispatch.retries"]))
	})
}

// TestDispatcherBatch shows that a batch is one span, in the trace of its first line and
// linked to those of the others.
func TestDispatcherBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSDK()
		d := newDispatcher(t, s, &endpoint{statuses: []int{200}})
		to := target(t, callback.Definition{
			Channel: callback.ChannelBatchURL, URL: "https://example.com/?batch={batch}", LinePattern: "{device};{data}",
		})
		for i := range 3 {
			ctx, received := s.tracer.Tracer("test").Start(t.Context(), "receive")
			r, err := dispatch.NewRequest(to, callback.Uplink{Device: sigfox.DeviceID(i + 1)})
			require.NoError(t, err)
			require.NoError(t, d.Enqueue(ctx, r))
			received.End()
		}
		run, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(run) }()
		time.Sleep(time.Minute)
		stop()
		require.ErrorIs(t, <-done, context.Canceled)

		ended := s.spans.Ended()
		batch := ended[len(ended)-1]
		require.Len(t, ended, 4)
		require.Contains(t, text(batch.Attributes()), "messaging.batch.message_count=3")
		require.Equal(t, ended[0].SpanContext().TraceID(), batch.SpanContext().TraceID())
		require.Len(t, batch.Links(), 2)
		for i, link := range batch.Links() {
			require.Equal(t, ended[i+1].SpanContext(), link.SpanContext, "to what the other lines came from")
		}
	})
}

// TestNotBegun shows that what was never begun is a span all the same.
func TestNotBegun(t *testing.T) {
	t.Parallel()
	s := newSDK()
	to := post(t)
	s.hooks(t).OnAttempt(t.Context(), dispatch.AttemptEnd{
		Target: to, Requests: []dispatch.Request{request(t, to)}, ID: "REQUEST",
		Attempt: dispatch.Attempt{Number: 1, Reason: dispatch.ReasonRequest, Error: "too long"},
	})
	require.Len(t, s.spans.Ended(), 1)
	require.Contains(t, text(s.spans.Ended()[0].Attributes()), "error.type=request,")
}
