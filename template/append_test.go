package template_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/template"
)

func parse(t testing.TB, src string, o template.Options) *template.Template {
	t.Helper()
	tmpl, err := template.Parse(src, o)
	require.NoError(t, err)
	return tmpl
}

func render(t testing.TB, tmpl *template.Template, src template.Source) string {
	t.Helper()
	out, err := tmpl.Append([]byte("before "), src)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(out), "before "), "Append keeps what dst holds")
	return string(out[len("before "):])
}

func TestVariables(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		src  string
		want []string
	}{
		"word":                {"{device}", []string{"device"}},
		"each once, in order": {"{time}{device}{time}", []string{"time", "device"}},
		"custom data":         {"{customData#temp-1_x#2}", []string{"customData#temp-1_x#2"}},
		"custom data digits":  {"{customData#1}", []string{"customData#1"}},
		"custom name empty":   {"{customData#}", nil},
		"dot":                 {"{customData.x}", nil},
		"blank":               {"{YOUR TOKEN} { device }", nil},
		"empty":               {"{}", nil},
		"digit first":         {"{1ng}", nil},
		"unclosed":            {"{device", nil},
		"unclosed, then good": {"{device,{time}", []string{"time"}},
		"double braces":       {"{{device}}", []string{"device"}},
		"lone braces":         {"}{}{ {", nil},
		"css":                 {"a{color:red} b{x;}", nil},
		"json":                {`{"a":{"b":1}}`, nil},
		"beyond ascii":        {"{é} {aé} {a\x80}", nil},
		"no text":             {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tmpl := parse(t, c.src, template.Options{})
			require.Equal(t, c.want, slices.Collect(tmpl.Variables()))
			require.Equal(t, c.src, tmpl.String())
			if c.want == nil {
				require.Equal(t, c.src, render(t, tmpl, template.Map{}), "text stays as it is")
			}
		})
	}
}

func TestValuesAreNotExpandedAgain(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, "{a}{b}", template.Options{})
	require.Equal(t, "{b}{a}", render(t, tmpl, template.Map{"a": "{b}", "b": "{a}"}))
	tmpl = parse(t, "{a}b}", template.Options{})
	require.Equal(t, "{b}", render(t, tmpl, template.Map{"a": "{"}))
}

func TestLineEndsAreKept(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, "{\r\n \"a\" : \"{a}\"\r\n}", template.Options{Place: template.JSON})
	require.Equal(t, "{\r\n \"a\" : \"1\"\r\n}", render(t, tmpl, template.Map{"a": "1"}))
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	const jsonText = `{"q":"a{no}b","b":{no},"t":{no}000,"n":{no#x}}`
	for name, c := range map[string]struct {
		place   template.Place
		unknown template.Unknown
		src     string
		known   string // with Options.Known
		value   string // without
	}{
		"text keep":   {template.Text, template.Keep, "a{no}b", "a{no}b", "a{no}b"},
		"text empty":  {template.Text, template.Empty, "a{no}b", "ab", "ab"},
		"text null":   {template.Text, template.Null, "a{no}b", "anullb", "anullb"},
		"json keep":   {template.JSON, template.Keep, jsonText, jsonText, `{"q":"a{no}b","b":null,"t":null,"n":null}`},
		"json empty":  {template.JSON, template.Empty, `{"q":"a{no}b","b":{no}}`, `{"q":"ab","b":null}`, `{"q":"ab","b":null}`},
		"json null":   {template.JSON, template.Null, `{"q":"a{no}b","b":{no}}`, `{"q":"anullb","b":null}`, `{"q":"anullb","b":null}`},
		"url keep":    {template.URL, template.Keep, "/?a={no#x}&b=1", "/?a={no%23x}&b=1", "/?a={no%23x}&b=1"},
		"url null":    {template.URL, template.Null, "/?a={no}&b=1", "/?a=null&b=1", "/?a=null&b=1"},
		"form empty":  {template.Form, template.Empty, "a={no}&b=1", "a=&b=1", "a=&b=1"},
		"header keep": {template.Header, template.Keep, "Bearer {no}", "Bearer {no}", "Bearer {no}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := template.Options{Place: c.place, Unknown: c.unknown}
			require.Equal(t, c.value, render(t, parse(t, c.src, o), template.Map{}))
			o.Known = func(string) bool { return false }
			tmpl := parse(t, c.src, o)
			require.Equal(t, c.known, render(t, tmpl, template.Map{"no": "never asked"}))
			require.Empty(t, slices.Collect(tmpl.Variables()))
		})
	}
	t.Run("fail", func(t *testing.T) {
		t.Parallel()
		o := template.Options{Place: template.JSON, Unknown: template.Fail}
		dst, err := parse(t, `{"a":{no}}`, o).Append([]byte("kept"), template.Map{})
		require.Equal(t, &template.RenderError{Variable: "no", Msg: "no value"}, err)
		require.Equal(t, "kept", string(dst))
		require.Equal(t, "template: {no}: no value", err.Error())
		_, err = parse(t, `{"a":{no}00}`, o).Append(nil, template.Map{})
		require.Error(t, err)
		o.Known = func(name string) bool { return name == "a" }
		_, err = template.Parse("{a} {no}", o)
		require.Equal(t, &template.SyntaxError{Offset: 4, Msg: "unknown variable {no}"}, err)
		require.Equal(t, "template: unknown variable {no} at offset 4", err.Error())
	})
	t.Run("known without value", func(t *testing.T) {
		t.Parallel()
		o := template.Options{Place: template.JSON, Known: func(string) bool { return true }}
		require.Equal(t, `["null",null]`, render(t, parse(t, `["{rssi}",{rssi}]`, o), template.Map{}))
	})
}

func TestOptionsAreValidated(t *testing.T) {
	t.Parallel()
	_, err := template.Parse("", template.Options{Place: 99})
	require.ErrorContains(t, err, "Place")
	_, err = template.Parse("", template.Options{Unknown: 99})
	require.ErrorContains(t, err, "Unknown")
}

func TestAppendJSON(t *testing.T) {
	t.Parallel()
	kinds := map[string]template.Kind{
		"string": template.KindString, "number": template.KindNumber, "object": template.KindObject,
	}
	for name, c := range map[string]struct{ src, value, want string }{
		"quoted":                 {`["{any}"]`, "2C30EA", `["2C30EA"]`},
		"quoted part":            {`["https://x/{any}/y"]`, "a\"b", `["https://x/a\"b/y"]`},
		"quoted key":             {`{"{any}":1}`, "a\nb", `{"a\nb":1}`},
		"quoted escapes":         {`["{any}"]`, "\"\\/\b\f\n\r\t\x00\x1f\x7f", `["\"\\/\u0008\u000c\n\r\t\u0000\u001f` + "\x7f" + `"]`},
		"quoted long":            {`["{any}"]`, `abcdefghijklmnop"qrstuvwxyz`, `["abcdefghijklmnop\"qrstuvwxyz"]`},
		"quoted beyond ascii":    {`["{any}"]`, "é€😀", `["é€😀"]`},
		"quoted invalid":         {`["{any}"]`, "a\xffb\xe2\x82", "[\"a\ufffdb\ufffd\ufffd\"]"},
		"after escaped quote":    {`["\"{any}\""]`, `"`, `["\"\"\""]`},
		"number":                 {`[{any}]`, "-12.5e3", `[-12.5e3]`},
		"bool":                   {`[{any}]`, "true", `[true]`},
		"null":                   {`[{any}]`, "null", `[null]`},
		"object":                 {`[{any}]`, `{"a": [1, {"b":"}"}]}`, `[{"a": [1, {"b":"}"}]}]`},
		"array":                  {`[{any}]`, `[]`, `[[]]`},
		"bare text":              {`[{any}]`, "N/A", `["N/A"]`},
		"bare empty":             {`[{any}]`, "", `[""]`},
		"leading zero":           {`[{any}]`, "0042", `["0042"]`},
		"number and more":        {`[{any}]`, "1,2", `["1,2"]`},
		"broken object":          {`[{any}]`, `{"a":1`, `["{\"a\":1"]`},
		"object and more":        {`[{any}]`, `{},1`, `["{},1"]`},
		"object with bad text":   {`[{any}]`, "[\"\xff\"]", "[\"[\\\"\ufffd\\\"]\"]"},
		"json string":            {`[{any}]`, `"a"`, `["\"a\""]`},
		"string kind":            {`[{string}]`, "12", `["12"]`},
		"number kind":            {`[{number}]`, "12", `[12]`},
		"number kind, bool":      {`[{number}]`, "false", `[false]`},
		"number kind, object":    {`[{number}]`, "{}", `["{}"]`},
		"object kind":            {`[{object}]`, "{}", `[{}]`},
		"object kind, text":      {`[{object}]`, "x", `["x"]`},
		"suffix":                 {`[{any}000]`, "1234", `[1234000]`},
		"suffix on text":         {`[{any}000]`, `a"`, `["a\"000"]`},
		"prefix":                 {`[-{any}]`, "5", `[-5]`},
		"glued":                  {`[{any}.{any}]`, "5", `[5.5]`},
		"glued, white space":     {"[ {any}\t]", "5", "[ 5\t]"},
		"depth 64":               {`{any}`, strings.Repeat("[", 64) + strings.Repeat("]", 64), strings.Repeat("[", 64) + strings.Repeat("]", 64)},
		"depth 65":               {`{any}`, strings.Repeat("[", 65) + strings.Repeat("]", 65), `"` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `"`},
		"text that is not JSON":  {`"a":"{any}",`, `"`, `"a":"\"",`},
		"unclosed variable":      {`{"a":{any,"b":{any}}`, "1", `{"a":{any,"b":1}`},
		"variable after a slash": {`["\{any}"]`, `n"`, `["\n\""]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tmpl := parse(t, c.src, template.Options{
				Place: template.JSON, Kind: func(name string) template.Kind { return kinds[name] },
			})
			values := template.Map{"any": c.value, "string": c.value, "number": c.value, "object": c.value}
			got := render(t, tmpl, values)
			require.Equal(t, c.want, got)
			if tmpl.ValidJSON() == nil {
				require.True(t, json.Valid([]byte(got)))
			}
		})
	}
}

func TestValidJSON(t *testing.T) {
	t.Parallel()
	for src, offset := range map[string]int{
		`{"a":{x}}`:                      -1,
		`{"a":"{x}","b":[1,{x}]}`:        -1,
		"\ufeff [ -1.5E+3, \"\\u0041\"]": -1,
		`{}`:                             -1,
		`{"a":{x},}`:                     9,
		`{"a" {x}}`:                      5,
		`{"a":{x}`:                       8,
		`{"a":{x}} x`:                    10,
		`{{x}:1}`:                        1,
		`["a{x}\q"]`:                     6,
		`["\u00{x}"]`:                    2,
		`["{x}`:                          5,
		`[01]`:                           1,
		`[{x} {x}]`:                      5,
		`[tru]`:                          1,
		``:                               0,
		strings.Repeat("[", 70):          64,
	} {
		t.Run(src, func(t *testing.T) {
			t.Parallel()
			err := parse(t, src, template.Options{Place: template.JSON}).ValidJSON()
			if offset < 0 {
				require.NoError(t, err)
				return
			}
			require.Equal(t, &template.SyntaxError{Offset: offset, Msg: "not valid JSON"}, err)
		})
	}
	require.NoError(t, parse(t, "no {JSON", template.Options{}).ValidJSON())
}

func TestAppendURL(t *testing.T) {
	t.Parallel()
	const src = "https://example.com:8080/a/{x}/b?c={x}&{x}=d#{x}"
	for value, want := range map[string]string{
		"2C30EA":      "2C30EA",
		"a b+c":       "a%20b%2Bc",
		"/../x":       "%2F..%2Fx",
		"&d=e#f?g":    "%26d%3De%23f%3Fg",
		"\r\nHost: x": "%0D%0AHost%3A%20x",
		"é\xff":       "%C3%A9%FF",
		"-._~":        "-._~",
		"@evil.com":   "%40evil.com",
		"":            "",
	} {
		got := render(t, parse(t, src, template.Options{Place: template.URL}), template.Map{"x": value})
		require.Equal(t, strings.ReplaceAll(src, "{x}", want), got)
	}
}

func TestURLRefuses(t *testing.T) {
	t.Parallel()
	for src, offset := range map[string]int{
		"https://{x}/":            8,
		"https://a{x}.com/":       9,
		"https://u:{x}@a.com":     10,
		"https://a.com:{x}?y":     14,
		"https://a.com{x}":        13,
		"{x}://a.com/":            0,
		"//{x}/a":                 2,
		"https://{c#x}/":          8,
		"https://a.com/\r\nx":     14,
		"https://a.com\\{x}":      -1,
		"https://a.com/?u=://{x}": -1,
	} {
		_, err := template.Parse(src, template.Options{Place: template.URL})
		if offset < 0 {
			require.NoError(t, err, src)
			continue
		}
		var syntax *template.SyntaxError
		require.ErrorAs(t, err, &syntax, src)
		require.Equal(t, offset, syntax.Offset, src)
	}
	// What is not a variable may stand anywhere.
	known := func(name string) bool { return name == "device" }
	tmpl := parse(t, "http://{yourdomain}/{accountId}?d={device}", template.Options{Place: template.URL, Known: known})
	require.Equal(t, "http://{yourdomain}/{accountId}?d=1", render(t, tmpl, template.Map{"device": "1"}))
}

func TestPathRefuses(t *testing.T) {
	t.Parallel()
	o := template.Options{Place: template.URL}
	for _, value := range []string{".", ".."} {
		_, err := parse(t, "https://a.com/b/{x}/c", o).Append(nil, template.Map{"x": value})
		require.Equal(t, &template.RenderError{Variable: "x", Msg: "a value of dots would change the path"}, err)
		require.Equal(t, "/?x="+value, render(t, parse(t, "/?x={x}", o), template.Map{"x": value}))
	}
	_, err := parse(t, "/{x}/evil.com", o).Append(nil, template.Map{"x": ""})
	require.ErrorContains(t, err, "host")
	require.Equal(t, "https://a.com//b", render(t, parse(t, "https://a.com/{x}/b", o), template.Map{"x": ""}))
}

func TestAppendHeader(t *testing.T) {
	t.Parallel()
	o := template.Options{Place: template.Header}
	tmpl := parse(t, "Bearer {x}", o)
	require.Equal(t, "Bearer a b;é", render(t, tmpl, template.Map{"x": "a b;é"}))
	for _, value := range []string{"a\r\nX: y", "\n", "\x00", "\t", "\x7f"} {
		dst, err := tmpl.Append(nil, template.Map{"x": value})
		require.Equal(t, &template.RenderError{Variable: "x", Msg: "control character in a header"}, err)
		require.Empty(t, dst)
	}
	_, err := template.Parse("a\r\nb", o)
	require.Equal(t, &template.SyntaxError{Offset: 1, Msg: "control character in a header"}, err)
}

// A value must not make two lines of one.
func TestAppendLine(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, "{device};{x}", template.Options{Place: template.Line})
	require.Equal(t, "1;a\tb\x00;é", render(t, tmpl, template.Map{"device": "1", "x": "a\tb\x00;é"}))
	for _, value := range []string{"a\n2C30EA;00", "\r", "\r\n"} {
		dst, err := tmpl.Append([]byte("kept"), template.Map{"device": "1", "x": value})
		require.Equal(t, &template.RenderError{Variable: "x", Msg: "line break in a line of a batch"}, err)
		require.Equal(t, "kept", string(dst))
	}
}

func TestAppendForm(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, "device={device}&x={x}", template.Options{Place: template.Form})
	require.Equal(t, "device=a%26b%3Dc&x=%20", render(t, tmpl, template.Map{"device": "a&b=c", "x": " "}))
}

func TestAppendGrowsItsBuffer(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, `["{a}", {a}, "a literal of more than sixteen bytes {a}"]`, template.Options{Place: template.JSON})
	long := strings.Repeat("é\"", 1000)
	want, err := json.Marshal([]string{long, long, "a literal of more than sixteen bytes " + long})
	require.NoError(t, err)
	require.JSONEq(t, string(want), render(t, tmpl, template.Map{"a": long}))
}
