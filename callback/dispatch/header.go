package dispatch

import (
	"maps"
	"net/http"
	"slices"
)

// fixedHeader is the header of requests that are rendered with the same one. Several
// requests have it at once: it must not be changed.
type fixedHeader struct {
	rendered  http.Header
	userAgent string
	sent      http.Header
}

// hides reports whether nobody but package http gets to see the requests to a target. It
// changes neither their header nor their URL, so that they can share them.
func (d *Dispatcher) hides(t *Target) bool {
	o := &d.options
	return o.Hooks.BeforeAttempt == nil && o.IDHeader == "" && o.Transport == nil && o.Proxy == nil &&
		t.options.Signer == nil
}

// header returns the header of an attempt. Unless the request is hidden, hook and signer
// may change it.
func (d *Dispatcher) header(sh *shipment, rendered http.Header, hidden bool) http.Header {
	if !hidden {
		return d.newHeader(rendered, sh.id)
	}
	known := sh.target.header.Load()
	if known == nil {
		rendered = rendered.Clone() // the caller of Enqueue may change his
		known = &fixedHeader{rendered, d.options.UserAgent, d.newHeader(rendered, "")}
		sh.target.header.Store(known)
	}
	if known.userAgent == d.options.UserAgent && maps.EqualFunc(known.rendered, rendered, slices.Equal) {
		return known.sent
	}
	return d.newHeader(rendered, "")
}

func (d *Dispatcher) newHeader(rendered http.Header, id string) http.Header {
	header := maps.Clone(rendered)
	if header == nil {
		header = make(http.Header)
	}
	if header["User-Agent"] == nil {
		header["User-Agent"] = d.userAgent
	}
	if d.options.IDHeader != "" {
		header.Set(d.options.IDHeader, id)
	}
	return header
}
