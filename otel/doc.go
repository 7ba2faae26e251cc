// Package otel reports to OpenTelemetry what a dispatcher does. NewHooks returns hooks
// for dispatch.Options:
//
//	hooks, err := sigfoxotel.NewHooks(sigfoxotel.Options{})
//	...
//	d, err := dispatch.New(dispatch.Options{Hooks: hooks})
//
// It is a module of its own, so only those who use it depend on OpenTelemetry. It
// depends on the OpenTelemetry API alone: the program chooses SDK and exporters. Import
// it by the name sigfoxotel where go.opentelemetry.io/otel is used too.
//
// # Traces
//
// Each attempt is a span of kind client. Its parent is the span in the context that
// was given to Enqueue or Send, so all attempts of a request are in one trace. A batch
// has the context, and so the trace, of its oldest message. With Options.Propagator
// the receiver can continue the trace.
//
// HTTP attempts are named by their method and have the attributes of the semantic
// conventions: http.request.method, http.request.resend_count,
// http.response.status_code, server.address, server.port and url.full, in which user,
// password and the values of the query are redacted. E-mails are named "send". All
// spans have sigfox.target.id, sigfox.service and messaging.message.id, which is the
// same for all attempts of a request. A batch of several messages also has
// messaging.batch.message_count. A failed attempt has the status Error and, as
// error.type, the dispatch.Reason.
//
// # Metrics
//
//	http.client.request.duration         histogram, s          of each HTTP attempt
//	messaging.client.operation.duration  histogram, s          of each e-mail
//	sigfox.dispatch.retries              counter, {retry}      by error.type
//	sigfox.dispatch.drops                counter, {request}    by sigfox.drop.cause
//	sigfox.dispatch.target.status        gauge, 1              by sigfox.target.state
//
// All metrics have sigfox.target.id. The gauge is 1 for the state that a target is in,
// and 0 for the others; a target whose health has never changed has none. The HTTP
// histogram has the buckets and attributes of the convention. Its server.address and
// server.port are those of the definition, which cannot contain variables there. So the
// number of series depends only on the targets: no URL and no device is an attribute of
// a metric.
//
// # When not to use it
//
// If the program has no OpenTelemetry, the hooks of dispatch.Options serve any other
// system, and Dispatcher.Stats serves expvar.
//
// Hooks are safe for concurrent use and do not block.
package otel
