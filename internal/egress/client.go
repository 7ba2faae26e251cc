package egress

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"

	"code.dny.dev/ssrf"
)

// Options configure a Client. A zero field stands for its default.
type Options struct {
	// AllowPrefixes are addresses that may be dialled although they would be refused.
	// IPv4 addresses are written as such, not mapped into IPv6. Default: none.
	AllowPrefixes []netip.Prefix
	// Ports are the ports that may be dialled. Default: all.
	Ports []uint16
	// Proxy returns the proxy for a request, or nil to send it directly. The proxy takes
	// over the duty to refuse addresses and ports, but for addresses that stand in the
	// URL in place of a name, which are refused here.
	// Default: none, whatever the environment says.
	Proxy func(*http.Request) (*url.URL, error)
	// MaxAnswer limits the body of an answer, in bytes. Default: 64 KiB.
	MaxAnswer int64
	// MaxHeader limits the header of an answer, in bytes, that of informational
	// answers before it included, unless a trace in the context of the request takes
	// these (httptrace.ClientTrace.Got1xxResponse). Default: 16 KiB.
	MaxHeader int64
	// ConnsPerHost limits the connections to one host with one Profile. Default: 64.
	ConnsPerHost int
	// Resolver looks up names. Default: net.DefaultResolver.
	Resolver *net.Resolver
	// Transport replaces everything that stands between a request and its answer:
	// of the other options, only MaxAnswer remains. Default: none.
	Transport http.RoundTripper
}

// Client sends requests. See the package for what it guarantees.
type Client struct {
	options Options
	guard   *ssrf.Guardian

	mu         sync.Mutex
	transports map[route]*transport
	clock      uint64 // counts uses of transports
	permitted  map[endpoint]struct{}
}

// New returns a client. The error names the option.
func New(o Options) (*Client, error) {
	if o.MaxAnswer < 0 || o.MaxHeader < 0 || o.ConnsPerHost < 0 {
		return nil, errors.New("egress: negative value in Options")
	}
	guard, err := newGuard(o.AllowPrefixes, o.Ports)
	if err != nil {
		return nil, err
	}
	o.MaxAnswer = min(cmp.Or(o.MaxAnswer, 64<<10), math.MaxInt64-1) // one more byte is asked for
	o.MaxHeader = cmp.Or(o.MaxHeader, 16<<10)
	o.ConnsPerHost = cmp.Or(o.ConnsPerHost, 64)
	return &Client{options: o, guard: guard, transports: make(map[route]*transport), permitted: make(map[endpoint]struct{})}, nil
}

// Do sends a request and reads the answer. As with http.Client, user and password of
// the URL become a header Authorization unless there is one.
//
// Any complete answer is a success here, whatever its status, and so is one whose body
// is longer than Options.MaxAnswer. The error is an *Error; if it is the body of the
// answer that failed, it comes with what was read until then.
func (c *Client) Do(r *http.Request, p Profile) (Answer, error) {
	ctx := r.Context()
	next, err := c.transportFor(r, p)
	if err != nil {
		closeBody(r)
		return Answer{}, err
	}
	r = withBasicAuth(r)
	response, err := next.RoundTrip(r)
	if err != nil {
		at := sending
		if c.options.Transport == nil && !isValid(next, r) {
			at = unsent
		}
		return Answer{}, classify(ctx, at, err)
	}
	defer func() { _ = response.Body.Close() }() // all that is wanted of it has been read
	return c.read(ctx, response)
}

// transportFor checks the URL of a request and returns what sends it.
func (c *Client) transportFor(r *http.Request, p Profile) (http.RoundTripper, error) {
	if c.options.Transport != nil {
		return c.options.Transport, nil
	}
	if err := c.check(r.URL); err != nil {
		return nil, err
	}
	way := route{profile: p}
	if c.options.Proxy != nil {
		proxy, err := c.options.Proxy(r)
		if err != nil { // its text may tell the password of the proxy
			return nil, &Error{ReasonRequest, &hidden{"no proxy could be chosen", err}}
		}
		if proxy != nil {
			way = way.through(proxy, r.URL)
		}
	}
	return c.transport(way), nil
}

// isValid reports whether a transport would look for a connection for a request. It
// asks with a context that has ended, which is looked at before.
func isValid(t http.RoundTripper, r *http.Request) bool {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r = r.WithContext(ctx)
	r.Body = nil
	response, err := t.RoundTrip(r)
	if err == nil { // it never is
		_ = response.Body.Close()
	}
	return errors.Is(err, context.Canceled)
}

// withBasicAuth does what http.Client does with user and password of a URL.
func withBasicAuth(r *http.Request) *http.Request {
	if r.URL == nil || r.URL.User == nil || r.Header == nil || r.Header.Get("Authorization") != "" {
		return r
	}
	password, _ := r.URL.User.Password()
	r = r.WithContext(r.Context())
	r.Header = r.Header.Clone()
	r.SetBasicAuth(r.URL.User.Username(), password)
	return r
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close() // nobody read it
	}
}
