package egress_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/egress"
)

func TestRedactURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://example.com":                      "https://example.com",
		"https://example.com:8443/a/b@c/%2F;d=e":   "https://example.com:8443/a/b@c/%2F;d=e",
		"https://user:pass@example.com/p":          "https://xxxxx@example.com/p",
		"https://user@example.com":                 "https://xxxxx@example.com",
		"https://us@er:p@ss@example.com/p":         "https://xxxxx@example.com/p",
		"//user:pass@example.com/p":                "//xxxxx@example.com/p",
		"https://example.com/p?a=1&b=2":            "https://example.com/p?a=xxxxx&b=xxxxx",
		"https://example.com/?a=b=c&d&&=e&f=":      "https://example.com/?a=xxxxx&xxxxx&&=xxxxx&f=xxxxx",
		"https://example.com/?a=b;c=d?e=f":         "https://example.com/?a=xxxxx",
		"https://example.com/?a=b@c":               "https://example.com/?a=xxxxx",
		"https://example.com/p?":                   "https://example.com/p?",
		"https://example.com/p#a?b=c":              "https://example.com/p#xxxxx",
		"https://example.com/?a=b#c":               "https://example.com/?a=xxxxx#xxxxx",
		"/path@x?a=b":                              "/path@x?a=xxxxx",
		"https://example.com/{device}?t={time}":    "https://example.com/{device}?t=xxxxx",
		"http://[fe80::1%25lo]:80/?a=b":            "http://[fe80::1%25lo]:80/?a=xxxxx",
		"unix:///run/docker.sock":                  "unix:///run/docker.sock",
		"":                                         "",
		"https://user:pa/ss@example.com/p":         "https://xxxxx@example.com/p", // none of these can be parsed
		"https://user:pa%ss@example.com/p?a=b":     "https://xxxxx@example.com/p?a=xxxxx",
		"https://user:pa?ss@example.com/p?a=b":     "https://xxxxx",
		"https://user:pa#ss@example.com/p":         "https://xxxxx",
		"https://example.com:port/p?a=b@c&d=e":     "https://xxxxx",
		"https://example.com:port/p?a=b":           "https://example.com:port/p?a=xxxxx",
		"https://example.com/%zz?a=b":              "https://example.com/%zz?a=xxxxx",
		"https://example.com/\n?a=b":               "https://example.com/\n?a=xxxxx",
		"user:pass@example.com/p":                  "xxxxx@example.com/p",
		"user:p://ss@example.com/p":                "xxxxx@example.com/p",
		"user@example.com":                         "xxxxx@example.com",
		`https:\\user:pass@example.com`:            "xxxxx@example.com",
		"mailto:user@example.com?subject=greeting": "xxxxx@example.com?subject=xxxxx",
		"://user:pass@example.com":                 "://xxxxx@example.com",
	} {
		require.Equal(t, want, egress.RedactURL(in), "%q", in)
	}
}

func FuzzRedactURL(f *testing.F) {
	f.Add("https://", "user", "", "example.com", "/path", "token", "&a=b")
	f.Add("", "user", "p/", "example.com:port", "/p@q", "a=b", "#c@d")
	f.Add("HTTP://", "us@er", ":%zz", "[::1]", "?x=y", "a;b", ";c")
	f.Add("//", "a://b", "\n", "", "/#", "", "@e")
	f.Fuzz(func(t *testing.T, scheme, user, password, host, path, key, rest string) {
		const marker = "S3CR3T"
		for _, part := range []string{scheme, user, password, host, path, key, rest} {
			if strings.Contains(part, marker) {
				return
			}
		}
		base := scheme + host + path
		if got := egress.RedactURL(base + "?" + key + "=" + marker + rest); strings.Contains(got, marker) {
			t.Errorf("value of the query: %q", got)
		}
		if got := egress.RedactURL(base + "?" + marker); strings.Contains(got, marker) {
			t.Errorf("query without names: %q", got)
		}
		if got := egress.RedactURL(base + "#" + rest + marker); strings.Contains(got, marker) {
			t.Errorf("fragment: %q", got)
		}
		egress.RedactURL(scheme + user + password + host + path + key + rest)
		if strings.ContainsAny(user, "/?#") {
			return // these end where user and password may stand
		}
		if got := egress.RedactURL("https://" + user + ":" + marker + password + "@" + host + path); strings.Contains(got, marker) &&
			!strings.ContainsAny(password, "/?#") {
			t.Errorf("password: %q", got)
		}
		if got := egress.RedactURL("https://" + user + marker + "@" + host + path); strings.Contains(got, marker) {
			t.Errorf("user: %q", got)
		}
	})
}
