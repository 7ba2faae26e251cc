package template_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/template"
)

// recorder is an ExtraSink that keeps everything, and checks the offsets of
// values that are not escaped.
type recorder struct {
	text   string
	values template.Map
	extras []string
	refuse string
}

func (r *recorder) SetVar(name string, text []byte, offset int) error {
	if name == r.refuse && name != "" {
		return errRefused
	}
	if at := r.text[offset:]; !strings.HasPrefix(at, string(text)) && !strings.ContainsAny(r.text, `\%+`) {
		return fmt.Errorf("offset %d holds %q, not %q", offset, at, text)
	}
	r.values[name] = string(text)
	return nil
}

func (r *recorder) SetExtra(name string, raw []byte, offset int) error {
	if name == r.refuse && name != "" {
		return errRefused
	}
	r.extras = append(r.extras, fmt.Sprintf("%s=%s@%d", name, raw, offset))
	return nil
}

var errRefused = errors.New("refused by the sink")

func match(tmpl *template.Template, text string) (*recorder, error) {
	r := &recorder{text: text, values: template.Map{}}
	return r, tmpl.Match([]byte(text), r)
}

func TestMatchJSON(t *testing.T) {
	t.Parallel()
	type values = template.Map
	const simple = `{"device":"{device}","time":{time}}`
	for name, c := range map[string]struct {
		src, text string
		want      values
		extras    []string
	}{
		"equal":               {simple, `{"device":"2C30EA","time":12}`, values{"device": "2C30EA", "time": "12"}, nil},
		"escaped":             {simple, `{"device":"a\"\\\u00e9\ud83d\ude00\n","time":12}`, values{"device": "a\"\\é😀\n", "time": "12"}, nil},
		"lone surrogates":     {simple, `{"device":"\ud83dx\udc00\ud83d\u0041","time":1}`, values{"device": "\ufffdx\ufffd\ufffdA", "time": "1"}, nil},
		"all escapes":         {simple, `{"device":"\/\b\f\r\t","time":1}`, values{"device": "/\b\f\r\t", "time": "1"}, nil},
		"white space":         {simple, " {\r\n\t\"device\" : \"a\" , \"time\" : 12 } ", values{"device": "a", "time": "12"}, nil},
		"byte order mark":     {simple, "\ufeff" + `{"device":"a","time":12}`, values{"device": "a", "time": "12"}, nil},
		"order":               {simple, `{"time":12,"device":"a"}`, values{"device": "a", "time": "12"}, nil},
		"string for number":   {simple, `{"device":"a","time":"12"}`, values{"device": "a", "time": "12"}, nil},
		"number for string":   {simple, `{"device":12,"time":12}`, values{"device": "12", "time": "12"}, nil},
		"null":                {simple, `{"device":null,"time":null}`, values{"device": "null", "time": "null"}, nil},
		"bool":                {simple, `{"device":true,"time":false}`, values{"device": "true", "time": "false"}, nil},
		"object":              {simple, `{"device":"a","time":{"b": [1,"}"]}}`, values{"device": "a", "time": `{"b": [1,"}"]}`}, nil},
		"object for string":   {simple, `{"device":{"x":1},"time":1}`, values{"device": `{"x":1}`, "time": "1"}, nil},
		"missing":             {simple, `{"time":12}`, values{"time": "12"}, nil},
		"empty":               {simple, `{ }`, values{}, nil},
		"whole null":          {simple, `null`, values{}, nil},
		"extra":               {simple, `{"x":[1, 2],"device":"a","y\n":"z","time":12}`, values{"device": "a", "time": "12"}, []string{"x=[1, 2]@5", "y\n=\"z\"@31"}},
		"last duplicate":      {simple, `{"device":"a","time":1,"device":"b"}`, values{"device": "b", "time": "1"}, nil},
		"key in escapes":      {simple, `{"\u0064evice":"a","time":1}`, values{"device": "a", "time": "1"}, nil},
		"renamed":             {`{"id_modem":"{device}"}`, `{"device":"x","id_modem":"a"}`, values{"device": "a"}, []string{`device="x"@10`}},
		"constant differs":    {`{"type":"data","v":1,"device":"{device}"}`, `{"v":"2","type":null,"device":"a"}`, values{"device": "a"}, nil},
		"nested":              {`{"a":{"b":[{"c":"{x}"},{y}]}}`, `{"z":0,"a":{"b":[{"d":0,"c":1},2,3]}}`, values{"x": "1", "y": "2"}, []string{"z=0@5", "a.b.0.d=0@22"}},
		"nested null":         {`{"a":{"b":"{x}"},"c":[{y}],"d":{z}}`, `{"c":null,"a":null,"d":1}`, values{"z": "1"}, nil},
		"nested duplicate":    {`{"a":{"b":"{x}","c":"{y}"}}`, `{"a":{"b":1,"c":2},"a":{"c":3}}`, values{"y": "3"}, nil},
		"shorter array":       {`[{x},{y}]`, `[1]`, values{"x": "1"}, nil},
		"empty array":         {`[{x},{y}]`, `[ ]`, values{}, nil},
		"part of a string":    {`{"u":"https://x/{d}/y{e}"}`, `{"u":"https://x/a\/b/yc"}`, values{"d": "a/b", "e": "c"}, nil},
		"escaped literal":     {`{"u":"\u0041\n{d}"}`, `{ "u":"A\nb" }`, values{"d": "b"}, nil},
		"suffix":              {`{"t":{time}000}`, `{"t":1234000}`, values{"time": "1234"}, nil},
		"suffix in a string":  {`{"t":{time}000}`, `{"t":"1234000"}`, values{"time": "1234"}, nil},
		"suffix on null":      {`{"t":{time}000}`, `{"t":null}`, values{"time": "null"}, nil},
		"part on null":        {`{"t":"a{x}b"}`, `{"t":null}`, values{"x": "null"}, nil},
		"same variable twice": {`{"a":"{x}","b":"{x}"}`, `{"b":"2","a":"1"}`, values{"x": "2"}, nil},
		"variable key":        {`{"{device}":{"v":{x}},"y":1}`, `{"y":1,"2C30EA":{"v":5}}`, values{"device": "2C30EA", "x": "5"}, nil},
		"variable keys":       {`{"a{x}":{y},"b{v}":{w}}`, `{"b1":2,"a3":4,"c":5}`, values{"x": "3", "y": "4", "v": "1", "w": "2"}, []string{"c=5@19"}},
		"repeated key":        {`{"a":{x},"a":{y}}`, `{ "a":1,"a":2}`, values{"x": "1", "y": "2"}, nil},
		"any member":          {`{"{k}":{v}}`, `{ "a":1, "b":2}`, values{"k": "b", "v": "2"}, nil},
		"only a value":        {`{x}`, ` 5 `, values{"x": "5"}, nil},
		"no variables":        {`{"a":1}`, `{"a":2}`, values{}, nil},
		"none, more members":  {`{"a":{}}`, `{"a":{"b":1}, "c": [2],"d":3}`, values{}, []string{"c=[2]@19", "d=3@27"}},
		"no members":          {`{}`, `{"a": "2"}`, values{}, []string{`a="2"@6`}},
		"not JSON":            {`"a":"{x}","b":{y},`, `"a":"1","b":[2],`, values{"x": "1", "y": "[2]"}, nil},
		"beyond ascii":        {simple, `{"device":"é","time":1}`, values{"device": "é", "time": "1"}, nil},
		"words":               {`[{a},{b},{c},"{d}",{e}]`, `[N/A,2C30EA,1E6AB,0102,True]`, values{"a": "N/A", "b": "2C30EA", "c": "1E6AB", "d": "0102", "e": "True"}, nil},
		"words, not JSON":     {`{"a":{a},"b":{b},}`, `{"a":2C30EA,"b":N/A,}`, values{"a": "2C30EA", "b": "N/A"}, nil},
		"numbers":             {`[{a},{b},{c},{d},{e}]`, `[0,-1,12.50,1e5,123456789012]`, values{"a": "0", "b": "-1", "c": "12.50", "d": "1e5", "e": "123456789012"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tmpl := parse(t, c.src, template.Options{Place: template.JSON})
			require.NoError(t, tmpl.Matchable())
			got, err := match(tmpl, c.text)
			require.NoError(t, err)
			require.Equal(t, c.want, got.values)
			require.Equal(t, c.extras, got.extras)
			plain := values{}
			require.NoError(t, tmpl.Match([]byte(c.text), plain), "a Sink without SetExtra")
			require.Equal(t, c.want, plain)
		})
	}
}

func TestMatchJSONErrors(t *testing.T) {
	t.Parallel()
	const simple = `{"device":"{device}","time":{time}}`
	for name, c := range map[string]struct {
		src, text string
		offset    int
		variable  string
	}{
		"empty":               {simple, ``, 0, ""},
		"no JSON":             {simple, `device`, 0, ""},
		"unclosed":            {simple, `{"device":"a"`, 13, ""},
		"trailing":            {simple, `{"device":"a","time":1} x`, 24, ""},
		"trailing comma":      {simple, `{"device":"a",}`, 14, ""},
		"no colon":            {simple, `{"device" "a"}`, 10, ""},
		"bad sign":            {simple, `{"device":"a","time":?}`, 21, ""},
		"no object":           {`{}`, ` []`, 1, ""},
		"two words":           {simple, `{"device":"a","time":a b}`, 23, ""},
		"word unknown":        {simple, `{"device":"a","time":1,"x":N/A}`, 27, ""},
		"bad escape":          {simple, `{"device":"\x","time":1}`, 11, ""},
		"bad hex":             {simple, `{"device":"\u00g0","time":1}`, 11, ""},
		"control character":   {simple, "{\"device\":\"a\n\",\"time\":1}", 12, ""},
		"invalid utf-8":       {simple, "{\"device\":\"abcdefghijkl\xff\",\"time\":1}", 23, ""},
		"invalid utf-8 extra": {simple, "{\"device\":\"a\",\"time\":1,\"x\":\"\xff\"}", 28, ""},
		"too deep":            {simple, `{"x":` + strings.Repeat("[", 65), 69, ""},
		"not an object":       {`{"a":{"b":{x}}}`, `{"a":"{}"}`, 5, "x"},
		"not an array":        {`{"a":[{x}]}`, `{"a":{}}`, 5, "x"},
		"part differs":        {`["x/{a}"]`, `["y/1"]`, 2, "a"},
		"suffix missing":      {`[{a}000]`, `[12345]`, 3, ""},
		"not JSON, differs":   {`"a":"{x}","b":{y},`, `"a":"1","c":2,`, 6, "y"},
		"not JSON, end":       {`"a":"{x}",`, `"a":"1";`, 6, ""},
		"close of another":    {simple, `{"x":[1}`, 7, ""},
		"key without quotes":  {simple, `{"x":{a:1}}`, 6, ""},
		"key unclosed":        {simple, `{"x":{"a`, 8, ""},
		"no inner colon":      {simple, `{"x":{"a" 1}}`, 10, ""},
		"no key":              {simple, `{1:2}`, 1, ""},
		"bad key":             {simple, `{"\q":2}`, 2, ""},
		"unclosed array":      {simple, `{"x":[1`, 7, ""},
		"value missing":       {simple, `{"device":`, 10, ""},
		"array without comma": {simple, `{"x":[1 2]}`, 8, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := match(parse(t, c.src, template.Options{Place: template.JSON}), c.text)
			var fault *template.MatchError
			require.ErrorAs(t, err, &fault)
			require.Equal(t, c.offset, fault.Offset, err)
			require.Equal(t, c.variable, fault.Variable, err)
			require.Empty(t, got.values, "a failed match sets nothing")
		})
	}
}

func TestMatchForm(t *testing.T) {
	t.Parallel()
	type values = template.Map
	const form = "device={device}&time={time}"
	for name, c := range map[string]struct {
		src, text string
		want      values
		extras    []string
	}{
		"equal":            {form, "device=2C30EA&time=12", values{"device": "2C30EA", "time": "12"}, nil},
		"order":            {form, "time=12&device=a", values{"device": "a", "time": "12"}, nil},
		"escaped":          {form, "device=a%26b+c%zz%&time=%31", values{"device": "a&b c%zz%", "time": "1"}, nil},
		"key escaped":      {form, "d%65vice=a&time=1", values{"device": "a", "time": "1"}, nil},
		"template key":     {"where%5Btime%5D={time}", "where[time]=1", values{"time": "1"}, nil},
		"extra":            {form, "id=1%202&device=a&time=2&z", values{"device": "a", "time": "2"}, []string{"id=1 2@3", "z=@26"}},
		"moved in front":   {form, "id=9&time=8&device=a&time=2", values{"device": "a", "time": "2"}, []string{"id=9@3"}},
		"empty parts":      {form, "&&device=&time=1&", values{"device": "", "time": "1"}, nil},
		"missing":          {form, "time=1", values{"time": "1"}, nil},
		"empty":            {form, "", values{}, nil},
		"repeated":         {"k={a}&k={b}", "k=1&k=2", values{"a": "1", "b": "2"}, nil},
		"on several lines": {"a={a}&\r\nb = {b}\n\n", "a=1&b=2", values{"a": "1", "b": "2"}, nil},
		"white space":      {"a={a}&b={b}&c=x", "\n a=1 &\r\n b = 2 & c\n", values{"a": "1", "b": "2"}, nil},
		"encoded space":    {"a={a}&b={b}", "a=+1%20&b=%0A", values{"a": " 1 ", "b": "\n"}, nil},
		"part":             {"v=x{a}-{b}&w=2", "w=3&v=x1-2-3", values{"a": "1", "b": "2-3"}, nil},
		"constant":         {"k=v&d={d}", "d=1&k=w", values{"d": "1"}, nil},
		"variable, no key": {"{d}", "x=1", values{}, []string{"x=1@2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tmpl := parse(t, c.src, template.Options{Place: template.Form})
			if tmpl.Matchable() != nil {
				require.Equal(t, &template.SyntaxError{Offset: 0, Msg: "variable {d} in the name of a parameter"}, tmpl.Match(nil, c.want))
				return
			}
			got, err := match(tmpl, c.text)
			require.NoError(t, err)
			require.Equal(t, c.want, got.values)
			require.Equal(t, c.extras, got.extras)
		})
	}
	_, err := match(parse(t, "v=x{a}", template.Options{Place: template.Form}), "v=y%31")
	require.EqualError(t, err, "template: match {a}: the text before it differs at offset 2")
}

func TestMatchURL(t *testing.T) {
	t.Parallel()
	type values = template.Map
	const address = "https://u:p@example.com:80/api/v1/devices/{device}/?token=x&t={time}"
	for name, c := range map[string]struct {
		src, text string
		want      values
		extras    []string
	}{
		"equal":             {address, "https://u:p@example.com:80/api/v1/devices/2C30EA/?token=x&t=1", values{"device": "2C30EA", "time": "1"}, nil},
		"request line":      {address, "/api/v1/devices/2C30EA/?t=1", values{"device": "2C30EA", "time": "1"}, nil},
		"behind a proxy":    {address, "/prefix/devices/a%2Fb+c/?t=1+2", values{"device": "a/b+c", "time": "1 2"}, nil},
		"constant path":     {"http://h/a/b?t={time}", "/x?t=1", values{"time": "1"}, nil},
		"no path":           {"http://h?t={time}", "http://other?t=1&u=2#f", values{"time": "1"}, []string{"u=2@19"}},
		"host only":         {"http://h?t={time}", "http://other", values{}, nil},
		"no query":          {"http://h/{a}/b%20c/{d}", "/1/b c/2", values{"a": "1", "d": "2"}, nil},
		"escaped constant":  {"/{a}/b c", "/1/b%20c", values{"a": "1"}, nil},
		"slash behind":      {"http://h/v1/{a}/{b}?t={t}", "/v1/1/2/?t=3", values{"a": "1", "b": "2", "t": "3"}, nil},
		"slash, proxied":    {"http://h/v1/{a}/{b}", "/p/q/v1/1/2/", values{"a": "1", "b": "2"}, nil},
		"slash, no root":    {"http://h/{a}/{b}", "/1/2/", values{"a": "1", "b": "2"}, nil},
		"empty, no root":    {"http://h/{a}/{b}", "/p/1/2/", values{"a": "2", "b": ""}, nil},
		"empty value":       {"http://h/v1/{a}/{b}", "/v1/1/", values{"a": "1", "b": ""}, nil},
		"empty, proxied":    {"http://h/v1/{a}/{b}", "/p/v1/1/", values{"a": "1", "b": ""}, nil},
		"blank behind":      {"http://h/?a={a}&b={b} ", "/?a=1&b=2", values{"a": "1", "b": "2"}, nil},
		"part of a segment": {"/{device}-DHT22", "/abc-DHT22", values{"device": "abc"}, nil},
		"scheme in query":   {"/a?u={u}", "/a?u=http://x/", values{"u": "http://x/"}, nil},
		"fragment":          {"/a?u={u}#{f}", "/a?u=1#2", values{"u": "1"}, nil},
		"relative":          {"{a}/b", "1/b", values{"a": "1"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := match(parse(t, c.src, template.Options{Place: template.URL}), c.text)
			require.NoError(t, err)
			require.Equal(t, c.want, got.values)
			require.Equal(t, c.extras, got.extras)
		})
	}
	for text, offset := range map[string]int{
		"/api/v1/devices/2C30EA?t=1":    16,
		"/api/v1/devices/2C30EA/x/?t=1": -1,
		"":                              0,
		"/?t=1":                         -1,
	} {
		_, err := match(parse(t, "http://h/devices/{device}/b/?t={time}", template.Options{Place: template.URL}), text)
		var fault *template.MatchError
		require.ErrorAs(t, err, &fault, text)
		if offset >= 0 {
			require.Equal(t, offset, fault.Offset, text)
		}
	}
}

func TestMatchText(t *testing.T) {
	t.Parallel()
	type values = template.Map
	for name, c := range map[string]struct {
		src, text string
		want      values
	}{
		"line":               {"{device};{time};{data}", "a;b;c;d", values{"device": "a", "time": "b", "data": "c;d"}},
		"trailing text":      {"{device};{data};", "a;b;;", values{"device": "a", "data": "b;"}},
		"empty values":       {"{device};{data};", ";;", values{"device": "", "data": ""}},
		"text around":        {"device:{device}; data:{data}.", "device:a; data:b.", values{"device": "a", "data": "b"}},
		"line ends":          {"a\r\n{x}\r\n{y}", "a\r\n1\r\n2\r\n", values{"x": "1", "y": "2\r\n"}},
		"no variables":       {"abc", "abc", values{}},
		"only one":           {"{x}", "", values{"x": ""}},
		"bytes are kept":     {"{x}", "\xff%41\\n", values{"x": "\xff%41\\n"}},
		"width first":        {"{w4}{x}", "12345", values{"w4": "1234", "x": "5"}},
		"width last":         {"{x}{w4};{y}", "12345;6", values{"x": "1", "w4": "2345", "y": "6"}},
		"width around":       {"{w4}{x}{w2}", "123456789", values{"w4": "1234", "x": "567", "w2": "89"}},
		"widths":             {"{w4}{w2}x", "123456x", values{"w4": "1234", "w2": "56"}},
		"separator in width": {"{w4}{w2};{x}", "12;4;6;7", values{"w4": "12;4", "w2": ";6", "x": "7"}},
		"width alone":        {"{w4};{x}", "12;3", values{"w4": "12", "x": "3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tmpl := parse(t, c.src, template.Options{Width: width})
			require.NoError(t, tmpl.Matchable())
			got, err := match(tmpl, c.text)
			require.NoError(t, err)
			require.Equal(t, c.want, got.values)
		})
	}
}

func width(name string) int {
	switch name {
	case "w4":
		return 4
	case "w2":
		return 2
	default:
		return 0
	}
}

// The value of a free variable may contain the text that follows it.
func TestMatchFree(t *testing.T) {
	t.Parallel()
	type values = template.Map
	for name, c := range map[string]struct {
		place     template.Place
		src, text string
		want      values
	}{
		"between":      {template.Text, "{a} {free} {b} {c}.", "1 no message since 6:34 2 3.", values{"a": "1", "free": "no message since 6:34", "b": "2", "c": "3"}},
		"first":        {template.Text, "{free}: {a}", "a: b: 1", values{"free": "a: b", "a": "1"}},
		"last":         {template.Text, "{a} {free}", "1 b c", values{"a": "1", "free": "b c"}},
		"text behind":  {template.Text, "{free} ({a})", "x (y) (1)", values{"free": "x (y)", "a": "1"}},
		"empty":        {template.Text, "{a};{free};{b}", ";;", values{"a": "", "free": "", "b": ""}},
		"two":          {template.Text, "{free} {a} {free2} {b}", "x y 1 z 2", values{"free": "x y", "a": "1", "free2": "z", "b": "2"}},
		"twice":        {template.Text, "{free};{a};{free}", "x;1;x", values{"free": "x", "a": "1"}},
		"adjacent":     {template.Text, "{free}{w2};{a}", "xy12;3;4", values{"free": "xy", "w2": "12", "a": "3;4"}},
		"without text": {template.Text, "{w2}{free};{a}", "12xy;3", values{"w2": "12", "free": "xy", "a": "3"}},
		"JSON string":  {template.JSON, `{"t":"{free} at {a}"}`, `{"t":"look at \"this\" at 1"}`, values{"free": `look at "this"`, "a": "1"}},
		"parameter":    {template.Form, "t={free}-{a}", "t=a-b+c-1", values{"free": "a-b c", "a": "1"}},
		"path":         {template.URL, "https://h/{free}-{a}/x", "/a-b-1/x", values{"free": "a-b", "a": "1"}},
		"header":       {template.Header, "{free} {a}", "a b 1", values{"free": "a b", "a": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tmpl := parse(t, c.src, template.Options{Place: c.place, Width: width, Free: free})
			got, err := match(tmpl, c.text)
			require.NoError(t, err)
			require.Equal(t, c.want, got.values)
		})
	}
	for name, c := range map[string]struct{ src, text, want string }{
		"before": {"a{free};{b}", "b;", "template: match {free}: the text before it differs at offset 0"},
		"behind": {"{a};{free};{b}.", "1;2;3", "template: match: the text at the end differs at offset 4"},
		"short":  {"{a};{free}{b}..", "1;", "template: match {free}: the text after it is missing at offset 2"},
		"no end": {"{free};{b}..", ".", "template: match: the text at the end differs at offset 0"},
		"middle": {"{free};{a};{b}", "1;2", "template: match {a}: the text before it is missing at offset 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := match(parse(t, c.src, template.Options{Width: func(string) int { return 1 }, Free: free}), c.text)
			require.EqualError(t, err, c.want)
			require.Empty(t, got.values)
		})
	}
}

func free(name string) bool { return strings.HasPrefix(name, "free") }

func TestMatchTextErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		src, text string
		want      string
	}{
		"before":   {"device:{device}", "Device:a", "template: match {device}: the text before it differs at offset 0"},
		"between":  {"{a};{b}", "1,2", "template: match {a}: the text after it is missing at offset 0"},
		"behind":   {"{a};{b}.", "1;2", "template: match: the text at the end differs at offset 2"},
		"no room":  {"{a}12;", "1", "template: match {a}: the text after it is missing at offset 0"},
		"short":    {"{w4}{w2}", "12345", "template: match {w4}: the text after it is missing at offset 0"},
		"long":     {"{w4}{w2}", "1234567", "template: match {w2}: the value is longer than its width at offset 6"},
		"constant": {"abc", "abcd", "template: match: the text at the end differs at offset 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := match(parse(t, c.src, template.Options{Width: width}), c.text)
			require.EqualError(t, err, c.want)
			require.Empty(t, got.values)
		})
	}
}

func TestMatchable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		place  template.Place
		src    string
		offset int
	}{
		{template.Text, "{a}{b}", 3},
		{template.Text, "{a};{b}{w2}{c}", 11},
		{template.Text, "{a}{w2}", -1},
		{template.JSON, `{"x":"{a}{b}"}`, 9},
		{template.JSON, `[{a}{b}]`, 4},
		{template.JSON, `["{a}",{b}]`, -1},
		{template.Form, "x={a}{b}", 5},
		{template.Form, "{a}=1", 0},
		{template.Form, "x={a}&y={b}", -1},
		{template.URL, "/{a}{b}", 4},
		{template.Header, "{a}{b}", 3},
	} {
		tmpl := parse(t, c.src, template.Options{Place: c.place, Width: width})
		err := tmpl.Matchable()
		if c.offset < 0 {
			require.NoError(t, err, c.src)
			continue
		}
		var syntax *template.SyntaxError
		require.ErrorAs(t, err, &syntax, c.src)
		require.Equal(t, c.offset, syntax.Offset, c.src)
		require.Equal(t, err, tmpl.Match(nil, template.Map{}), c.src)
		_, err = tmpl.Append(nil, template.Map{"a": "1", "b": "2"})
		require.NoError(t, err, "it can be rendered all the same")
	}
}

func TestSinkErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		place     template.Place
		src, text string
		refuse    string
		offset    int
	}{
		{template.JSON, `{"a":"{a}","b":{b}}`, `{"a":"1","b":2}`, "b", 13},
		{template.JSON, `{"a":"x{a}"}`, `{"a":"x1"}`, "a", 7},
		{template.JSON, `{"a":"x{a}"}`, `{"a":null}`, "a", 5},
		{template.JSON, `{"a":{a}}`, `{"a":1,"c":2}`, "c", 11},
		{template.Form, `a={a}`, `a=%31`, "a", 2},
		{template.Form, `a={a}`, `a=1&c=2`, "c", 6},
		{template.Text, `{a};{b}`, `1;2`, "b", 2},
	} {
		r := &recorder{text: c.text, values: template.Map{}, refuse: c.refuse}
		err := parse(t, c.src, template.Options{Place: c.place}).Match([]byte(c.text), r)
		require.ErrorIs(t, err, errRefused)
		require.ErrorContains(t, err, "refused by the sink")
		var fault *template.MatchError
		require.ErrorAs(t, err, &fault)
		require.Equal(t, c.offset, fault.Offset)
	}
}

func TestMatchManyVariables(t *testing.T) {
	t.Parallel()
	var src []string
	values := template.Map{}
	for i := range 100 {
		name := fmt.Sprintf("v%d", i)
		src = append(src, fmt.Sprintf(`"%s":{%s}`, name, name))
		values[name] = strings.Repeat("1", 1+i%20)
	}
	tmpl := parse(t, "{"+strings.Join(src, ",")+"}", template.Options{Place: template.JSON})
	got := template.Map{}
	require.NoError(t, tmpl.Match([]byte(render(t, tmpl, values)), got))
	require.Equal(t, values, got)
}

// TestMatchIsConcurrent is for the race detector: a Template is shared.
func TestMatchIsConcurrent(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, `{"a":"x{a}","b":{b}}`, template.Options{Place: template.JSON})
	for i := range 4 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			for range 100 {
				got, err := match(tmpl, fmt.Sprintf(`{ "b":%d,"a":"x\u0041%d","c":1}`, i, i))
				require.NoError(t, err)
				require.Equal(t, template.Map{"a": fmt.Sprintf("A%d", i), "b": strconv.Itoa(i)}, got.values)
			}
		})
	}
}
