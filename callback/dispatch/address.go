package dispatch

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/go-sigfox/sigfox/callback"
)

// address is a method and a URL as they were rendered, and what package http makes of
// them.
type address struct {
	method, url string
	request     *http.Request // without header and body
}

// newRequest makes an HTTP request, whose header is to be set. Most targets have one
// URL for all messages: the first one is parsed once. Those that are hidden have it in
// common.
func (t *Target) newRequest(ctx context.Context, out *callback.Outgoing, hidden bool) (*http.Request, error) {
	known := t.address.Load()
	if known != nil && known.url == out.URL && known.method == out.Method {
		return known.newRequest(ctx, out.Body, hidden), nil
	}
	r, err := http.NewRequestWithContext(ctx, out.Method, out.URL, bytes.NewReader(out.Body))
	if err == nil && known == nil {
		t.address.CompareAndSwap(nil, newAddress(out))
	}
	return r, err
}

// newAddress returns nil if the method or the URL is invalid.
func newAddress(out *callback.Outgoing) *address {
	r, err := http.NewRequestWithContext(context.Background(), out.Method, out.URL, nil)
	if err != nil {
		return nil
	}
	r.Header = nil
	return &address{out.Method, out.URL, r}
}

func (a *address) newRequest(ctx context.Context, body []byte, hidden bool) *http.Request {
	r := a.request.WithContext(ctx)
	if !hidden { // a signer may change it
		url := *r.URL
		r.URL = &url
	}
	// What http.NewRequest does with a body that is in memory.
	r.Body, r.GetBody = http.NoBody, func() (io.ReadCloser, error) { return http.NoBody, nil }
	if len(body) > 0 {
		r.ContentLength = int64(len(body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		r.Body, _ = r.GetBody()
	}
	return r
}
