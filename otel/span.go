package otel

import (
	"context"
	"net/url"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// The attributes that no convention has.
const (
	targetIDKey    attribute.Key = "sigfox.target.id"
	targetStateKey attribute.Key = "sigfox.target.state"
	serviceKey     attribute.Key = "sigfox.service"
	dropCauseKey   attribute.Key = "sigfox.drop.cause"
)

// The values of messaging.operation.name and messaging.system for e-mails.
const (
	sendOperation = "send"
	mailSystem    = "smtp"
)

// start starts the span of an attempt.
func start(ctx context.Context, t trace.Tracer, a *dispatch.AttemptStart) (context.Context, trace.Span) {
	list := []attribute.KeyValue{
		targetIDKey.String(a.Target.ID()),
		serviceKey.String(a.Target.Service().String()),
		semconv.MessagingMessageID(a.ID),
	}
	if len(a.Requests) > 1 {
		list = append(list, semconv.MessagingBatchMessageCount(len(a.Requests)))
	}
	name := method(a)
	if isMail(a.Target) {
		name = sendOperation
		list = append(list, semconv.MessagingOperationName(sendOperation), semconv.MessagingSystemKey.String(mailSystem))
	} else {
		list = append(list, semconv.HTTPRequestMethodKey.String(name))
		list = append(list, server(a.Target)...)
		if a.Number > 1 {
			list = append(list, semconv.HTTPRequestResendCount(a.Number-1))
		}
	}
	return t.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(list...), links(a))
}

// links ties the span of a batch to those that its messages came from. That of the
// first is its parent.
func links(a *dispatch.AttemptStart) trace.SpanStartOption {
	var list []trace.Link
	for i := 1; i < len(a.Contexts); i++ {
		if link := trace.LinkFromContext(a.Contexts[i]); link.SpanContext.IsValid() {
			list = append(list, link)
		}
	}
	return trace.WithLinks(list...)
}

// end ends the span of an attempt.
func end(span trace.Span, a *dispatch.Attempt) {
	if a.URL != "" {
		span.SetAttributes(semconv.URLFull(a.URL))
	}
	if a.Status != 0 {
		span.SetAttributes(semconv.HTTPResponseStatusCode(a.Status))
	}
	if !a.OK() {
		span.SetAttributes(errorType(a))
		description := a.Error
		if a.Reason == dispatch.ReasonStatus {
			description = "" // the status code says it
		}
		span.SetStatus(codes.Error, description)
	}
	span.End()
}

func isMail(t *dispatch.Target) bool { return t.Definition().Channel == callback.ChannelEmail }

// method returns the HTTP method of an attempt.
func method(a *dispatch.AttemptStart) string {
	if out := a.Requests[0].HTTP; out != nil {
		return out.Method
	}
	if m := a.Target.Definition().Method; m != "" {
		return m
	}
	return "POST" // of batches
}

func errorType(a *dispatch.Attempt) attribute.KeyValue {
	return semconv.ErrorTypeKey.String(string(a.Reason))
}

// server returns server.address and server.port, or nothing if the URL has no host.
// Variables cannot stand in a host, so there are no more of them than targets.
func server(t *dispatch.Target) []attribute.KeyValue {
	u, err := url.Parse(t.Definition().URL)
	if err != nil || u.Hostname() == "" {
		return nil
	}
	port, err := strconv.Atoi(u.Port())
	switch {
	case err == nil:
	case u.Scheme == "http":
		port = 80
	default:
		port = 443
	}
	return []attribute.KeyValue{semconv.ServerAddress(u.Hostname()), semconv.ServerPort(port)}
}
