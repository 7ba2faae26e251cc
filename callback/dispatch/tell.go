package dispatch

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// news is what happened while the lock was held, and is told when it is not.
type news struct {
	drops   []dropped
	refused []Drop
	lanes   []*lane // whose health changed
}

type dropped struct {
	shipment *shipment
	cause    DropCause
	at       time.Time
}

func (n *news) empty() bool { return n.drops == nil && n.refused == nil && n.lanes == nil }

func (d *Dispatcher) takeNews() (n news) {
	n, d.news = d.news, n
	return n
}

// unlock unlocks mu and tells what happened.
func (d *Dispatcher) unlock() {
	if d.news.empty() {
		d.mu.Unlock()
		return
	}
	n := d.takeNews()
	d.mu.Unlock()
	d.tell(n)
}

func (d *Dispatcher) tell(n news) {
	for i := range n.refused {
		d.hookDrop(context.Background(), n.refused[i])
	}
	for _, x := range n.drops {
		d.tellDrop(x)
	}
	for _, l := range n.lanes {
		d.tellHealth(l)
	}
}

func (d *Dispatcher) tellDrop(x dropped) {
	sh := x.shipment
	d.journalSettle(sh, x.cause)
	for i := range sh.requests {
		r := &sh.requests[i]
		d.options.Logger.LogAttrs(sh.ctx, slog.LevelError, "callback dropped", append(about(r),
			slog.String("cause", string(x.cause)), slog.Int("attempts", len(sh.attempts)))...)
		d.hookDrop(sh.ctx, Drop{Request: *r, Attempts: sh.attempts, Cause: x.cause, At: x.at})
	}
}

func (d *Dispatcher) hookDrop(ctx context.Context, drop Drop) {
	if d.options.Hooks.OnDrop == nil {
		return
	}
	defer d.logPanic(ctx, "OnDrop")
	d.options.Hooks.OnDrop(drop)
}

// tellHealth tells the changes of a lane in their order: if another goroutine is at
// it, that one goes on.
func (d *Dispatcher) tellHealth(l *lane) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.telling {
		return
	}
	l.telling = true
	for len(l.untold) > 0 {
		h := l.untold[0]
		l.untold = l.untold[1:]
		d.mu.Unlock()
		d.hookHealth(h)
		d.mu.Lock()
	}
	l.telling, l.untold = false, nil
}

func (d *Dispatcher) hookHealth(h Health) {
	ctx := context.Background()
	attrs := []slog.Attr{slog.String("target", h.Target), slog.String("state", string(h.State))}
	if h.Reason != "" {
		attrs = append(attrs, slog.String("reason", string(h.Reason)), slog.String("error", h.Error))
	}
	d.options.Logger.LogAttrs(ctx, slog.LevelInfo, "target health changed", attrs...)
	if d.options.Hooks.OnHealth != nil {
		defer d.logPanic(ctx, "OnHealth")
		d.options.Hooks.OnHealth(h)
	}
}

// beforeAttempt returns the context of the attempt.
func (d *Dispatcher) beforeAttempt(
	ctx context.Context, sh *shipment, number int, h http.Header,
) (result context.Context) {
	result = ctx
	if hook := d.options.Hooks.BeforeAttempt; hook != nil {
		defer d.logPanic(ctx, "BeforeAttempt")
		start := AttemptStart{
			Target: sh.target, Requests: sh.requests, Contexts: sh.contexts(), ID: sh.id, Number: number, Header: h,
		}
		if made := hook(ctx, start); made != nil {
			result = made
		}
	}
	return result
}

func (d *Dispatcher) tellAttempt(ctx context.Context, sh *shipment, a *Attempt, answer []byte) {
	if hook := d.options.Hooks.OnAttempt; hook != nil {
		defer d.logPanic(ctx, "OnAttempt")
		hook(ctx, AttemptEnd{Target: sh.target, Requests: sh.requests, ID: sh.id, Attempt: *a, Answer: answer})
	}
}

func (d *Dispatcher) tellRetry(sh *shipment, a *Attempt) {
	if hook := d.options.Hooks.OnRetry; hook != nil {
		defer d.logPanic(sh.ctx, "OnRetry")
		hook(RetryInfo{Target: sh.target, Requests: sh.requests, Attempt: *a, At: sh.due})
	}
}

// about says in a log line what a request is.
func about(r *Request) []slog.Attr {
	return []slog.Attr{
		slog.String("target", r.Target.ID()),
		slog.String("service", r.Target.Service().String()),
		slog.String("id", r.ID),
		slog.String("device", r.Subject.Device.String()),
	}
}

// logAttempt logs failures, and successes if they are asked for.
func (d *Dispatcher) logAttempt(sh *shipment, a *Attempt, v *verdict) {
	log, ctx := d.options.Logger, sh.ctx
	switch {
	case !a.OK():
		log.LogAttrs(ctx, slog.LevelWarn, "callback failed", aboutAttempt(sh, a, v)...)
	case log.Enabled(ctx, slog.LevelDebug):
		log.LogAttrs(ctx, slog.LevelDebug, "callback delivered", aboutAttempt(sh, a, v)...)
	}
}

func aboutAttempt(sh *shipment, a *Attempt, v *verdict) []slog.Attr {
	attrs := about(&sh.requests[0])
	if n := len(sh.requests); n > 1 {
		attrs = append(attrs, slog.Int("messages", n))
	}
	attrs = append(attrs, slog.Int("attempt", a.Number), slog.Duration("duration", a.Duration))
	if a.URL != "" {
		attrs = append(attrs, slog.String("url", a.URL))
	}
	if a.Status != 0 {
		attrs = append(attrs, slog.Int("status", a.Status))
	}
	if !a.OK() {
		attrs = append(attrs, slog.String("reason", string(a.Reason)), slog.String("error", a.Error))
	}
	if v.again() {
		attrs = append(attrs, slog.Time("next", sh.due))
	}
	return attrs
}

func (d *Dispatcher) logJournal(sh *shipment, op string, err error) {
	d.options.Logger.LogAttrs(sh.ctx, slog.LevelError, "journal failed",
		append(about(&sh.requests[0]), slog.String("op", op), slog.String("error", err.Error()))...)
}

// logPanic is deferred around what users bring, and logs its panic.
func (d *Dispatcher) logPanic(ctx context.Context, what string) {
	if v := recover(); v != nil {
		d.options.Logger.LogAttrs(ctx, slog.LevelError, "panic",
			slog.String("in", what), slog.Any("value", v), slog.String("stack", string(debug.Stack())))
	}
}

// tellable returns err. If that panics when it is asked for its text, as one that is a nil
// pointer may, it does so here, where it is caught.
func tellable(err error) error {
	if err != nil {
		_ = err.Error()
	}
	return err
}

// recoverTo is deferred around what users bring, and makes its panic an error.
func recoverTo(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("panic: %v", v)
	}
}
