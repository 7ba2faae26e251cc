package template_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/template"
)

// TestWorkIsBounded feeds texts of 64 KiB and more that would take minutes if
// the work grew with the square of their length.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	const n = 1 << 16
	many := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(format, "#", strconv.Itoa(i)))
		}
		return b.String()
	}
	reversed := func(format string, n int) string {
		var b strings.Builder
		for i := n - 1; i >= 0; i-- {
			b.WriteString(strings.ReplaceAll(format, "#", strconv.Itoa(i)))
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		place     template.Place
		src, text string
	}{
		"braces":             {template.Text, strings.Repeat("{", n), ""},
		"unclosed":           {template.JSON, strings.Repeat("{a", n), ""},
		"json braces":        {template.JSON, strings.Repeat(`{"a":`, n), strings.Repeat(`{"a":`, n)},
		"json arrays":        {template.JSON, "[{x}]", strings.Repeat("[", n)},
		"json array":         {template.JSON, "[{x}]", "[" + strings.Repeat("1,", n) + "1]"},
		"json members":       {template.JSON, "{" + many(`"k#":{v#},`, n/8) + `"x":1}`, "{" + reversed(`"k#":1,`, n/8) + `"x":2}`},
		"json repeated":      {template.JSON, `{"a":{` + many(`"k#":{v#},`, n/16) + `"x":1}}`, "{" + strings.Repeat(`"a":{},`, n/8) + `"a":{}}`},
		"json extras":        {template.JSON, `{"a":{x}}`, "{" + many(`"k#":1,`, n/8) + `"a":2}`},
		"json escapes":       {template.JSON, `{"a":"x{x}y"}`, `{"a":"x` + strings.Repeat(`\u0041`, n) + `y"}`},
		"json variable keys": {template.JSON, "{" + many(`"k{k#}":1,`, 256) + `"x":1}`, "{" + many(`"k#":1,`, n/8) + `"x":1}`},
		"json glued":         {template.JSON, "[" + strings.Repeat("{x}0", n/4) + "]", "[" + strings.Repeat("10", n) + "]"},
		"form":               {template.Form, many(`k#={v#}&`, n/8), reversed(`k#=1&`, n/8)},
		"form, repeated":     {template.Form, strings.Repeat(`k={v}&`, n/8), strings.Repeat(`k=1&`, n/4)},
		"url":                {template.URL, strings.Repeat(`/{v}`, n/4), strings.Repeat(`/a`, n)},
		"url, one segment":   {template.URL, "/{v}", strings.Repeat(`a`, n)},
		"text":               {template.Text, strings.Repeat(`{v};`, n/4), strings.Repeat(`a;`, n)},
		"text, near misses":  {template.Text, "{a}" + strings.Repeat("a", 999) + "b{c}", strings.Repeat("a", n)},
		"text, widths":       {template.Text, strings.Repeat("{w4}", n/4), strings.Repeat("a", n)},
	} {
		tmpl, err := template.Parse(c.src, template.Options{Place: c.place, Width: width})
		require.NoError(t, err, name)
		r := &recorder{values: template.Map{}}
		_ = tmpl.Match([]byte(c.text), template.Map{})
		_ = tmpl.Match([]byte(c.src), template.Map{})
		_ = tmpl.Match([]byte(c.text), discard{r})
		_, err = tmpl.Append(nil, template.Map{"v": strings.Repeat(`"`, 100)})
		require.NoError(t, err, name)
	}
}

// discard is an ExtraSink that keeps nothing.
type discard struct{ *recorder }

func (discard) SetVar(string, []byte, int) error   { return nil }
func (discard) SetExtra(string, []byte, int) error { return nil }

// A field is found at once: to look at all of them for each would take a minute.
func TestPayloadConfig_Field_many(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	const n = 1 << 18
	for i := range n {
		text.WriteString("f" + strconv.Itoa(i) + ":0:bool:7 ")
	}
	c, err := template.ParsePayloadConfig(text.String())
	require.NoError(t, err)
	found := 0
	for i := range n {
		if f, ok := c.Field("f" + strconv.Itoa(i)); ok && f.Byte == 0 {
			found++
		}
	}
	require.Equal(t, n, found)
}
