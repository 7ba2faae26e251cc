package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"

	"github.com/go-sigfox/sigfox/callback"
)

// line is what is printed for one request.
type line struct {
	ID       string            `json:"id,omitempty"`
	Status   int               `json:"status"`
	Reply    string            `json:"reply"`
	Messages []json.RawMessage `json:"messages"`
	Error    string            `json:"error,omitempty"`
}

// printer prints lines one at a time.
type printer struct {
	mu  sync.Mutex
	enc *json.Encoder
}

func newPrinter(w io.Writer) *printer {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &printer{enc: enc}
}

func (p *printer) print(l line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.enc.Encode(l) // standard output is closed: nobody listens
}

type recordKey struct{}

// record has the functions of h note what they are given, and done told of it with
// what was answered.
func record(h http.Handler, done func(*http.Request, line)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l := &line{Messages: []json.RawMessage{}}
		answer := &answerWriter{ResponseWriter: w, status: http.StatusOK}
		h.ServeHTTP(answer, r.WithContext(context.WithValue(r.Context(), recordKey{}, l)))
		l.Status, l.Reply = answer.status, answer.body.String()
		done(r, *l)
	})
}

// note is the function of all handlers: it notes the message.
func note[M interface{ AppendJSON(dst []byte) []byte }](ctx context.Context, m M) error {
	if l, ok := ctx.Value(recordKey{}).(*line); ok {
		l.Messages = append(l.Messages, m.AppendJSON(nil))
	}
	return nil
}

// noteError notes why a request was refused, or each message of a batch that was.
func noteError(info callback.ErrorInfo) int {
	if l, ok := info.Request.Context().Value(recordKey{}).(*line); ok {
		if l.Error != "" {
			l.Error += "\n"
		}
		l.Error += info.Err.Error()
	}
	return info.Status
}

// answerWriter keeps a copy of the answer.
type answerWriter struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (w *answerWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *answerWriter) Write(b []byte) (int, error) {
	w.body.Write(b)
	return w.ResponseWriter.Write(b)
}

// Unwrap lets handlers set deadlines on the connection.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
