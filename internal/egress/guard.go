package egress

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"

	"code.dny.dev/ssrf"
)

// Azure's machines answer to this address, though it is a public one.
// Source: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
var wireServer = netip.MustParsePrefix("168.63.129.16/32")

func newGuard(allowed []netip.Prefix, ports []uint16) (*ssrf.Guardian, error) {
	var v4, v6 []netip.Prefix
	for _, prefix := range allowed {
		switch {
		case !prefix.IsValid() || prefix.Addr().Is4In6():
			return nil, fmt.Errorf("egress: Options.AllowPrefixes: %v is no prefix of IPv4 or IPv6", prefix)
		case prefix.Addr().Is4():
			v4 = append(v4, prefix)
		default:
			v6 = append(v6, prefix)
		}
	}
	options := []ssrf.Option{
		ssrf.WithAllowedV4Prefixes(v4...),
		ssrf.WithAllowedV6Prefixes(v6...),
		ssrf.WithDeniedV4Prefixes(wireServer),
		ssrf.WithAnyPort(), // else 80 and 443 only
	}
	if len(ports) > 0 {
		options = append(options, ssrf.WithPorts(ports...))
	}
	return ssrf.New(options...), nil
}

// control returns the hook of a net.Dialer that sees each address before it is
// connected to.
func control(guard *ssrf.Guardian) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, conn syscall.RawConn) error {
		if at, err := netip.ParseAddrPort(address); err == nil && at.Addr().Zone() != "" {
			// No prefix contains an address with a zone.
			address = netip.AddrPortFrom(at.Addr().WithZone(""), at.Port()).String()
		}
		return guard.Safe(network, address, conn)
	}
}

// endpoint is what checkURL judges by.
type endpoint struct{ scheme, host string }

// maxPermitted limits how many endpoints are remembered.
const maxPermitted = 4096

// check is checkURL, which always says the same of an endpoint: those that it has not
// refused are remembered.
func (c *Client) check(u *url.URL) error {
	if u == nil {
		return checkURL(c.guard, u)
	}
	e := endpoint{u.Scheme, u.Host}
	c.mu.Lock()
	_, ok := c.permitted[e]
	c.mu.Unlock()
	if ok {
		return nil
	}
	if err := checkURL(c.guard, u); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.permitted) >= maxPermitted {
		clear(c.permitted) // hosts that are rendered from messages may be endless
	}
	c.permitted[e] = struct{}{}
	return nil
}

// checkURL refuses what can be told from the URL alone. A literal address is judged as
// the dialer would, but before anything is looked up or a proxy is asked; one that is
// mapped into IPv6 is refused even if the IPv4 address is allowed.
func checkURL(guard *ssrf.Guardian, u *url.URL) error {
	if u == nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return &Error{ReasonRequest, errors.New("the URL is not of the form http[s]://host")}
	}
	port := uint64(80)
	if u.Scheme == "https" {
		port = 443
	}
	if text := u.Port(); text != "" {
		var err error
		if port, err = strconv.ParseUint(text, 10, 16); err != nil {
			return &Error{ReasonRequest, errors.New("the port of the URL is above 65535")}
		}
	}
	address, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return nil //nolint:nilerr // it is a name, whose addresses the dialer sees
	}
	if err := guard.SafeAddrPort(netip.AddrPortFrom(address.WithZone(""), uint16(port))); err != nil {
		return &Error{ReasonForbidden, err}
	}
	return nil
}
