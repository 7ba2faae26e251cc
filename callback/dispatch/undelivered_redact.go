package dispatch

import "strings"

// secret stands in the place of what must not be shown.
const secret = "xxxxx"

// withoutSecrets returns a URL without user and password, and with the values of its
// query replaced that are no variables in the template that it was rendered from:
// those hold keys and tokens, whereas variables hold what the message says.
func withoutSecrets(address, template string) string {
	address = withoutUser(address)
	address, query, ok := strings.Cut(address, "?")
	if !ok {
		return address
	}
	return address + "?" + pairsWithoutSecrets(query, template)
}

// pairsWithoutSecrets does the same for a query, or for a form that took one over.
// The parameters of the form that do not come from the URL are left as they are.
func pairsWithoutSecrets(pairs, template string) string {
	_, query, _ := strings.Cut(template, "?")
	secrets := make(map[string]bool)
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); value != "" && !isVariable(value) {
			secrets[name] = true
		}
	}
	if len(secrets) == 0 {
		return pairs
	}
	list := strings.Split(pairs, "&")
	for i, pair := range list {
		if name, _, ok := strings.Cut(pair, "="); ok && secrets[name] {
			list[i] = name + "=" + secret
		}
	}
	return strings.Join(list, "&")
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
