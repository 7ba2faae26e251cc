package dispatch

import (
	"bytes"
	"context"
	"net/http"
	"net/url"

	"github.com/go-sigfox/sigfox/callback"
)

// address is a URL as text and parsed, for requests.
type address struct {
	text string
	url  url.URL
	host string // Request.Host
}

// newRequest makes an HTTP request. Most targets have one URL for all messages: the first
// one is parsed once.
func (t *Target) newRequest(ctx context.Context, out *callback.Outgoing) (*http.Request, error) {
	body := bytes.NewReader(out.Body)
	if known := t.address.Load(); known != nil && known.text == out.URL {
		r, err := http.NewRequestWithContext(ctx, out.Method, "", body)
		if err == nil {
			*r.URL, r.Host = known.url, known.host // a copy, which a signer may change
		}
		return r, err
	}
	r, err := http.NewRequestWithContext(ctx, out.Method, out.URL, body)
	if err == nil && t.address.Load() == nil {
		t.address.CompareAndSwap(nil, &address{out.URL, *r.URL, r.Host})
	}
	return r, err
}
