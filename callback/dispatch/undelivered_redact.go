package dispatch

import (
	"net/url"
	"strings"

	"github.com/go-sigfox/sigfox/internal/egress"
)

// secret stands in the place of what must not be shown.
const secret = "xxxxx"

// withoutSecrets returns a URL without user, password and fragment, and with the parts
// of its query replaced that are not variables in the template that it was rendered
// from: those hold keys and tokens, whereas variables hold what the message says. A URL
// that cannot be parsed loses whatever could be a secret.
func withoutSecrets(address, template string) string {
	if _, err := url.Parse(address); err != nil {
		return egress.RedactURL(address)
	}
	address, query, ok := strings.Cut(withoutUser(withoutFragment(address)), "?")
	if !ok {
		return address
	}
	return address + "?" + pairsWithoutSecrets(query, template)
}

// pairsWithoutSecrets does the same for a query, or for a form that took one over. The
// pairs of the form that do not come from the URL are left as they are, unless they
// have the name of a secret.
func pairsWithoutSecrets(pairs, template string) string {
	_, query, _ := strings.Cut(withoutFragment(template), "?")
	if query == "" {
		return pairs
	}
	written, names := strings.Split(query, "&"), make(map[string]bool)
	for _, pair := range written {
		if name, _, _ := strings.Cut(pair, "="); holdsSecret(pair) {
			names[name] = true
		}
	}
	list := strings.Split(pairs, "&")
	for i, pair := range list {
		// A rendered pair has the place that it has in the template, though not its name
		// if that is a variable.
		name, _, named := strings.Cut(pair, "=")
		if !names[name] && (i >= len(written) || !holdsSecret(written[i])) {
			continue
		}
		list[i] = secret
		if named {
			list[i] = name + "=" + secret
		}
	}
	return strings.Join(list, "&")
}

// holdsSecret reports whether a pair of a template has a value, or no value but a name,
// that is not just a variable.
func holdsSecret(pair string) bool {
	if _, value, ok := strings.Cut(pair, "="); ok {
		pair = value
	}
	return pair != "" && !isVariable(pair)
}

// isVariable reports whether a value in a template is one variable and no more.
func isVariable(value string) bool {
	rest, ok := strings.CutPrefix(value, "{")
	return ok && strings.IndexByte(rest, '}') == len(rest)-1
}

// withoutUser cuts user and password out of a URL, which may hold variables.
func withoutUser(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	host := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		host = rest[:end]
	}
	return scheme + "://" + rest[strings.LastIndexByte(host, '@')+1:]
}

// withoutFragment cuts off what is not sent. A # in a variable is of its name.
func withoutFragment(address string) string {
	inVariable := false
	for i := range len(address) {
		switch address[i] {
		case '{':
			inVariable = true
		case '}':
			inVariable = false
		case '#':
			if !inVariable {
				return address[:i]
			}
		}
	}
	return address
}
