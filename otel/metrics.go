package otel

import (
	"cmp"
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
	"go.opentelemetry.io/otel/semconv/v1.43.0/messagingconv"

	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// instruments are the metrics.
type instruments struct {
	requests httpconv.ClientRequestDuration
	mails    messagingconv.ClientOperationDuration
	retries  metric.Int64Counter
	drops    metric.Int64Counter
	status   metric.Int64Gauge
}

func newInstruments(m metric.Meter) (*instruments, error) {
	var i instruments
	var errs [5]error
	i.requests, errs[0] = httpconv.NewClientRequestDuration(m)
	// The convention names these buckets; the package does not set them.
	i.mails, errs[1] = messagingconv.NewClientOperationDuration(m,
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10))
	i.retries, errs[2] = m.Int64Counter("sigfox.dispatch.retries", metric.WithUnit("{retry}"),
		metric.WithDescription("Attempts that failed and are repeated."))
	i.drops, errs[3] = m.Int64Counter("sigfox.dispatch.drops", metric.WithUnit("{request}"),
		metric.WithDescription("Requests that were given up."))
	i.status, errs[4] = m.Int64Gauge("sigfox.dispatch.target.status", metric.WithUnit("1"),
		metric.WithDescription("1 for the state that a target is in, 0 for the others."))
	return &i, cmp.Or(errs[:]...)
}

// with returns what the metrics about a target have, and more.
func with(t *dispatch.Target, more ...attribute.KeyValue) metric.MeasurementOption {
	more = append(more, targetIDKey.String(t.ID()), serviceKey.String(t.Service().String()))
	return metric.WithAttributes(more...)
}

func (i *instruments) recordDuration(ctx context.Context, a *dispatch.AttemptEnd) {
	var list []attribute.KeyValue
	if !a.Attempt.OK() {
		list = append(list, errorType(&a.Attempt))
	}
	seconds := a.Attempt.Duration.Seconds()
	if isMail(a.Target) {
		list = append(list, semconv.MessagingOperationName(sendOperation), semconv.MessagingSystemKey.String(mailSystem))
		i.mails.Inst().Record(ctx, seconds, with(a.Target, list...))
		return
	}
	list = append(list, semconv.HTTPRequestMethodKey.String(cmp.Or(a.Attempt.Method, "_OTHER")))
	list = append(list, server(a.Target)...)
	if a.Attempt.Status != 0 {
		list = append(list, semconv.HTTPResponseStatusCode(a.Attempt.Status))
	}
	i.requests.Inst().Record(ctx, seconds, with(a.Target, list...))
}

func (i *instruments) recordStatus(h dispatch.Health) {
	for _, state := range [...]dispatch.State{dispatch.Healthy, dispatch.Degraded, dispatch.Paused, dispatch.Disabled} {
		value := int64(0)
		if state == h.State {
			value = 1
		}
		i.status.Record(context.Background(), value,
			metric.WithAttributes(targetIDKey.String(h.Target), targetStateKey.String(string(state))))
	}
}
