package callback

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/go-sigfox/sigfox"
)

// fail answers a request that was not handled. The answer does not tell why.
func (h *handler[M, R]) fail(rw http.ResponseWriter, r *http.Request, err error) {
	status := h.report(ErrorInfo{Service: h.service, Request: r, Err: err, Status: StatusOf(err)})
	header := rw.Header()
	switch status {
	case http.StatusMethodNotAllowed:
		header["Allow"] = allow
	case http.StatusServiceUnavailable:
		header["Retry-After"] = retryAfter
	case http.StatusRequestEntityTooLarge, http.StatusRequestTimeout:
		header["Connection"] = closing // what is left of the body is not read
	case http.StatusUnauthorized:
		if scheme := challenge(h.options.Verifier); scheme != "" {
			header["Www-Authenticate"] = []string{scheme + ` realm="callback"`}
		}
	}
	rw.WriteHeader(status)
}

// skipped reports the messages of a batch that cannot be read beside some that can.
func (h *handler[M, R]) skipped(r *http.Request, err error) {
	errs := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		errs = joined.Unwrap()
	}
	for _, err := range errs {
		h.report(ErrorInfo{Service: h.service, Request: r, Err: err, Status: StatusOf(err), Skipped: true})
	}
}

// report logs an error and has OnError decide the status.
func (h *handler[M, R]) report(info ErrorInfo) int {
	status := info.Status
	if h.options.OnError != nil {
		if s := h.options.OnError(info); s != 0 {
			status = s
		}
	}
	level := slog.LevelWarn
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	ctx := info.Request.Context()
	log := h.options.Logger
	if !log.Enabled(ctx, level) {
		return status
	}
	attrs := append([]slog.Attr{slog.String("service", h.service.String()), slog.Int("status", status)}, errorAttrs(info.Err)...)
	if log.Enabled(ctx, slog.LevelDebug) {
		attrs = append(attrs, slog.Any("error", info.Err))
	}
	ctx = context.WithoutCancel(ctx)
	switch {
	case info.Skipped:
		log.LogAttrs(ctx, level, "message of a batch skipped", attrs...)
	case info.Unsettled:
		log.LogAttrs(ctx, level, "claim not settled", attrs...)
	default:
		log.LogAttrs(ctx, level, "callback refused", attrs...)
	}
	return status
}

// errorAttrs describes an error without the values that it quotes.
func errorAttrs(err error) []slog.Attr {
	if f, ok := errors.AsType[*FieldError](err); ok {
		reason := f.Err.Error()
		if p, ok := errors.AsType[*sigfox.ParseError](f.Err); ok {
			reason = p.Msg
		}
		return []slog.Attr{
			slog.String("reason", reason), slog.String("field", f.Field), slog.Int("offset", f.Offset), slog.Int("line", f.Line),
		}
	}
	return []slog.Attr{slog.String("reason", err.Error())}
}
