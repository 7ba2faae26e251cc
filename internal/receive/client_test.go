package receive_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/receive"
)

var proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}

func TestClient(t *testing.T) {
	t.Parallel()
	const xff, forwarded = "X-Forwarded-For", "Forwarded"
	tests := []struct {
		name, remote, header string
		lines                []string
		want                 string // "" for an error
	}{
		{"no proxy", "185.110.96.7:1234", xff, nil, "185.110.96.7"},
		{"no proxy, IPv6", "[2001:db8::1]:1234", xff, nil, "2001:db8::1"},
		{"no proxy, mapped address", "[::ffff:185.110.96.7]:1234", xff, nil, "185.110.96.7"},
		{"no proxy, zone", "[fe80::1%eth0]:1234", xff, nil, "fe80::1"},
		{"unix socket", "@", xff, nil, ""},
		{"no port", "185.110.96.7", xff, nil, ""},
		{"header of an untrusted peer", "203.0.113.5:1", xff, []string{"185.110.96.7"}, "203.0.113.5"},

		{"one proxy", "10.0.0.1:1", xff, []string{"185.110.96.7"}, "185.110.96.7"},
		{"one proxy, IPv6", "[fd00::1]:1", xff, []string{"2001:db8::1"}, "2001:db8::1"},
		{"mapped proxy", "[::ffff:10.0.0.1]:1", xff, []string{"185.110.96.7"}, "185.110.96.7"},
		{"two proxies", "10.0.0.1:1", xff, []string{"185.110.96.7, 10.0.0.2"}, "185.110.96.7"},
		{"several lines", "10.0.0.1:1", xff, []string{"185.110.96.7", "10.0.0.3 , 10.0.0.2"}, "185.110.96.7"},
		{"spoofed by the client", "10.0.0.1:1", xff, []string{"185.110.96.7, 203.0.113.5"}, "203.0.113.5"},
		{"spoofed in a line of its own", "10.0.0.1:1", xff, []string{"185.110.96.7", "203.0.113.5, 10.0.0.2"}, "203.0.113.5"},
		{"spoofed with rubbish", "10.0.0.1:1", xff, []string{"rubbish, 203.0.113.5"}, "203.0.113.5"},
		{"spoofed with a trusted address", "10.0.0.1:1", xff, []string{"10.9.9.9, 203.0.113.5"}, "203.0.113.5"},
		{"trusted only", "10.0.0.1:1", xff, []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"no header", "10.0.0.1:1", xff, nil, "10.0.0.1"},
		{"empty header", "10.0.0.1:1", xff, []string{""}, ""},
		{"empty element", "10.0.0.1:1", xff, []string{"185.110.96.7,,10.0.0.2"}, ""},
		{"rubbish", "10.0.0.1:1", xff, []string{"185.110.96.7, unknown"}, ""},
		{"with port", "10.0.0.1:1", xff, []string{"185.110.96.7:4711"}, "185.110.96.7"},
		{"IPv6 with port", "10.0.0.1:1", xff, []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
		{"IPv6 in brackets", "10.0.0.1:1", xff, []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"mapped address in the header", "10.0.0.1:1", xff, []string{"::ffff:185.110.96.7"}, "185.110.96.7"},
		{"zone in the header", "10.0.0.1:1", xff, []string{"fe80::1%eth0"}, ""},
		{"other header", "10.0.0.1:1", forwarded, nil, "10.0.0.1"},

		{"Forwarded", "10.0.0.1:1", forwarded, []string{"for=185.110.96.7"}, "185.110.96.7"},
		{"Forwarded with parameters", "10.0.0.1:1", forwarded, []string{"by=10.0.0.9; FOR=185.110.96.7;proto=https, for=10.0.0.2"}, "185.110.96.7"},
		{"Forwarded, quoted", "10.0.0.1:1", forwarded, []string{`for="185.110.96.7:4711"`}, "185.110.96.7"},
		{"Forwarded, IPv6", "10.0.0.1:1", forwarded, []string{`for="[2001:db8::1]:4711"`}, "2001:db8::1"},
		{"Forwarded, spoofed", "10.0.0.1:1", forwarded, []string{`for=185.110.96.7, for=203.0.113.5`}, "203.0.113.5"},
		{"Forwarded, spoofed with a quote", "10.0.0.1:1", forwarded, []string{`for=185.110.96.7;by=", for=203.0.113.5`}, "203.0.113.5"},
		{"Forwarded, unknown", "10.0.0.1:1", forwarded, []string{"for=unknown"}, ""},
		{"Forwarded, hidden", "10.0.0.1:1", forwarded, []string{"for=_secret"}, ""},
		{"Forwarded without for", "10.0.0.1:1", forwarded, []string{"proto=https"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{RemoteAddr: tt.remote, Header: http.Header{tt.header: tt.lines}}
			addr, err := receive.Client(r, tt.header, proxies)
			if tt.want == "" {
				require.ErrorIs(t, err, receive.ErrAddress)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, addr.String())
		})
	}
}

// Whatever clients write, only what stands right of it decides.
func FuzzClient(f *testing.F) {
	f.Add("185.110.96.7", true)
	f.Add("rubbish, 10.0.0.2", false)
	f.Add(`for="[2001:db8::1]:4711";by=", `, true)
	f.Fuzz(func(t *testing.T, text string, forwarded bool) {
		header, own := "X-Forwarded-For", "203.0.113.5"
		if forwarded {
			header, own = "Forwarded", "for=203.0.113.5"
		}
		request := func(lines ...string) *http.Request {
			return &http.Request{RemoteAddr: "10.0.0.1:1", Header: http.Header{header: lines}}
		}
		addr, err := receive.Client(request(text), header, proxies)
		if err != nil {
			require.ErrorIs(t, err, receive.ErrAddress)
		} else {
			require.True(t, addr.IsValid())
			require.False(t, addr.Is4In6())
			require.Empty(t, addr.Zone())
		}
		for _, r := range []*http.Request{request(text + "," + own), request(text, own), request(strings.Split(text+","+own, ",")...)} {
			addr, err = receive.Client(r, header, proxies)
			require.NoError(t, err)
			require.Equal(t, "203.0.113.5", addr.String())
		}
	})
}

func TestContains(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"10.1.2.3": true, "fd00::5": true, "11.0.0.0": false, "::1": false} {
		require.Equal(t, want, receive.Contains(proxies, netip.MustParseAddr(text)), text)
	}
	require.False(t, receive.Contains(nil, netip.MustParseAddr("10.1.2.3")))
}
