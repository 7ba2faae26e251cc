package receive

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ErrAddress is the error of a request whose client address cannot be told.
var ErrAddress = errors.New("client address unknown")

// Client returns the address of the client: the peer of the connection, or, where
// that is a trusted proxy, the right-most address in the header that is no trusted
// proxy. What stands left of it was written by the client and proves nothing.
// The header is X-Forwarded-For or Forwarded (RFC 7239).
func Client(r *http.Request, header string, trusted []netip.Prefix) (netip.Addr, error) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, ErrAddress
	}
	addr := peer.Addr().Unmap().WithZone("")
	if !Contains(trusted, addr) {
		return addr, nil
	}
	for _, hops := range slices.Backward(r.Header.Values(header)) {
		for more := true; more; {
			last := strings.LastIndexByte(hops, ',')
			if addr, err = hop(header, hops[last+1:]); err != nil {
				return netip.Addr{}, err
			}
			if !Contains(trusted, addr) {
				return addr, nil
			}
			if more = last >= 0; more {
				hops = hops[:last]
			}
		}
	}
	return addr, nil
}

// Contains reports whether one of the prefixes holds the address.
func Contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// hop reads one element of the header.
func hop(header, element string) (netip.Addr, error) {
	text := strings.TrimSpace(element)
	if strings.EqualFold(header, "Forwarded") {
		var ok bool
		if text, ok = forwardedFor(text); !ok {
			return netip.Addr{}, ErrAddress
		}
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		var withPort netip.AddrPort
		if withPort, err = netip.ParseAddrPort(text); err == nil {
			addr = withPort.Addr()
		} else if bare, ok := strings.CutPrefix(text, "["); ok {
			addr, err = netip.ParseAddr(strings.TrimSuffix(bare, "]"))
		}
	}
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}, ErrAddress
	}
	return addr.Unmap(), nil
}

// forwardedFor returns the value of the parameter "for".
func forwardedFor(element string) (string, bool) {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if strings.EqualFold(name, "for") {
			return strings.Trim(value, `"`), true
		}
	}
	return "", false
}
