package otel

import (
	"context"
	"fmt"

	global "go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-sigfox/sigfox/callback/dispatch"
)

const scope = "github.com/go-sigfox/sigfox/otel"

// Options configure the hooks. A zero field stands for its default.
type Options struct {
	// TracerProvider makes the spans. Default: the global one.
	TracerProvider trace.TracerProvider
	// MeterProvider makes the instruments. Default: the global one.
	MeterProvider metric.MeterProvider
	// Propagator puts the context of the span into the headers of HTTP requests;
	// propagation.TraceContext{} sends the W3C header traceparent. Default: nothing is
	// sent, as the Sigfox Cloud sends none.
	Propagator propagation.TextMapPropagator
	// Hooks are called too, with the span in the context. Default: none.
	Hooks dispatch.Hooks
}

// NewHooks returns hooks that make spans and metrics. The error is that of the
// MeterProvider.
func NewHooks(o Options) (dispatch.Hooks, error) {
	if o.TracerProvider == nil {
		o.TracerProvider = global.GetTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = global.GetMeterProvider()
	}
	if o.Propagator == nil {
		o.Propagator = propagation.NewCompositeTextMapPropagator() // does nothing
	}
	instruments, err := newInstruments(o.MeterProvider.Meter(scope))
	if err != nil {
		return dispatch.Hooks{}, fmt.Errorf("otel: %w", err)
	}
	t := &telemetry{
		tracer:      o.TracerProvider.Tracer(scope),
		propagator:  o.Propagator,
		next:        o.Hooks,
		instruments: instruments,
	}
	hooks := o.Hooks
	hooks.BeforeAttempt = t.beforeAttempt
	hooks.OnAttempt = t.onAttempt
	hooks.OnRetry = t.onRetry
	hooks.OnDrop = t.onDrop
	hooks.OnHealth = t.onHealth
	return hooks, nil
}

// telemetry holds what the hooks need.
type telemetry struct {
	*instruments
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	next       dispatch.Hooks
}

// spanKey is the key of the span of an attempt: the user's hook may put another span
// into the context.
type spanKey struct{}

func (t *telemetry) beforeAttempt(ctx context.Context, a dispatch.AttemptStart) context.Context {
	ctx, span := start(ctx, t.tracer, &a)
	if a.Header != nil {
		t.propagator.Inject(ctx, propagation.HeaderCarrier(a.Header))
	}
	ctx = context.WithValue(ctx, spanKey{}, span)
	if t.next.BeforeAttempt != nil {
		ctx = t.next.BeforeAttempt(ctx, a)
	}
	return ctx
}

func (t *telemetry) onAttempt(ctx context.Context, a dispatch.AttemptEnd) {
	defer t.end(ctx, &a) // after the user's hook, whose span or panic it may have
	if t.next.OnAttempt != nil {
		t.next.OnAttempt(ctx, a)
	}
}

func (t *telemetry) end(ctx context.Context, a *dispatch.AttemptEnd) {
	t.recordDuration(ctx, a)
	span, ok := ctx.Value(spanKey{}).(trace.Span)
	if !ok { // what cannot be rendered is never begun
		_, span = start(ctx, t.tracer, &dispatch.AttemptStart{
			Target: a.Target, Requests: a.Requests, ID: a.ID, Number: a.Attempt.Number,
		})
	}
	end(span, &a.Attempt)
}

func (t *telemetry) onRetry(r dispatch.RetryInfo) {
	t.retries.Add(context.Background(), 1, with(r.Target, errorType(&r.Attempt)))
	if t.next.OnRetry != nil {
		t.next.OnRetry(r)
	}
}

func (t *telemetry) onDrop(d dispatch.Drop) {
	t.drops.Add(context.Background(), 1, with(d.Request.Target, dropCauseKey.String(string(d.Cause))))
	if t.next.OnDrop != nil {
		t.next.OnDrop(d)
	}
}

func (t *telemetry) onHealth(h dispatch.Health) {
	t.recordStatus(h)
	if t.next.OnHealth != nil {
		t.next.OnHealth(h)
	}
}
