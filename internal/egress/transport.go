package egress

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"

	"code.dny.dev/ssrf"
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
		TLSClientConfig:        way.profile.config(way.host),
		ForceAttemptHTTP2:      true,
		HTTP2: &http.HTTP2Config{
			// Streams that nobody reads yet must not fill the memory.
			MaxReceiveBufferPerConnection: 1 << 20,
			MaxReceiveBufferPerStream:     64 << 10,
			// A connection that died unnoticed must not take request after request.
			SendPingTimeout: 15 * time.Second,
			PingTimeout:     5 * time.Second,
		},
	}
	if way.proxy == "" {
		d := dialer{c.dialer(c.guard), way.profile}
		t.DialContext, t.DialTLSContext = d.DialContext, d.dialTLS
		return t
	}
	// Only the connection to the proxy is dialled here, and by whoever chose the proxy.
	// The profile is for the target, not for the proxy.
	d := dialer{c.dialer(nil), Profile{SNI: true}}
	t.DialContext, t.DialTLSContext = d.DialContext, d.dialTLS
	t.OnProxyConnectResponse = proxyAnswer
	proxy, err := url.Parse(way.proxy)
	t.Proxy = func(*http.Request) (*url.URL, error) { return proxy, err }
	return t
}

func (c *Client) dialer(guard *ssrf.Guardian) *net.Dialer {
	d := &net.Dialer{Timeout: dialTimeout, Resolver: c.options.Resolver}
	if guard != nil {
		d.Control = control(guard)
	}
	return d
}

// proxyAnswer turns the refusal of a proxy into an error, without its words.
func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{answer.StatusCode}
}
