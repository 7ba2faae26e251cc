package egress

import (
	"net/url"
	"strings"
)

const redacted = "xxxxx"

// RedactURL replaces user, password, the values of the query and the fragment of a
// URL. What cannot be parsed loses whatever could be one of them.
func RedactURL(u string) string {
	head, tail := u, ""
	if i := strings.IndexAny(u, "?#"); i >= 0 {
		head, tail = u[:i], u[i:]
	}
	start := authority(head)
	end := len(head)
	if hierarchical(u, start) {
		if i := strings.IndexByte(head[start:], '/'); i >= 0 {
			end = start + i
		}
	} else if strings.Contains(tail, "@") { // of a password with ? or #, or of a query?
		return head[:start] + redacted
	}
	if i := strings.LastIndexByte(head[:end], '@'); i >= start {
		head = head[:start] + redacted + head[i:]
	}
	return head + redactTail(tail)
}

// authority returns where user and host begin.
func authority(u string) int {
	if strings.HasPrefix(u, "//") {
		return len("//")
	}
	scheme, _, ok := strings.Cut(u, "://")
	if !ok || strings.ContainsFunc(scheme, func(r rune) bool {
		return (r|0x20 < 'a' || r|0x20 > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("+-.", r)
	}) {
		return 0
	}
	return len(scheme) + len("://")
}

// hierarchical reports whether it is certain where user and password would stand.
func hierarchical(u string, start int) bool {
	_, err := url.Parse(u)
	return err == nil && (start > 0 || strings.HasPrefix(u, "/"))
}

func redactTail(tail string) string {
	query, _, hasFragment := strings.Cut(tail, "#")
	var b strings.Builder
	for i, pair := range strings.Split(query, "&") {
		if i > 0 {
			b.WriteByte('&')
		}
		if i == 0 && strings.HasPrefix(pair, "?") {
			b.WriteByte('?')
			pair = pair[1:]
		}
		name, _, ok := strings.Cut(pair, "=")
		if ok {
			b.WriteString(name + "=")
		}
		if pair != "" {
			b.WriteString(redacted)
		}
	}
	if hasFragment {
		b.WriteString("#" + redacted)
	}
	return b.String()
}
