package egress

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	// Limits for requests whose context has none, and for connections that are begun
	// for one request and finished for another.
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 10 * time.Second

	idleTimeout  = 90 * time.Second
	maxIdleConns = 1024 // of one transport

	// maxTransports limits how many routes are kept with their connections.
	maxTransports = 256
)

// route is what requests have in common that may share a connection. It is
// comparable.
type route struct {
	profile Profile
	proxy   string // URL, empty if there is none
	host    string // set only where the transport must know it: through a proxy without SNI
}

func (w route) through(proxy, target *url.URL) route {
	w.proxy = proxy.String()
	if target.Scheme == "https" && !w.profile.SNI {
		w.host = target.Hostname()
	}
	return w
}

type transport struct {
	*http.Transport

	used uint64 // what Client.clock was when it was last asked for
}

// transport returns the transport of a route. If there are too many, the one that
// was not used for longest goes; requests that are under way keep theirs, whose
// connections are closed after them.
func (c *Client) transport(way route) http.RoundTripper {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock++
	t, ok := c.transports[way]
	if !ok {
		if len(c.transports) >= maxTransports {
			c.evict()
		}
		t = &transport{Transport: c.newTransport(way)}
		c.transports[way] = t
	}
	t.used = c.clock
	return t.Transport
}

func (c *Client) evict() {
	var oldest route
	used := c.clock
	for way, t := range c.transports {
		if t.used < used {
			oldest, used = way, t.used
		}
	}
	c.transports[oldest].CloseIdleConnections()
	delete(c.transports, oldest)
}

// Close closes the connections that are idle. The client remains usable.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.transports {
		t.CloseIdleConnections()
	}
}

func (c *Client) newTransport(way route) *http.Transport {
	t := &http.Transport{
		DisableCompression:     true,
		MaxResponseHeaderBytes: c.options.MaxHeader,
		MaxConnsPerHost:        c.options.ConnsPerHost,
		MaxIdleConnsPerHost:    c.options.ConnsPerHost,
		MaxIdleConns:           maxIdleConns,
		IdleConnTimeout:        idleTimeout,
		TLSHandshakeTimeout:    handshakeTimeout,
		ForceAttemptHTTP2:      true,
		HTTP2: &http.HTTP2Config{
			// What nobody has read yet must not fill the memory.
			MaxReceiveBufferPerConnection: 1 << 20,
			MaxReceiveBufferPerStream:     64 << 10,
			// A connection that died unnoticed must not take request after request.
			SendPingTimeout: 15 * time.Second,
			PingTimeout:     5 * time.Second,
		},
	}
	d := dialer{&net.Dialer{Timeout: dialTimeout, Resolver: c.options.Resolver}, way.profile}
	if way.proxy == "" {
		d.Control = control(c.guard)
	} else {
		// Only the proxy is dialled here, and it was chosen by whom we trust. Its TLS has
		// nothing to do with the profile, which is for the target behind it.
		d.profile = Profile{SNI: true}
		t.TLSClientConfig = way.profile.config(way.host)
		t.OnProxyConnectResponse = checkConnect
		t.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(way.proxy) }
	}
	t.DialContext, t.DialTLSContext = d.DialContext, d.dialTLS
	return t
}

// proxyError is the refusal of a proxy to connect.
type proxyError struct{ status int }

func (p *proxyError) Error() string { return "the proxy answered " + strconv.Itoa(p.status) }

// checkConnect looks at the answer of a proxy before http.Transport makes an error of
// its words.
func checkConnect(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return &proxyError{answer.StatusCode}
	}
	return nil
}
