package template_test

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/template"
)

// places is how many places there are.
const places = uint8(template.Line) + 1

// FuzzAppend renders any template with any value, and checks what a value must
// never do to a text.
func FuzzAppend(f *testing.F) {
	for _, d := range definitions(f) {
		def := d.Definition
		for place, src := range []string{def.LinePattern, def.BodyTemplate, def.BodyTemplate, def.URL, def.Headers["Authorization"]} {
			if src != "" {
				f.Add(src, "2C30EA", uint8(place))
			}
		}
	}
	f.Add(`{"a":"{x}","b":{x}000,"{x}":[{x}]}`, "\"\\\xff\n{x}", uint8(template.JSON))
	f.Add(`https://a.com/{x}?b={x}#{x}`, "/../\r\n&@", uint8(template.URL))
	f.Add(" {x}", "/", uint8(template.URL))
	f.Add("{device};{x}", "\n2C30EA;\r", uint8(template.Line))
	f.Fuzz(func(t *testing.T, src, value string, place uint8) {
		o := template.Options{Place: template.Place(place % places), Unknown: template.Unknown(place / places % 4)}
		tmpl, err := template.Parse(src, o)
		if err != nil {
			return
		}
		values := template.Map{}
		for name := range tmpl.Variables() {
			values[name] = value
		}
		out, err := tmpl.Append(nil, values)
		if err != nil {
			return
		}
		read := template.Map{}
		matched := tmpl.Matchable() == nil && tmpl.Match(out, read) == nil
		switch o.Place {
		case template.JSON:
			if tmpl.ValidJSON() == nil {
				require.True(t, json.Valid(trimMark(out)) && utf8.Valid(out), "%q", out)
				require.True(t, matched || strings.ContainsAny(src, "{"), "%q", out)
			}
		case template.URL:
			checkURL(t, src, tmpl, string(out))
		case template.Text:
		case template.Header:
			require.NotContains(t, string(out), "\n")
		case template.Line:
			require.Equal(t, strings.Count(src, "\n"), strings.Count(string(out), "\n"))
		case template.Form:
			require.Equal(t, strings.Count(src, "&"), strings.Count(string(out), "&"))
		}
	})
}

func trimMark(b []byte) []byte { return []byte(strings.TrimPrefix(string(b), "\ufeff")) }

// checkURL compares the address with the one that harmless values give.
func checkURL(t *testing.T, src string, tmpl *template.Template, out string) {
	t.Helper()
	harmless := template.Map{}
	for name := range tmpl.Variables() {
		harmless[name] = "x"
	}
	b, err := tmpl.Append(nil, harmless)
	require.NoError(t, err)
	want, err := url.Parse(string(b))
	if err != nil {
		return
	}
	got, err := url.Parse(out)
	require.NoError(t, err, src)
	require.Equal(t, want.Scheme, got.Scheme)
	require.Equal(t, want.Host, got.Host)
	require.Equal(t, want.User, got.User)
	require.Equal(t, strings.Count(want.RawQuery, "&"), strings.Count(got.RawQuery, "&"))
	require.Equal(t, slashes(string(b)), slashes(out))
}

// slashes counts those in front of query and fragment as they are written: net/url
// escapes a path anew that has a space, and does not tell an escaped slash from others.
func slashes(address string) int {
	path, _, _ := strings.Cut(address, "#")
	path, _, _ = strings.Cut(path, "?")
	return strings.Count(path, "/")
}

// FuzzMatch reads any text by any template: no panic, nothing set by a match
// that fails, and JSON is read only if it is JSON.
func FuzzMatch(f *testing.F) {
	for _, d := range definitions(f) {
		def := d.Definition
		for place, src := range []string{def.LinePattern, def.BodyTemplate, def.BodyTemplate, def.URL, def.Headers["Authorization"]} {
			if src == "" {
				continue
			}
			tmpl, err := template.Parse(src, template.Options{Place: template.Place(place), Known: isDocumented})
			require.NoError(f, err)
			text, err := tmpl.Append(nil, full{documented})
			require.NoError(f, err)
			f.Add(src, text, uint8(place))
		}
	}
	f.Add(`{"a":{"b":"{x}y{z}"},"{k}":[{v}]}`, []byte(`{"q":["\ud800"],"a":{"c":{},"b":"1y2"},"a":null}`), uint8(template.JSON))
	f.Add("{a} {free} {b}.", []byte("1 2 3 4."), uint8(template.Text))
	f.Add(`{"a":{x},"b":[{y},"{z}"]}`, []byte(`{"b":[{customData#t}, 2C30EA],"a":N/A}`), uint8(template.JSON))
	f.Fuzz(func(t *testing.T, src string, text []byte, place uint8) {
		o := template.Options{Place: template.Place(place % places), Width: width, Free: free}
		tmpl, err := template.Parse(src, o)
		if err != nil {
			return
		}
		r, err := match(tmpl, string(text))
		if err != nil {
			require.Empty(t, r.values)
			require.Empty(t, r.extras)
			return
		}
		if o.Place == template.JSON && tmpl.ValidJSON() == nil {
			require.True(t, json.Valid(wordsAsNull(trimMark(text))), "%q", text)
			spaced, err := match(tmpl, " "+string(text)) // by structure
			if !strings.HasPrefix(string(text), "\ufeff") {
				require.NoError(t, err)
				require.Equal(t, r.values, spaced.values)
			}
		}
	})
}

// bare finds strings, and what may stand without quotes for a variable: a word, or a
// {name} that was not replaced.
var bare = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|\{[A-Za-z]\w*(?:#[\w#-]+)?\}|[\w+./-]+`)

// wordsAsNull puts null where JSON has something without quotes that is no JSON.
func wordsAsNull(text []byte) []byte {
	return bare.ReplaceAllFunc(text, func(found []byte) []byte {
		if found[0] == '"' || json.Valid(found) {
			return found
		}
		return []byte("null")
	})
}
