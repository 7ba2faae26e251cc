package egress_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/egress"
)

// What was permitted is not asked for again; all else is, and there is no end of names
// that are rendered from messages.
func TestDo_permitted(t *testing.T) {
	t.Parallel()
	c := newClient(t, egress.Options{Ports: []uint16{80}})
	ended, cancel := context.WithCancel(t.Context())
	cancel() // nothing is dialled
	reason := func(address string) egress.Reason {
		_, err := c.Do(newRequest(ended, t, http.MethodGet, address), egress.Profile{})
		var e *egress.Error
		require.ErrorAs(t, err, &e)
		return e.Reason
	}
	for range 3 {
		require.Equal(t, egress.ReasonCanceled, reason("http://127.0.0.1/"))
		require.Equal(t, egress.ReasonForbidden, reason("https://127.0.0.1/"), "another port")
		require.Equal(t, egress.ReasonForbidden, reason("http://127.0.0.1:81/"))
		require.Equal(t, egress.ReasonForbidden, reason("http://10.0.0.1/"))
		require.Equal(t, egress.ReasonRequest, reason("ftp://127.0.0.1/"))
		require.Equal(t, 1, c.Permitted())
	}
	for n := range egress.MaxPermitted + 10 {
		require.Equal(t, egress.ReasonCanceled, reason(fmt.Sprintf("http://%d.example/", n)))
		require.LessOrEqual(t, c.Permitted(), egress.MaxPermitted)
	}
	require.Equal(t, egress.ReasonForbidden, reason("http://10.0.0.1/"))
}

// neverPublic are addresses that no callback may reach.
var neverPublic = map[string]string{
	"loopback":                  "127.0.0.1",
	"loopback, not .1":          "127.8.9.10",
	"loopback of IPv6":          "::1",
	"this host":                 "0.0.0.0",
	"this host of IPv6":         "::",
	"private 10":                "10.0.0.1",
	"private 172.16":            "172.31.255.255",
	"private 192.168":           "192.168.1.1",
	"unique local":              "fd12:3456::1",
	"carrier-grade NAT":         "100.64.0.1",
	"link-local":                "169.254.1.1",
	"link-local of IPv6":        "fe80::1",
	"site-local":                "fec0::1",
	"multicast":                 "224.0.0.1",
	"multicast of IPv6":         "ff02::1",
	"broadcast":                 "255.255.255.255",
	"benchmarking":              "198.18.0.1",
	"documentation":             "203.0.113.5",
	"documentation of IPv6":     "2001:db8::1",
	"metadata":                  "169.254.169.254",
	"metadata of AWS, IPv6":     "fd00:ec2::254",
	"metadata of Alibaba":       "100.100.100.200",
	"metadata of Oracle":        "192.0.0.192",
	"metadata of Google, IPv6":  "fd20:ce::254",
	"WireServer of Azure":       "168.63.129.16",
	"mapped loopback":           "::ffff:127.0.0.1",
	"mapped public address":     "::ffff:8.8.8.8",
	"compatible loopback":       "::127.0.0.1",
	"NAT64 of metadata":         "64:ff9b::169.254.169.254",
	"NAT64, local":              "64:ff9b:1::10.0.0.1",
	"6to4 of a private address": "2002:a00:1::1",
	"Teredo":                    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
	"6to4 relays":               "192.88.99.1",
	"reserved":                  "240.0.0.1",
	"this network":              "0.1.2.3",
	"documentation 192.0.2":     "192.0.2.1",
	"documentation 198.51.100":  "198.51.100.1",
	"new documentation of IPv6": "3fff::1",
	"benchmarking of IPv6":      "2001:2::1",
	"identifiers, ORCHID":       "2001:10::1",
	"identifiers, ORCHIDv2":     "2001:20::1",
	"segment routing":           "5f00::1",
	"discarded":                 "100::1",
	"translated loopback":       "::ffff:0:127.0.0.1",
	"mapped WireServer":         "::ffff:168.63.129.16",
	"6to4 of WireServer":        "2002:a83f:8110::1",
}

func TestLiteralAddressesAreRefused(t *testing.T) {
	t.Parallel()
	c, err := egress.New(egress.Options{Resolver: resolver(func(name string) []netip.Addr {
		panic("no name is looked up: " + name)
	})})
	require.NoError(t, err)
	for name, address := range neverPublic {
		for _, scheme := range []string{"http", "https"} {
			t.Run(name+" "+scheme, func(t *testing.T) {
				t.Parallel()
				_, err := post(t, c, scheme+"://"+host(address)+":8080/", egress.Profile{})
				requireReason(t, egress.ReasonForbidden, err)
			})
		}
	}
}

func host(address string) string {
	if strings.Contains(address, ":") {
		return "[" + address + "]"
	}
	return address
}

func TestNamesOfRefusedAddresses(t *testing.T) {
	t.Parallel()
	for name, address := range neverPublic {
		if netip.MustParseAddr(address).Is4In6() {
			continue // dialled as the IPv4 address that it is
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := egress.New(egress.Options{Resolver: names(map[string]string{"customer.example": address})})
			require.NoError(t, err)
			_, err = post(t, c, "http://customer.example/", egress.Profile{SNI: true})
			requireReason(t, egress.ReasonForbidden, err)
			_, err = post(t, c, "https://customer.example/", egress.Profile{SNI: true})
			requireReason(t, egress.ReasonForbidden, err)
		})
	}
	t.Run("localhost", func(t *testing.T) {
		t.Parallel()
		c, err := egress.New(egress.Options{})
		require.NoError(t, err)
		_, err = post(t, c, "http://localhost:1/", egress.Profile{})
		requireReason(t, egress.ReasonForbidden, err)
	})
}

// Spellings that some programs take for addresses are names here, or addresses that
// are refused.
func TestSpellingsOfAddresses(t *testing.T) {
	t.Parallel()
	c, err := egress.New(egress.Options{Resolver: names(nil)})
	require.NoError(t, err)
	for host, want := range map[string]egress.Reason{
		"127.1": egress.ReasonDNS, "2130706433": egress.ReasonDNS, "0x7f000001": egress.ReasonDNS,
		"0177.0.0.1": egress.ReasonDNS, "127.0.0.1.": egress.ReasonDNS,
		"１２７.０.０.１": egress.ReasonForbidden, "127。0。0。1": egress.ReasonForbidden,
	} {
		_, err := post(t, c, "http://"+host+"/", egress.Profile{})
		requireReason(t, want, err)
	}
}

// The address is good when it is looked up by whoever checks URLs, and another one
// when it is dialled.
func TestRebinding(t *testing.T) {
	t.Parallel()
	var inside atomic.Int64
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside.Add(1) }))
	defer private.Close()
	_, port, err := net.SplitHostPort(private.Listener.Addr().String())
	require.NoError(t, err)

	t.Run("between check and dial", func(t *testing.T) {
		t.Parallel()
		var lookups atomic.Int64
		r := resolver(func(string) []netip.Addr {
			if lookups.Add(1) <= 2 { // A and AAAA
				return []netip.Addr{netip.MustParseAddr("93.184.215.14")}
			}
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}
		})
		checked, err := r.LookupNetIP(t.Context(), "ip", "rebind.example")
		require.NoError(t, err)
		require.Equal(t, "93.184.215.14", checked[0].Unmap().String())

		c, err := egress.New(egress.Options{Resolver: r})
		require.NoError(t, err)
		_, err = post(t, c, "http://rebind.example:"+port+"/", egress.Profile{})
		requireReason(t, egress.ReasonForbidden, err)
		require.Greater(t, lookups.Load(), int64(2))
	})
	t.Run("between two requests", func(t *testing.T) {
		t.Parallel()
		public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "close")
		}))
		t.Cleanup(public.Close)

		var moved atomic.Bool
		c := newClient(t, egress.Options{
			AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
			Resolver: resolver(func(string) []netip.Addr {
				if moved.Load() {
					return []netip.Addr{netip.MustParseAddr("127.0.0.2")}
				}
				return []netip.Addr{netip.MustParseAddr("127.0.0.1")}
			}),
		})
		url := strings.Replace(public.URL, "127.0.0.1", "rebind.example", 1)
		_, err := post(t, c, url, egress.Profile{})
		require.NoError(t, err)
		moved.Store(true)
		_, err = post(t, c, url, egress.Profile{})
		requireReason(t, egress.ReasonForbidden, err)
	})
	t.Cleanup(func() { require.Zero(t, inside.Load(), "the private server was reached") })
}

func TestAllowPrefixes(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	prefixes := func(texts ...string) (p []netip.Prefix) {
		for _, text := range texts {
			p = append(p, netip.MustParsePrefix(text))
		}
		return p
	}
	t.Run("IPv4", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, egress.Options{AllowPrefixes: prefixes("127.0.0.1/32")})
		answer, err := post(t, c, server.URL, egress.Profile{})
		require.NoError(t, err)
		require.Equal(t, http.StatusNotFound, answer.Status)
		_, err = post(t, c, "http://10.0.0.1/", egress.Profile{})
		requireReason(t, egress.ReasonForbidden, err)
	})
	t.Run("mapped addresses of allowed ones", func(t *testing.T) {
		t.Parallel()
		_, err := post(t, newClient(t, egress.Options{}), "http://[::ffff:127.0.0.1]:1/", egress.Profile{})
		requireReason(t, egress.ReasonForbidden, err)
	})
	t.Run("beat those that are denied in addition", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, egress.Options{
			AllowPrefixes: prefixes("168.63.129.16/32"),
			Resolver:      names(nil),
		})
		_, err := c.Do(newRequest(ended(t), t, http.MethodPost, "http://168.63.129.16/"), egress.Profile{})
		requireReason(t, egress.ReasonCanceled, err) // not forbidden, and not dialled
	})
	t.Run("IPv6", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, egress.Options{AllowPrefixes: prefixes("fe80::/10", "::1/128")})
		for _, address := range []string{"[fe80::1%25eth0]", "[::1]"} {
			_, err := c.Do(newRequest(ended(t), t, http.MethodPost, "http://"+address+"/"), egress.Profile{})
			requireReason(t, egress.ReasonCanceled, err)
		}
		// With a zone that there is, the dialer is asked too. Port 9 discards, if at all.
		_, err := postUntil(t, soon, c, "http://[fe80::1%25lo]:9/")
		var e *egress.Error
		require.ErrorAs(t, err, &e)
		require.NotEqual(t, egress.ReasonForbidden, e.Reason, "%v", err)
	})
	t.Run("invalid", func(t *testing.T) {
		t.Parallel()
		for _, prefix := range []netip.Prefix{{}, netip.MustParsePrefix("::ffff:10.0.0.0/104")} {
			_, err := egress.New(egress.Options{AllowPrefixes: []netip.Prefix{prefix}})
			require.ErrorContains(t, err, "AllowPrefixes")
		}
	})
}

func TestPorts(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler()) // neither on 80 nor on 443
	t.Cleanup(server.Close)
	port := netip.MustParseAddrPort(server.Listener.Addr().String()).Port()

	_, err := post(t, newClient(t, egress.Options{}), server.URL, egress.Profile{})
	require.NoError(t, err, "all ports are allowed by default")
	_, err = post(t, newClient(t, egress.Options{Ports: []uint16{port}}), server.URL, egress.Profile{})
	require.NoError(t, err)

	narrow := newClient(t, egress.Options{Ports: []uint16{80, 443}, Resolver: names(map[string]string{"a.example": "127.0.0.1"})})
	for _, url := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "a.example", 1)} {
		_, err = post(t, narrow, url, egress.Profile{})
		requireReason(t, egress.ReasonForbidden, err)
	}
	// The port of a scheme is known.
	for _, url := range []string{"http://127.0.0.1/", "https://127.0.0.1/"} {
		_, err := narrow.Do(newRequest(ended(t), t, http.MethodPost, url), egress.Profile{})
		requireReason(t, egress.ReasonCanceled, err)
	}
}

func TestUnsendableRequests(t *testing.T) {
	t.Parallel()
	c := newClient(t, egress.Options{})
	for name, spoil := range map[string]func(*http.Request){
		"scheme":       func(r *http.Request) { r.URL.Scheme = "ftp" },
		"unix socket":  func(r *http.Request) { r.URL.Scheme, r.URL.Host, r.URL.Path = "unix", "", "/run/docker.sock" },
		"no URL":       func(r *http.Request) { r.URL = nil },
		"no host":      func(r *http.Request) { r.URL.Host = ":80" }, // dials the own machine otherwise
		"port":         func(r *http.Request) { r.URL.Host = "example.com:65536" },
		"method":       func(r *http.Request) { r.Method = "PO ST " + secret },
		"header name":  func(r *http.Request) { r.Header["Authorization: "+secret] = []string{"x"} },
		"header value": func(r *http.Request) { r.Header["X-Api-Key"] = []string{secret + "\r\nX-Injected: 1"} },
		"no header":    func(r *http.Request) { r.Header = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRequest(t.Context(), t, http.MethodPost, "http://127.0.0.1:1/")
			body := &closing{Reader: strings.NewReader(secret)}
			r.Body = body
			spoil(r)
			_, err := c.Do(r, egress.Profile{})
			requireReason(t, egress.ReasonRequest, err)
			require.True(t, body.closed.Load(), "the body is closed")
		})
	}
}
