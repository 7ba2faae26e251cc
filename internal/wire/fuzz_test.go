package wire_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/wire"
)

// captured returns the bodies and queries of the captured requests.
func captured(f *testing.F) (bodies, queries [][]byte) {
	f.Helper()
	file, err := os.Open("../../testdata/requests.jsonl")
	require.NoError(f, err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r struct{ URL, Body string }
		require.NoError(f, json.Unmarshal(lines.Bytes(), &r))
		bodies = append(bodies, []byte(r.Body))
		if u, err := url.Parse(r.URL); err == nil && u.RawQuery != "" {
			queries = append(queries, []byte(u.RawQuery))
		}
	}
	require.NoError(f, lines.Err())
	return bodies, queries
}

// FuzzObject checks that valid JSON has the members that encoding/json finds, and that
// a second reading finds the same.
func FuzzObject(f *testing.F) {
	bodies, _ := captured(f)
	for _, body := range bodies {
		f.Add(body)
	}
	for _, text := range []string{`{"d\u0065vice":"2C30EA","rssi":"-120.5",}`, `{ "a" : {time} , "b" : 1 }`, `{}`, `{"a":1`, `{"a"`, `{"time":?}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var o wire.Object
		o.Reset(data, 0)
		first := list(&o)
		require.GreaterOrEqual(t, len(data), o.Pos())
		if err := o.Err(); err != nil {
			require.GreaterOrEqual(t, len(data), err.Offset)
		}
		valid := o.Err() == nil
		o.Reset(data, 0)
		require.Equal(t, first, list(&o))

		want := make(map[string]json.RawMessage)
		if json.Unmarshal(data, &want) != nil || want == nil {
			return
		}
		if !valid {
			require.Equal(t, "nested too deep", o.Err().Error())
			return
		}
		got := make(map[string]json.RawMessage)
		o.Reset(data, 0)
		var m wire.Member
		for o.Next(&m) {
			text := m.Text
			if m.Kind == wire.String {
				text = wire.AppendString(nil, text)
			}
			got[replaceInvalid(m.Name)] = bytes.Clone(text)
		}
		require.Len(t, got, len(want))
		for name, raw := range want {
			require.Equal(t, normal(t, raw), normal(t, got[name]), "%q", name)
		}
	})
}

// replaceInvalid does what encoding/json does to text that is no UTF-8.
func replaceInvalid(s []byte) string { return string([]rune(string(s))) }

func normal(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		require.NoError(t, json.Unmarshal(raw, &s))
		return s
	}
	var b bytes.Buffer
	require.NoError(t, json.Compact(&b, raw))
	return b.String()
}

// FuzzForm checks that forms have the parameters that net/url finds once the white space
// around them is gone.
func FuzzForm(f *testing.F) {
	bodies, queries := captured(f)
	for _, text := range append(bodies, queries...) {
		f.Add(text)
	}
	f.Add([]byte(" &a = 1 \n& =\t&b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var form wire.Form
		form.Reset(data)
		got := url.Values{}
		var m wire.Member
		for form.Next(&m) {
			require.GreaterOrEqual(t, len(data), m.Offset)
			got.Add(string(m.Name), string(m.Text))
		}
		var pairs wire.Pairs
		pairs.Reset(data)
		for pairs.Next(&m) {
			require.NotEmpty(t, m.Name)
			require.Equal(t, string(data[m.Offset:m.Offset+len(m.Text)]), string(m.Text))
		}
		want, err := url.ParseQuery(tidy(string(data)))
		if bytes.IndexByte(data, ';') >= 0 { // refused by net/url
			return
		}
		if err != nil {
			require.NotNil(t, form.Err())
			return
		}
		require.Equal(t, want, got)
	})
}

// tidy removes the white space around names and values.
func tidy(form string) string {
	pairs := strings.Split(form, "&")
	for i, pair := range pairs {
		name, value, found := strings.Cut(pair, "=")
		pairs[i] = strings.Trim(name, " \t\r\n")
		if found {
			pairs[i] += "=" + strings.Trim(value, " \t\r\n")
		}
	}
	return strings.Join(pairs, "&")
}

// FuzzScalars checks numbers against strconv, and that those in JSON are read as those
// in text.
func FuzzScalars(f *testing.F) {
	for _, text := range []string{
		"", "0", "-0", "-0.0", "1546929254000", "52.003292529645705", "1e5", "0x1p-2", "9007199254740993", ".5", "5.",
		"true", "False", "null", "{rssi}", "123456789012345678", "\"12\"",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		wire.Absent(text)
		_, _ = wire.ParseTime(text)
		want, wantErr := strconv.ParseFloat(string(text), 64)
		got, err := wire.ParseFloat(text)
		if err == nil {
			require.NoError(t, wantErr)
			require.Equal(t, math.Float64bits(want), math.Float64bits(got), "%q", text)
		} else if wantErr == nil {
			require.Regexp(t, `(?i)[x_pin]`, string(text), "only hex, underscores and infinities are refused")
		}
		if v, err := wire.ParseInt(text); err == nil {
			require.InDelta(t, want, float64(v), math.Abs(want)*1e-15)
		}
		value := append(bytes.Clone(text), ',')
		if n, end := wire.ScanNumber(value, 0); end > 0 {
			want, err := wire.ParseFloat(value[:end])
			require.NoError(t, err)
			require.Equal(t, math.Float64bits(want), math.Float64bits(n.Float()), "%q", text)
		}
		if b, end := wire.ScanBool(value, 0); end > 0 {
			want, err := wire.ParseBool(value[:end])
			require.NoError(t, err)
			require.Equal(t, want, b)
		}
		if content, ok := wire.ScanText(value, 0); ok {
			require.Equal(t, string(value[1:len(content)+1]), string(content))
		}
	})
}
