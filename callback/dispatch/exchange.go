package dispatch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/internal/egress"
)

// failure is why an attempt failed.
type failure struct {
	reason Reason
	err    error
}

// Error implements error.
func (f *failure) Error() string { return f.err.Error() }

// Unwrap returns the cause.
func (f *failure) Unwrap() error { return f.err }

// statusError is the cause of an attempt that was answered.
type statusError int

// Error implements error.
func (s statusError) Error() string {
	return fmt.Sprintf("status %d %s", int(s), http.StatusText(int(s)))
}

// attemptContext ends with one context and has the values of another as well. The
// former is asked first, for it is its end that package context has to find.
type attemptContext struct {
	context.Context
	values context.Context
}

// Value implements context.Context.
func (c *attemptContext) Value(key any) any {
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.values.Value(key)
}

// endless has the values of a context, and no end. Other than that of package
// context, it takes no memory to be asked for one.
type endless struct{ context.Context }

// Deadline implements context.Context, as do Done and Err.
func (*endless) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// Done returns nil.
func (*endless) Done() <-chan struct{} { return nil }

// Err returns nil.
func (*endless) Err() error { return nil }

// attempt sends a shipment once, and has the hooks told. It ends when the timeout of
// the target is over, or end does. The error is that of the record.
func (d *Dispatcher) attempt(end context.Context, sh *shipment) (a Attempt, answer []byte, err error) {
	a = Attempt{Number: len(sh.attempts) + 1, Start: time.Now()}
	ctx, cancel := context.WithDeadline(&attemptContext{end, sh.ctx}, a.Start.Add(d.timeout(sh.target)))
	defer cancel()
	if sh.target.options.Definition.Channel == callback.ChannelEmail {
		ctx, err = d.mail(ctx, sh, &a)
	} else {
		ctx, answer, err = d.exchange(ctx, sh, &a)
	}
	a.Duration = time.Since(a.Start)
	if err != nil {
		a.Reason, a.Error = reasonOf(err), err.Error()
	}
	d.tellAttempt(ctx, sh, &a, answer)
	return a, answer, err
}

func (d *Dispatcher) timeout(t *Target) time.Duration {
	if t.options.Timeout > 0 {
		return t.options.Timeout
	}
	return d.options.Timeout
}

func reasonOf(err error) Reason {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.reason
	}
	if e, ok := errors.AsType[*egress.Error](err); ok {
		return Reason(e.Reason)
	}
	return ReasonProtocol
}

// mail sends an e-mail. It returns the context of the attempt, as exchange does.
func (d *Dispatcher) mail(ctx context.Context, sh *shipment, a *Attempt) (_ context.Context, err error) {
	ctx = d.beforeAttempt(ctx, sh, a.Number, nil)
	err = func() (err error) {
		defer recoverTo(&err)
		return tellable(d.options.Mailer.Send(ctx, *sh.requests[0].Mail))
	}()
	switch {
	case err == nil:
		return ctx, nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return ctx, &failure{ReasonTimeout, err}
	case ctx.Err() != nil:
		return ctx, &failure{ReasonCanceled, err}
	default:
		a.Permanent = isPermanent(err)
		return ctx, &failure{ReasonMail, err}
	}
}

// isPermanent reports whether a mailer has said so. Errors of package net have such a
// method, too, but mean something else.
func isPermanent(err error) bool {
	type temporary interface {
		error
		Temporary() bool
	}
	t, ok := errors.AsType[temporary](err)
	if !ok || t.Temporary() {
		return false
	}
	_, ofNet := t.(net.Error)
	return !ofNet
}

// exchange sends a request and judges the answer.
func (d *Dispatcher) exchange(ctx context.Context, sh *shipment, a *Attempt) (context.Context, []byte, error) {
	out, err := sh.render()
	if err != nil {
		return ctx, nil, &failure{ReasonRequest, err}
	}
	a.Method = out.Method
	hidden := d.hides(sh.target)
	header := d.header(sh, out.Header, hidden)
	ctx = d.beforeAttempt(ctx, sh, a.Number, header)
	r, err := sh.target.newRequest(ctx, out, hidden)
	a.URL = redacted(out.URL, r)
	if err != nil {
		// The error would show the URL.
		return ctx, nil, &failure{ReasonRequest, errors.New("the URL or the method is invalid")}
	}
	r.Header = header
	if err := sh.sign(r, out.Body, a.Start); err != nil {
		return ctx, nil, &failure{ReasonSign, err}
	}
	answer, err := d.do(r, sh.target.profile())
	a.Status = answer.Status
	a.Answer = bytes.Clone(answer.Body[:min(len(answer.Body), d.options.AnswerBytes)])
	a.RetryAfter = retryAfter(answer.Header, time.Now)
	switch {
	case err != nil:
		return ctx, answer.Body, err
	case a.Status >= 200 && a.Status <= 299:
		return ctx, answer.Body, nil
	case a.Status >= 300 && a.Status <= 399:
		return ctx, answer.Body, &failure{ReasonRedirect, statusError(a.Status)}
	default:
		return ctx, answer.Body, &failure{ReasonStatus, statusError(a.Status)}
	}
}

// redacted returns the URL of a request, which is nil if the URL cannot be parsed,
// without secrets.
func redacted(address string, r *http.Request) string {
	if r != nil && r.URL.User == nil && r.URL.RawQuery == "" && r.URL.Fragment == "" {
		return address
	}
	return egress.RedactURL(address)
}

// do sends a request. A transport of Options.Transport might panic.
func (d *Dispatcher) do(r *http.Request, p egress.Profile) (a egress.Answer, err error) {
	defer recoverTo(&err)
	return d.client.Do(r, p)
}

// render returns what is sent, the same in each attempt.
func (sh *shipment) render() (*callback.Outgoing, error) {
	if !sh.isLine() {
		return sh.requests[0].HTTP, nil
	}
	if sh.out == nil {
		out, err := sh.target.compiled.RenderBatch(sh.lines())
		if err != nil {
			return nil, err
		}
		sh.out = out
	}
	return sh.out, nil
}

func (sh *shipment) lines() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range sh.requests {
			if !yield(sh.requests[i].Line) {
				return
			}
		}
	}
}

func (sh *shipment) sign(r *http.Request, body []byte, now time.Time) (err error) {
	signer := sh.target.options.Signer
	if signer == nil {
		return nil
	}
	defer recoverTo(&err)
	return tellable(signer.Sign(r, slices.Clip(body), sh.id, now))
}

func (t *Target) profile() egress.Profile {
	return egress.Profile{
		Certificate: t.options.ClientCertificate, RootCAs: t.options.RootCAs, SNI: t.options.Definition.SendSNI,
	}
}
