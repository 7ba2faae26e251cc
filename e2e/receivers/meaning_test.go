package receivers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

// pair is a parameter of a query or form.
type pair struct{ name, value string }

// meaning is what the author of a definition wants to be read. It is found without the
// packages under test: the template is taken apart first, and the variables are put in
// after, so that there is nothing to escape.
type meaning struct {
	path  string
	query []pair
	form  []pair
	json  any
	text  string
	// headers are the custom headers, with lower-case names.
	headers map[string]string
}

// meant returns what a request means. contentType is the type of its body. ok is false
// for a template that is not JSON, whatever the values.
func meant(t *testing.T, d callback.Definition, contentType string) (m meaning, ok bool) {
	t.Helper()
	vars := variables(t, d)
	batch := ""
	if d.Channel == callback.ChannelBatchURL {
		line := fill(d.LinePattern, vars)
		batch = line + "\n" + line
		encoded, err := json.Marshal(batch)
		require.NoError(t, err)
		vars["batch"] = encoded
	}
	path, query, _ := strings.Cut(d.URL, "?")
	_, path, _ = strings.Cut(path, "://")
	m = meaning{path: fill(path[strings.IndexByte(path, '/'):], vars), query: pairs(query, vars), headers: map[string]string{}}
	for name, value := range d.Headers {
		m.headers[strings.ToLower(name)] = fill(value, vars)
	}
	switch {
	case contentType == "application/x-www-form-urlencoded":
		m.form, m.query = append(pairs(query, vars), pairs(d.BodyTemplate, vars)...), nil
	case contentType == "application/json" && d.BodyTemplate != "":
		return m, json.Unmarshal([]byte(fillJSON(d.BodyTemplate, vars)), &m.json) == nil
	case d.Method == http.MethodGet:
	case d.Channel == callback.ChannelBatchURL:
		m.text = batch
	default:
		m.text = fill(d.BodyTemplate, vars)
	}
	return m, true
}

var variable = regexp.MustCompile(`\{[A-Za-z0-9_#]+\}`)

// fill puts values in as text. What is no variable stays.
func fill(s string, vars map[string]json.RawMessage) string {
	return variable.ReplaceAllStringFunc(s, func(name string) string {
		value, ok := vars[name[1:len(name)-1]]
		if !ok {
			return name
		}
		var text string
		if string(value) == "null" || json.Unmarshal(value, &text) != nil {
			return string(value)
		}
		return text
	})
}

// fillJSON puts values into JSON: as they are, or as text inside of a string.
func fillJSON(s string, vars map[string]json.RawMessage) string {
	var out strings.Builder
	for len(s) > 0 {
		quote := strings.IndexByte(s, '"')
		if quote < 0 {
			quote = len(s)
		}
		out.WriteString(variable.ReplaceAllStringFunc(s[:quote], func(name string) string {
			if value, ok := vars[name[1:len(name)-1]]; ok {
				return string(value)
			}
			return name
		}))
		s = s[quote:]
		if end := strings.IndexByte(s[min(1, len(s)):], '"'); end >= 0 { // no template has an escaped quote
			text, _ := json.Marshal(fill(s[1:end+1], vars))
			out.Write(text)
			s = s[end+2:]
		}
	}
	return out.String()
}

func pairs(s string, vars map[string]json.RawMessage) (list []pair) {
	for part := range strings.SplitSeq(s, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		list = append(list, pair{decode(name), fill(decode(value), vars)})
	}
	return list
}

func decode(s string) string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		return decoded
	}
	return s
}

// folded returns parameters as a receiver shows them.
func (r receiver) folded(list []pair) map[string]any {
	values := map[string][]string{}
	for _, p := range list {
		values[p.name] = append(values[p.name], p.value)
	}
	m := map[string]any{}
	for name, v := range values {
		m[name] = r.fold(v)
	}
	return m
}
