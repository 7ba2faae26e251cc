//go:build !race

package template_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/template"
)

// counter is a Sink that keeps nothing.
type counter int

func (c *counter) SetVar(string, []byte, int) error {
	*c++
	return nil
}

// The cases of both tests, by name: they do not run in parallel, because the
// allocations of other tests would be counted.
var allocationCases = map[string]struct {
	place template.Place
	src   string
	text  string
}{
	"json":           {template.JSON, `{"a":"{a}","n":{n},"o":{o},"t":{n}000}`, `{"a":"1","n":2,"o":{"x":[]},"t":2000}`},
	"json, escaped":  {template.JSON, `{"a":"x{a}","n":{n}}`, `{"a":"x\u00e9\n","n":"\n"}`},
	"json, reversed": {template.JSON, `{"a":"{a}","n":{n}}`, `{ "n": 1, "a": "b", "extra": 1 }`},
	"form":           {template.Form, `a={a}&n={n}`, `x=1&n=2&a=%20+`},
	"url":            {template.URL, `https://x/{a}/b?n={n}`, `/prefix/%20/b?n=1&x=2`},
	"text":           {template.Text, `{a}; {n} and a long text that follows, longer than any buffer`, `1; 2 and a long text that follows, longer than any buffer`},
}

func TestMatchAllocations(t *testing.T) {
	for name, c := range allocationCases {
		tmpl := parse(t, c.src, template.Options{Place: c.place})
		text := []byte(c.text)
		var sink counter
		require.NoError(t, tmpl.Match(text, &sink))
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = tmpl.Match(text, &sink) }), name)
	}
}

func TestAppendAllocations(t *testing.T) {
	values := template.Map{"a": "é\"\n\xff x", "n": "-12.5", "o": `{"a":[1,true,"x"]}`}
	dst := make([]byte, 0, 1024)
	for name, c := range allocationCases {
		tmpl := parse(t, c.src, template.Options{Place: c.place})
		require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = tmpl.Append(dst, values) }), name)
	}
}

func TestAppendValuesAllocations(t *testing.T) {
	var src template.Source = newReading()
	tmpl := parse(t, `{"d":"{device}","t":{time},"x":"{data}","s":{seqNumber},"st":"{station}","a":{ack},"b":{batt},"c":{count},"n":"{name}"}`,
		template.Options{Place: template.JSON, Layout: readingLayout})
	dst := make([]byte, 0, 1024)
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = tmpl.Append(dst, src) }))
}
