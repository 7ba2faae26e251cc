package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/wire"
)

// source is a text that gives one member after the other.
type source interface {
	Next(m *wire.Member) bool
	Err() *wire.SyntaxError
}

// list returns the members of src as "name=kind:text@offset", and the error at the end.
func list(src source) []string {
	var got []string
	var m wire.Member
	for src.Next(&m) {
		got = append(got, fmt.Sprintf("%s=%s:%s@%d", m.Name, kindName(m.Kind), m.Text, m.Offset))
	}
	if err := src.Err(); err != nil {
		got = append(got, fmt.Sprintf("error at %d: %s", err.Offset, err))
	}
	return got
}

func kindName(k wire.Kind) string { return [...]string{"string", "bare", "composite"}[k] }

func object(text string) *wire.Object {
	var o wire.Object
	o.Reset([]byte(text), 0)
	return &o
}

func TestObject(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"empty":               {`{}`, nil},
		"white space":         {" \n{ \"a\"\t: 1 \r, \"b\" : 2 } ", []string{"a=bare:1@10", "b=bare:2@21"}},
		"kinds":               {`{"a":"x","b":-1.5e3,"c":[1],"d":{"e":2}}`, []string{"a=string:x@5", "b=bare:-1.5e3@13", "c=composite:[1]@24", `d=composite:{"e":2}@32`}},
		"escapes":             {`{"a\u0062":"\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00"}`, []string{"ab=string:\"\\/\b\f\n\r\té😀@11"}},
		"lone surrogates":     {`{"a":"\ud83dx","b":"\ude00","c":"\ud83d\u0041"}`, []string{"a=string:\ufffdx@5", "b=string:\ufffd@19", "c=string:\ufffdA@32"}},
		"long string":         {`{"a":"0123456789abcdef\n0123456789"}`, []string{"a=string:0123456789abcdef\n0123456789@5"}},
		"duplicate names":     {`{"a":1,"a":2}`, []string{"a=bare:1@5", "a=bare:2@11"}},
		"trailing comma":      {`{"a":1, }`, []string{"a=bare:1@5"}},
		"bare words":          {`{"a":True,"b":2C30EA,"c":a/b_c-d+e.f}`, []string{"a=bare:True@5", "b=bare:2C30EA@14", "c=bare:a/b_c-d+e.f@25"}},
		"placeholder":         {`{"a":{time},"b":{customData#x}}`, []string{"a=bare:{time}@5", "b=bare:{customData#x}@16"}},
		"text behind":         {`{"a":1}{"b":2}`, []string{"a=bare:1@5"}},
		"nested strings":      {`{"a":{"}":"]\"}"},"b":1}`, []string{`a=composite:{"}":"]\"}"}@5`, "b=bare:1@22"}},
		"nothing":             {``, []string{"error at 0: unexpected end"}},
		"no object":           {` [1]`, []string{"error at 1: object expected"}},
		"no name":             {`{1:2}`, []string{"error at 1: member name expected"}},
		"only a comma":        {`{,}`, []string{"error at 1: member name expected"}},
		"two commas":          {`{"a":1,,"b":2}`, []string{"a=bare:1@5", "error at 7: member name expected"}},
		"no colon":            {`{"a" 1}`, []string{"error at 5: colon expected"}},
		"no value":            {`{"a":}`, []string{"error at 5: value expected"}},
		"no comma":            {`{"a":1 "b":2}`, []string{"a=bare:1@5", "error at 7: comma or end expected"}},
		"end in a name":       {`{"a`, []string{"error at 3: unexpected end"}},
		"end before a value":  {`{"a":`, []string{"error at 5: unexpected end"}},
		"end behind a value":  {`{"a":1`, []string{"a=bare:1@5", "error at 6: unexpected end"}},
		"end in a string":     {`{"a":"x`, []string{"error at 7: unexpected end"}},
		"end in an escape":    {`{"a":"\`, []string{"error at 6: unknown escape"}},
		"end in a composite":  {`{"a":[1,`, []string{"error at 8: unexpected end"}},
		"end in its string":   {`{"a":["x`, []string{"error at 8: unexpected end"}},
		"unknown escape":      {`{"a":"x\q"}`, []string{"error at 7: unknown escape"}},
		"bad hex in escape":   {`{"a":"\u00g0"}`, []string{"error at 6: unknown escape"}},
		"short hex in escape": {`{"a":"\u00`, []string{"error at 6: unknown escape"}},
		"control character":   {"{\"a\":\"x\n\"}", []string{"error at 7: control character in string"}},
		"brackets":            {`{"a":[1}}`, []string{"error at 7: brackets do not match"}},
		"unreadable byte":     {`{"a":?}`, []string{"error at 5: value expected"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, cmp.Diff(test.want, list(object(test.text))))
		})
	}
}

func TestObject_offset(t *testing.T) {
	t.Parallel()
	var o wire.Object
	o.Reset([]byte(`xx {"a":1} y`), 2)
	require.Equal(t, []string{"a=bare:1@8"}, list(&o))
	require.Equal(t, 10, o.Pos())
	require.False(t, o.Next(new(wire.Member)), "the end stays the end")

	o.Reset([]byte(`{"a":1 ?`), 0)
	require.Equal(t, []string{"a=bare:1@5", "error at 7: comma or end expected"}, list(&o))
	require.False(t, o.Next(new(wire.Member)), "an error stays")
}

func TestObject_depth(t *testing.T) {
	t.Parallel()
	nest := func(n int) string { return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	require.Len(t, list(object(nest(wire.MaxDepth))), 1)
	require.Nil(t, object(nest(wire.MaxDepth)).Err())
	require.Equal(t, []string{"error at 37: nested too deep"}, list(object(nest(wire.MaxDepth+1))))
	require.Equal(t, []string{"error at 37: nested too deep"}, list(object(nest(10_000))))
}

func TestObject_lazy(t *testing.T) {
	t.Parallel()
	const text = `{"a":[1],"b":{"c":2},"d":3}`
	newLazy := func(text string) *wire.Object {
		o := &wire.Object{Lazy: true}
		o.Reset([]byte(text), 0)
		return o
	}
	var m wire.Member

	o := newLazy(text)
	require.True(t, o.Next(&m))
	require.Equal(t, wire.Composite, m.Kind)
	require.Nil(t, m.Text)
	require.True(t, o.Text(&m))
	require.Equal(t, "[1]", string(m.Text))
	require.True(t, o.Text(&m), "a second time changes nothing")
	require.Equal(t, "[1]", string(m.Text))

	require.True(t, o.Next(&m))
	require.Nil(t, m.Text)
	_, _, ok := o.Between()
	require.False(t, ok, "not while a value is unread")
	require.True(t, o.Next(&m), "what was not read is skipped")
	require.Equal(t, "d", string(m.Name))
	require.False(t, o.Next(&m))
	require.Nil(t, o.Err())

	o = newLazy(text)
	require.True(t, o.Next(&m))
	require.True(t, o.Next(&m))
	var inner wire.Object
	inner.Reset([]byte(text), m.Offset)
	require.Equal(t, []string{"c=bare:2@18"}, list(&inner))
	o.SetPos(inner.Pos())
	require.True(t, o.Next(&m))
	require.Equal(t, "d", string(m.Name))

	o = newLazy(`{"a":[1`)
	require.True(t, o.Next(&m))
	require.False(t, o.Next(&m))
	require.Equal(t, 7, o.Err().Offset)
}

// The caller may read members itself.
func TestObject_Accept(t *testing.T) {
	t.Parallel()
	const text = `{"a":1,"b":2,"c":3}`
	var o wire.Object
	o.Reset([]byte(text), 0)
	n, pos, ok := o.Between()
	require.Zero(t, n)
	require.Zero(t, pos)
	require.True(t, ok)
	o.Accept(2, strings.Index(text, `,"c"`))
	require.Equal(t, []string{"c=bare:3@17"}, list(&o))
	n, pos, ok = o.Between()
	require.Equal(t, 3, n)
	require.Len(t, text, pos)
	require.False(t, ok, "nothing behind the end")
}

func TestArray(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []string
		end  int
	}{
		"empty":       {`[]`, nil, 2},
		"elements":    {` [ 1 , "x",[2] ,{"a":3}, {time}]`, []string{"1", "x", "[2]", `{"a":3}`, "{time}"}, 32},
		"no array":    {` {}`, []string{"error at 1: array expected"}, 1},
		"no comma":    {`[1 2]`, []string{"1", "error at 3: comma or end expected"}, 3},
		"no element":  {`[1,]`, []string{"1", "error at 3: value expected"}, 3},
		"no end":      {`[1`, []string{"1", "error at 2: unexpected end"}, 2},
		"no end deep": {`[[1]`, []string{"[1]", "error at 4: unexpected end"}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			start := strings.IndexAny(test.text, "[{")
			end, err := wire.Array([]byte(test.text), start, func(m *wire.Member) bool {
				got = append(got, string(m.Text))
				return true
			})
			if err != nil {
				got = append(got, fmt.Sprintf("error at %d: %s", err.Offset, err))
			}
			require.Empty(t, cmp.Diff(test.want, got))
			require.Equal(t, test.end, end)
		})
	}
	t.Run("stops", func(t *testing.T) {
		t.Parallel()
		calls := 0
		_, err := wire.Array([]byte(`[1,2]`), 0, func(*wire.Member) bool { calls++; return false })
		require.Nil(t, err)
		require.Equal(t, 1, calls)
	})
}
