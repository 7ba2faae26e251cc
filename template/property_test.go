package template_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox/template"
)

// anyText draws text that templates and escapes have to care about.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringOfN(rapid.SampledFrom([]rune(`{}[]",:;&=?#%+/\. -01e`+"\r\n\t\x00")), 0, 12, -1),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{"2C30EA", "1546929254", "-12.5", "true", "null", "N/A", `{"a":[1,"b"]}`, "[]", ".."}),
	)
}

// jsonTemplate draws the text of a JSON value with variables v0, v1, ...
func jsonTemplate(t *rapid.T, vars *int, depth int) string {
	variable := func() string { *vars++; return fmt.Sprintf("{v%d}", *vars-1) }
	space := rapid.SampledFrom([]string{"", "", " ", "\r\n\t"}).Draw(t, "space")
	str := func() string {
		switch rapid.IntRange(0, 3).Draw(t, "string") {
		case 0:
			return variable()
		case 1:
			return "x/" + variable() + `\"` + variable() + "}"
		default:
			b, _ := json.Marshal(rapid.StringOfN(rapid.RuneFrom([]rune("abé\"\\\n{}")), 0, 5, -1).Draw(t, "text"))
			return string(b[1 : len(b)-1])
		}
	}
	sort := rapid.IntRange(0, 6).Draw(t, "sort")
	if depth == 0 {
		sort = min(sort, 3)
	}
	switch sort {
	case 0:
		return space + variable()
	case 1:
		return rapid.SampledFrom([]string{"-1.5e3", "true", "null"}).Draw(t, "constant") + space
	case 2:
		return variable() + "000"
	case 3:
		return space + `"` + str() + `"`
	case 4:
		var elements []string
		for range rapid.IntRange(0, 3).Draw(t, "elements") {
			elements = append(elements, jsonTemplate(t, vars, depth-1))
		}
		return "[" + strings.Join(elements, ",") + space + "]"
	default:
		var members []string
		for i := range rapid.IntRange(0, 4).Draw(t, "members") {
			key := fmt.Sprintf("k%d%s", i, rapid.StringOfN(rapid.RuneFrom([]rune("abé")), 0, 3, -1).Draw(t, "key"))
			members = append(members, fmt.Sprintf("%s%q%s:%s", space, key, space, jsonTemplate(t, vars, depth-1)))
		}
		return "{" + strings.Join(members, ",") + space + "}"
	}
}

func TestPropertyJSONIsValid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		vars := 0
		src := jsonTemplate(t, &vars, 3)
		tmpl, err := template.Parse(src, template.Options{Place: template.JSON})
		require.NoError(t, err)
		require.NoError(t, tmpl.ValidJSON(), src)
		values := template.Map{}
		for i := range vars {
			if rapid.IntRange(0, 9).Draw(t, "missing") > 0 {
				values[fmt.Sprintf("v%d", i)] = anyText().Draw(t, "value")
			}
		}
		out, err := tmpl.Append(nil, values)
		require.NoError(t, err)
		require.True(t, json.Valid(out) && utf8.Valid(out), "%q\n%q", src, out)
	})
}

func TestPropertyJSONRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		vars := 0
		src := jsonTemplate(t, &vars, 3)
		known := func(name string) bool { return name[0] == 'v' }
		tmpl, err := template.Parse(src, template.Options{Place: template.JSON, Known: known})
		require.NoError(t, err)
		want := template.Map{}
		for i := range vars {
			v := strings.ToValidUTF8(anyText().Draw(t, "value"), "")
			want[fmt.Sprintf("v%d", i)] = strings.NewReplacer(`"`, "", "000", "").Replace(v) // what ends a value
		}
		out, err := tmpl.Append(nil, want)
		require.NoError(t, err)
		got := template.Map{}
		require.NoError(t, tmpl.Match(out, got), "%q\n%q", src, out)
		require.Equal(t, want, got, "%q\n%q", src, out)

		spaced := template.Map{} // read by structure
		require.NoError(t, tmpl.Match([]byte(" "+string(out)), spaced))
		require.Equal(t, want, spaced, "%q\n%q", src, out)
	})
}

func TestPropertyURL(t *testing.T) {
	t.Parallel()
	const src = "https://example.com/a/{p}/b-{q}?c={c}&d=x{d}&e=1#{f}"
	tmpl := parse(t, src, template.Options{Place: template.URL})
	rapid.Check(t, func(t *rapid.T) {
		values := template.Map{}
		for _, name := range []string{"p", "q", "c", "d", "f"} {
			values[name] = anyText().Filter(func(s string) bool { return s != "." && s != ".." }).Draw(t, name)
		}
		out, err := tmpl.Append(nil, values)
		require.NoError(t, err)
		u, err := url.Parse(string(out))
		require.NoError(t, err)
		require.Equal(t, "example.com", u.Host)
		require.Nil(t, u.User)
		require.Equal(t, url.Values{"c": {values["c"]}, "d": {"x" + values["d"]}, "e": {"1"}}, u.Query())
		require.Equal(t, "/a/"+values["p"]+"/b-"+values["q"], u.Path)
		require.Equal(t, 4, strings.Count(u.EscapedPath(), "/")+1)
		require.Equal(t, values["f"], u.Fragment)

		got := template.Map{}
		require.NoError(t, tmpl.Match(out, got))
		delete(values, "f")
		require.Equal(t, values, got)
	})
}

func TestPropertyForm(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, "a={a}&b=x{b}y", template.Options{Place: template.Form})
	rapid.Check(t, func(t *rapid.T) {
		want := template.Map{"a": anyText().Draw(t, "a"), "b": anyText().Draw(t, "b")}
		out, err := tmpl.Append(nil, want)
		require.NoError(t, err)
		q, err := url.ParseQuery(string(out))
		require.NoError(t, err)
		require.Equal(t, url.Values{"a": {want["a"]}, "b": {"x" + want["b"] + "y"}}, q)
		got := template.Map{}
		require.NoError(t, tmpl.Match(out, got))
		require.Equal(t, want, got)
	})
}

func TestPropertyHeader(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, "Bearer {a};{b}", template.Options{Place: template.Header})
	rapid.Check(t, func(t *rapid.T) {
		out, err := tmpl.Append(nil, template.Map{"a": anyText().Draw(t, "a"), "b": anyText().Draw(t, "b")})
		if err == nil {
			require.False(t, strings.ContainsFunc(string(out), func(r rune) bool { return r < ' ' || r == 0x7f }))
		}
	})
}

func TestPropertyFree(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, "{a};{free};{b};{c}.", template.Options{Free: free})
	rapid.Check(t, func(t *rapid.T) {
		want := template.Map{"free": anyText().Draw(t, "free")}
		for _, name := range []string{"a", "b", "c"} {
			want[name] = strings.ReplaceAll(anyText().Draw(t, name), ";", "")
		}
		out, err := tmpl.Append(nil, want)
		require.NoError(t, err)
		got := template.Map{}
		require.NoError(t, tmpl.Match(out, got))
		require.Equal(t, want, got)
	})
}

func TestPropertyLine(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, "{a};{b}--{w4}{c}", template.Options{Width: width})
	rapid.Check(t, func(t *rapid.T) {
		want := template.Map{
			"a":  strings.ReplaceAll(anyText().Draw(t, "a"), ";", ""),
			"b":  strings.ReplaceAll(anyText().Draw(t, "b"), "-", ""),
			"w4": rapid.StringMatching(`[a-z]{4}`).Draw(t, "w4"),
			"c":  anyText().Draw(t, "c"),
		}
		out, err := tmpl.Append(nil, want)
		require.NoError(t, err)
		got := template.Map{}
		require.NoError(t, tmpl.Match(out, got))
		require.Equal(t, want, got)
	})
}

// variables draws text with one to three variables, with a separator between each two, and
// their values, which lack the separators.
func variables(t *rapid.T, vars template.Map, separators string) string {
	b := new(strings.Builder)
	b.WriteString(rapid.SampledFrom([]string{"", "", "x", "T", "%20"}).Draw(t, "before"))
	for i := range rapid.IntRange(1, 3).Draw(t, "variables") {
		if i > 0 {
			b.WriteRune(rapid.SampledFrom([]rune(separators)).Draw(t, "separator"))
		}
		name := fmt.Sprintf("v%d", len(vars))
		vars[name] = strings.Map(func(r rune) rune {
			if strings.ContainsRune(separators, r) {
				return -1
			}
			return r
		}, strings.ToValidUTF8(anyText().Draw(t, "value"), ""))
		b.WriteString("{" + name + "}")
	}
	return b.String()
}

// formTemplate draws the text of a form, or of a query.
func formTemplate(t *rapid.T, vars template.Map) string {
	var pairs []string
	for i := range rapid.IntRange(0, 5).Draw(t, "pairs") {
		name := fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"a", "B[", "c.d-", "%C3%A9", "f+"}).Draw(t, "name"), i)
		switch rapid.IntRange(0, 5).Draw(t, "pair") {
		case 0:
			pairs = append(pairs, name)
		case 1:
			pairs = append(pairs, name+"=")
		case 2:
			pairs = append(pairs, name+"="+rapid.SampledFrom([]string{"1", "a+b", "%7B", "x=y", "{}", "{ d}"}).Draw(t, "constant"))
		case 3:
			pairs = append(pairs, "")
		default:
			pairs = append(pairs, name+"="+variables(t, vars, ";,|:~"))
		}
	}
	return strings.Join(pairs, "&")
}

// readBack requires that what a template renders of the values is read back as these.
func readBack(t *rapid.T, place template.Place, src string, want template.Map) (tmpl *template.Template, out []byte) {
	tmpl, err := template.Parse(src, template.Options{Place: place})
	require.NoError(t, err, src)
	out, err = tmpl.Append(nil, want)
	require.NoError(t, err, src)
	got := template.Map{}
	require.NoError(t, tmpl.Match(out, got), "%q\n%q", src, out)
	require.Equal(t, want, got, "%q\n%q", src, out)
	return tmpl, out
}

// What is rendered from any form is read back.
func TestPropertyAnyForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := template.Map{}
		src := formTemplate(t, want)
		tmpl, out := readBack(t, template.Form, src, want)

		parts := strings.Split(string(out), "&") // a server that sorts them
		slices.Reverse(parts)
		sorted := template.Map{}
		require.NoError(t, tmpl.Match([]byte(strings.Join(parts, "&")), sorted))
		require.Equal(t, want, sorted, "%q\n%q", src, out)
	})
}

// What is rendered from any address is a URL, and is read back.
func TestPropertyAnyURL(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := template.Map{}
		path := []string{"http://h.test"}
		for range rapid.IntRange(0, 3).Draw(t, "segments") {
			if rapid.Bool().Draw(t, "fixed") {
				path = append(path, "a(b)%20")
			} else {
				path = append(path, "x-"+variables(t, want, ";,:~"))
			}
		}
		src := strings.Join(path, "/")
		if rapid.Bool().Draw(t, "query") {
			src += "?" + formTemplate(t, want)
		}
		for name, value := range want {
			if value == "." || value == ".." { // a path cannot have them
				want[name] = "dots"
			}
		}
		tmpl, out := readBack(t, template.URL, src, want)
		u, err := url.Parse(string(out))
		require.NoError(t, err)
		require.Equal(t, "h.test", u.Host)
		target := template.Map{} // as a server sees it
		require.NoError(t, tmpl.Match([]byte(u.RequestURI()), target), "%q\n%q", src, out)
		require.Equal(t, want, target, "%q\n%q", src, out)
	})
}

// What is rendered from any text is read back, if the text between two variables does not
// stand in the first.
func TestPropertyAnyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := template.Map{}
		parts := []string{rapid.SampledFrom([]string{"", "{", "<m>", "device: ", "\r\n", "{}"}).Draw(t, "first")}
		n := rapid.IntRange(1, 5).Draw(t, "variables")
		for i := range n {
			name := fmt.Sprintf("v%d", i)
			after := rapid.SampledFrom([]string{";", ", ", "\n", "</d><t>", " @", "}", "]]"}).Draw(t, "after")
			value := strings.ToValidUTF8(anyText().Draw(t, "value"), "")
			if i < n-1 {
				value = strings.Trim(strings.ReplaceAll(value, after[:1], ""), after)
			}
			want[name] = value
			parts = append(parts, "{"+name+"}"+after)
		}
		src := strings.Join(parts, "")
		readBack(t, template.Text, src, want)
	})
}
