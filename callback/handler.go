package callback

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/internal/receive"
)

// NewHandler returns a handler for callbacks of one service. It verifies, limits
// and reads a request, runs fn for each message in it, in order, and answers 204.
//
// An error of fn is answered with the status of StatusOf, and the cloud sends the
// callback again. A message that cannot be read is answered 400; in a batch it is skipped
// and reported to Options.OnError, so that the good ones are not lost. GET, POST and PUT
// are handled; OPTIONS and all other methods do not reach fn.
//
// The handler is safe for concurrent use and composes with http.ServeMux. A panic
// of fn is left to the server.
func NewHandler[M Message](fn func(context.Context, M) error, o Options) (http.Handler, error) {
	p, err := NewParser[M](o.Definition)
	if err != nil {
		return nil, err
	}
	var m M
	return newHandler(m.Service(), p.Append, withoutReply(fn), nil, o)
}

// NewBidirHandler returns a handler for DATA/BIDIR callbacks. A reply with data is
// answered with status 200 and the device id as it was received, a reply without data
// with 204. Data for a device that did not ask (Bidir.WantsDownlink) is not sent, but
// logged; so the callback needs {ack} in its template. A batch is answered with one
// object for all its devices. For the rest see NewHandler.
//
// A message that Options.Seen knows is answered 204 without running fn: the cloud
// sends again after a minute at the earliest, when the device no longer listens.
func NewBidirHandler(fn func(context.Context, Bidir) (downlink.Reply, error), o Options) (http.Handler, error) {
	p, err := NewParser[Bidir](o.Definition)
	if err != nil {
		return nil, err
	}
	return newHandler(DataBidir, p.Append, byReference(fn), answerBidir, o)
}

// NewDecodedHandler returns a handler that reads requests with decode instead of a
// Parser: package event uses it, and so can handlers for bodies of your own. Like
// Parser.Append, decode may return messages and an error. Messages with a method Key()
// (sigfox.MessageKey, bool) are looked up in Options.Seen. Options.Definition is not
// used. For the rest see NewHandler.
func NewDecodedHandler[M any](
	s Service, decode func(Input) ([]M, error), fn func(context.Context, M) error, o Options,
) (http.Handler, error) {
	read := func(dst []M, in Input) ([]M, error) {
		list, err := decode(in)
		return append(dst, list...), err
	}
	return newHandler(s, read, withoutReply(fn), nil, o)
}

// withoutReply returns fn as a function that replies nothing.
func withoutReply[M any](fn func(context.Context, M) error) func(context.Context, *M) (struct{}, error) {
	if fn == nil {
		return nil // refused by newHandler
	}
	return func(ctx context.Context, m *M) (struct{}, error) { return struct{}{}, fn(ctx, *m) }
}

// byReference returns fn as a function that is handed the message without a copy.
func byReference[M, R any](fn func(context.Context, M) (R, error)) func(context.Context, *M) (R, error) {
	if fn == nil {
		return nil // refused by newHandler
	}
	return func(ctx context.Context, m *M) (R, error) { return fn(ctx, *m) }
}

// handler is the http.Handler for messages M whose function replies R.
type handler[M, R any] struct {
	service Service
	options Options
	read    func(dst []M, in Input) ([]M, error)
	fn      func(context.Context, *M) (R, error)
	// reply appends the answer to a message that was handled; nil if none has one.
	reply func(dst []downlink.Entry, m *M, r R, o *Options) []downlink.Entry

	claims Claimer   // nil if every message is handled
	works  sync.Pool // of *work[M]
	flight flight[R]
	// secretQuery are the parameters of the query that hold secrets.
	secretQuery []string
}

func newHandler[M, R any](
	s Service,
	read func([]M, Input) ([]M, error),
	fn func(context.Context, *M) (R, error),
	reply func([]downlink.Entry, *M, R, *Options) []downlink.Entry,
	o Options,
) (*handler[M, R], error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if fn == nil {
		return nil, errors.New("callback: the function of a handler is nil")
	}
	return &handler[M, R]{
		service: s, options: o, read: read, fn: fn, reply: reply,
		claims: o.claimer(), secretQuery: queryParams(o.Verifier),
	}, nil
}

// work is the memory for one request.
type work[M any] struct {
	body      []byte
	messages  []M
	entries   []downlink.Entry
	answer    []byte
	deadlines receive.Deadlines
}

// maxKept is the size of the largest body buffer that is kept for later requests.
const maxKept = 64 << 10

// release makes w ready for the next request.
func (h *handler[M, R]) release(w *work[M]) {
	clear(w.messages)
	w.messages, w.entries = w.messages[:0], w.entries[:0]
	w.body, w.answer = w.body[:0], w.answer[:0]
	if cap(w.body) <= maxKept {
		h.works.Put(w)
	}
}

// ServeHTTP implements http.Handler.
func (h *handler[M, R]) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodGet:
	case http.MethodOptions:
		rw.Header()["Allow"] = allow
		rw.WriteHeader(http.StatusNoContent)
		return
	default:
		h.fail(rw, r, fmt.Errorf("%w: %.20q", ErrMethod, r.Method))
		return
	}
	w, ok := h.works.Get().(*work[M])
	if !ok {
		w = &work[M]{}
	}
	deadline := time.Now().Add(h.options.Timeout)
	ctx := w.deadlines.New(r.Context(), deadline, ErrTimeout)
	defer ctx.End()
	in, err := h.input(w, rw, r, deadline)
	if err == nil {
		err = h.handle(ctx, w, r, in)
	}
	if err != nil {
		h.fail(rw, r, err)
	} else {
		h.answer(rw, w)
	}
	h.release(w)
}

// The values of headers are shared by all answers, which saves making them.
var (
	allow       = []string{"GET, POST, PUT, OPTIONS"}
	contentType = []string{"application/json"}
	// The cloud tries again after a minute at the earliest, whatever is said here.
	retryAfter = []string{"60"}
	closing    = []string{"close"}
)

// input verifies the request and reads its body.
func (h *handler[M, R]) input(w *work[M], rw http.ResponseWriter, r *http.Request, deadline time.Time) (Input, error) {
	if int64(len(r.URL.RawQuery)) > h.options.MaxBytes {
		return Input{}, h.tooLarge("query")
	}
	unverified := verifyEarly(h.options.Verifier, r)
	inForm := unverified != nil && h.secretMayBeInForm(r)
	if unverified != nil && !inForm && !needsBody(unverified) {
		return Input{}, unverified
	}
	if encoding, ok := r.Header["Content-Encoding"]; ok && (len(encoding) != 1 || encoding[0] != "identity") {
		return Input{}, fmt.Errorf("%w: content encoding", ErrContentType)
	}
	in := Input{Query: r.URL.RawQuery, Path: r.URL.EscapedPath(), Header: r.Header, secretQuery: h.secretQuery}
	if r.Method == http.MethodGet {
		if unverified != nil {
			unverified = verifyBody(h.options.Verifier, r, nil, time.Now())
		}
		return in, unverified
	}
	var err error
	if w.body, err = receive.ReadBody(w.body, rw, r, h.options.MaxBytes, h.bodyDeadline(r, deadline)); err != nil {
		return in, h.bodyError(err)
	}
	in.Body = w.body
	if types := r.Header["Content-Type"]; len(types) > 0 {
		in.ContentType = types[0]
	}
	if inForm {
		r = withQuery(r, w.body)
	}
	if unverified != nil {
		unverified = verifyBody(h.options.Verifier, r, w.body, time.Now())
	}
	in.unwrapJSON()
	return in, unverified
}

// bodyDeadline returns when reading the body must end. It is zero, which saves setting
// it on the connection, if the server itself gives up as early.
func (h *handler[M, R]) bodyDeadline(r *http.Request, deadline time.Time) time.Time {
	s, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if ok && s.ReadTimeout > 0 && s.ReadTimeout <= h.options.Timeout {
		return time.Time{}
	}
	return deadline
}

// tooLarge returns the error of a part of the request above the limit.
func (h *handler[M, R]) tooLarge(part string) error {
	return fmt.Errorf("%w: the %s has more than the %d bytes of Options.MaxBytes", ErrTooLarge, part, h.options.MaxBytes)
}

// bodyError returns the error of this package for one of receive.ReadBody.
func (h *handler[M, R]) bodyError(err error) error {
	switch {
	case errors.Is(err, receive.ErrTooLarge):
		return h.tooLarge("body")
	case errors.Is(err, receive.ErrTimeout):
		return ErrSlow
	default:
		return fmt.Errorf("%w: %w", ErrRead, err)
	}
}

// secretMayBeInForm reports whether the cloud may have moved a secret from the
// query into the body, as it does with all parameters of a form callback.
func (h *handler[M, R]) secretMayBeInForm(r *http.Request) bool {
	if len(h.secretQuery) == 0 || r.Method == http.MethodGet {
		return false
	}
	in := Input{Body: []byte{'-'}, ContentType: r.Header.Get("Content-Type")}
	format, err := in.Format()
	return err == nil && format == FormatForm
}

// withQuery returns the request with the form moved back into the query.
func withQuery(r *http.Request, form []byte) *http.Request {
	moved, u := *r, *r.URL
	u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+string(form), "&")
	moved.URL = &u
	return &moved
}

// handle runs the function for each message. It returns the error that decides the
// answer.
func (h *handler[M, R]) handle(ctx context.Context, w *work[M], r *http.Request, in Input) error {
	messages, unread := h.read(w.messages, in)
	w.messages = messages
	if len(messages) == 0 {
		return unread
	}
	var failures []error
	for i := range messages {
		reply, err := h.runOnce(ctx, r, &messages[i])
		if err != nil {
			failures = append(failures, err)
			continue
		}
		if h.reply != nil {
			w.entries = h.reply(w.entries, &messages[i], reply, &h.options)
		}
	}
	if len(failures) == 0 && unread != nil {
		h.skipped(r, unread)
	}
	return errors.Join(failures...) // once: a chain of them is as long, each time, as all before it
}

// runOnce runs the function for a message that Options.Seen or Claims does not know.
func (h *handler[M, R]) runOnce(ctx context.Context, r *http.Request, m *M) (R, error) {
	if h.claims == nil {
		return h.fn(ctx, m)
	}
	k, ok := keyOf(m)
	if !ok {
		return h.fn(ctx, m)
	}
	return h.flight.do(ctx, k, func() (reply R, err error) {
		state, err := h.claims.Begin(ctx, time.Now(), k)
		switch {
		case err != nil || state == dedup.Done:
			return reply, err
		case state == dedup.InFlight:
			return reply, fmt.Errorf("%w: message is being handled elsewhere", ErrOverloaded)
		}
		handled := false
		defer func() { h.settle(ctx, r, k, handled) }() // also if fn panics
		reply, err = h.fn(ctx, m)
		handled = err == nil
		return reply, err
	})
}

// settle notes what became of a message.
func (h *handler[M, R]) settle(ctx context.Context, r *http.Request, k sigfox.MessageKey, handled bool) {
	note := h.claims.Abort
	if handled {
		note = h.claims.Commit
	}
	if err := note(ctx, time.Now(), k); err != nil {
		h.report(ErrorInfo{Service: h.service, Request: r, Err: err, Status: StatusOf(err), Unsettled: true})
	}
}

func keyOf[M any](m *M) (sigfox.MessageKey, bool) {
	if keyed, ok := any(m).(interface {
		Key() (sigfox.MessageKey, bool)
	}); ok {
		return keyed.Key()
	}
	return sigfox.MessageKey{}, false
}

// answer sends the replies, if any has data.
func (h *handler[M, R]) answer(rw http.ResponseWriter, w *work[M]) {
	w.answer = downlink.AppendJSON(w.answer, w.entries...)
	if len(w.answer) == 0 {
		rw.WriteHeader(http.StatusNoContent)
		return
	}
	rw.Header()["Content-Type"] = contentType
	rw.WriteHeader(http.StatusOK)
	_, _ = rw.Write(w.answer) // the connection is gone; the server knows
}

// answerBidir adds the reply to one message. Of several messages of one device the
// first with data is answered.
func answerBidir(dst []downlink.Entry, m *Bidir, r downlink.Reply, o *Options) []downlink.Entry {
	if _, ok := r.Data(); ok && !m.WantsDownlink() {
		device := m.Device.String()
		if m.Ack.Present() {
			o.Logger.Warn("downlink not sent: the device did not ask", "service", DataBidir.String(), "device", device)
		} else {
			o.Logger.Warn("downlink not sent: the request does not tell {ack}", "service", DataBidir.String(), "device", device)
		}
		r = downlink.Reply{}
	}
	for i := range dst {
		if dst[i].Device.ID() == m.Device {
			if _, ok := dst[i].Reply.Data(); !ok {
				dst[i].Reply = r
			}
			return dst
		}
	}
	return append(dst, downlink.Entry{Device: m.DeviceText, Reply: r})
}
