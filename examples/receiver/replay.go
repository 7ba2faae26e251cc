package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"

	"github.com/go-sigfox/sigfox/callback"
)

// recorded is one line of a replay file.
type recorded struct {
	ID         string               `json:"id"`
	Callback   callback.Service     `json:"callback"`
	Method     string               `json:"method"`
	URL        string               `json:"url"`
	Headers    map[string]string    `json:"headers"`
	Body       string               `json:"body"`
	Definition *callback.Definition `json:"definition"`
}

// maxLine is the length of the longest line of a replay file.
const maxLine = 16 << 20

// replayFile delivers the requests of a file over loopback, one after the other.
func replayFile(ctx context.Context, c config, stdout io.Writer) error {
	f, err := os.Open(c.replay)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	p, err := newReplayer(c)
	if err != nil {
		return err
	}
	defer p.server.Close()
	out := newPrinter(stdout)
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, maxLine)
	for n := 1; scanner.Scan(); n++ {
		text := strings.TrimSpace(scanner.Text())
		if text == "" {
			continue
		}
		out.print(p.replayLine(ctx, text))
	}
	return scanner.Err()
}

// replayer delivers requests to our own handlers over loopback.
type replayer struct {
	receiver receiver
	server   *httptest.Server
	answered chan line
	// defined is the handler for the request with a definition that is under way.
	defined http.Handler
}

// definedPath is in front of the path of a request with a definition of its own.
const definedPath = "/defined"

func newReplayer(c config) (*replayer, error) {
	p := &replayer{
		receiver: receiver{verifier: callback.Unverified(), reply: c.reply},
		answered: make(chan line, 1),
	}
	mux, err := p.receiver.routes()
	if err != nil {
		return nil, err
	}
	mux.HandleFunc(definedPath+"/", func(w http.ResponseWriter, r *http.Request) { p.defined.ServeHTTP(w, r) })
	p.server = httptest.NewServer(record(mux, func(_ *http.Request, l line) { p.answered <- l }))
	return p, nil
}

// replayLine delivers the request of one line.
func (p *replayer) replayLine(ctx context.Context, text string) line {
	var rec recorded
	if err := json.Unmarshal([]byte(text), &rec); err != nil {
		return line{ID: rec.ID, Status: http.StatusBadRequest, Messages: []json.RawMessage{}, Error: err.Error()}
	}
	l, err := p.deliver(ctx, rec)
	if err != nil {
		l = line{Status: http.StatusBadRequest, Messages: []json.RawMessage{}, Error: err.Error()}
	}
	l.ID = rec.ID
	return l
}

func (p *replayer) deliver(ctx context.Context, rec recorded) (line, error) {
	path, ok := routes[rec.Callback]
	if !ok {
		return line{}, errors.New("no callback given")
	}
	original, query, _ := strings.Cut(withoutHost(rec.URL), "?")
	if rec.Definition != nil {
		rec.Definition.Service = rec.Callback // what delivers it decides
		h, err := p.receiver.handler(rec.Callback, rec.Definition)
		if err != nil {
			return line{}, err
		}
		p.defined = h
		path = definedPath + "/" + strings.TrimPrefix(original, "/")
	}
	r, err := p.request(ctx, rec, path, query)
	if err != nil {
		return line{}, err
	}
	response, err := p.server.Client().Do(r)
	if err != nil {
		return line{}, fmt.Errorf("not delivered: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // nothing is written
	reply, err := io.ReadAll(response.Body)
	if err != nil {
		return line{}, err
	}
	l := <-p.answered
	l.Status, l.Reply = response.StatusCode, string(reply)
	return l, nil
}

// request makes the request to our server.
func (p *replayer) request(ctx context.Context, rec recorded, path, query string) (*http.Request, error) {
	method := rec.Method
	if method == "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, p.server.URL, strings.NewReader(rec.Body))
	if err != nil {
		return nil, err
	}
	if r.URL.Path, err = url.PathUnescape(path); err != nil {
		r.URL.Path = path
	} else {
		r.URL.RawPath = path
	}
	r.URL.RawQuery = escapeSpaces(query)
	for name, value := range rec.Headers {
		switch http.CanonicalHeaderKey(name) {
		case "Host", "Content-Length", "Connection", "Transfer-Encoding": // of the recorded connection
		default:
			r.Header.Set(name, value)
		}
	}
	return r, nil
}

// withoutHost cuts scheme and host off a URL.
func withoutHost(address string) string {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		return rest[i:]
	}
	return "/"
}

// escapeSpaces makes a query that was written by hand fit a request line.
func escapeSpaces(query string) string {
	var b strings.Builder
	for _, c := range []byte(query) {
		if c <= ' ' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
