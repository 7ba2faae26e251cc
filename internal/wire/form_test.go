package wire_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/wire"
)

func TestForm(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"empty":         {"", nil},
		"pairs":         {"a=1&b=2", []string{"a=string:1@2", "b=string:2@6"}},
		"no value":      {"a&b=", []string{"a=string:@1", "b=string:@4"}},
		"no name":       {"=1", []string{"=string:1@1"}},
		"empty pairs":   {"&&a=1&", []string{"a=string:1@4"}},
		"second equals": {"a=1=2", []string{"a=string:1=2@2"}},
		"white space":   {" a = 1 \r\n&\n b=x y\n& \n&c= &d\n\n", []string{"a=string:1@5", "b=string:x y@14", "c=string:@25", "d=string:@27"}},
		"encoded":       {"a%20b+c=%C3%a9+%26&d=%3D", []string{"a b c=string:é &@8", "d=string:=@21"}},
		"encoded space": {"a=%201+&b=%0A", []string{"a=string: 1 @2", "b=string:\n@10"}},
		"cut":           {"a=1&b=%2", []string{"a=string:1@2", "error at 6: percent sign without two hex digits"}},
		"no hex":        {"a=x%zz&b=1", []string{"error at 3: percent sign without two hex digits"}},
		"bad name":      {"%x=1", []string{"error at 0: percent sign without two hex digits"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f wire.Form
			for range 2 {
				f.Reset([]byte(test.text))
				require.Empty(t, cmp.Diff(test.want, list(&f)))
			}
		})
	}
}

// Texts stay as they are while further ones are decoded.
func TestForm_buffer(t *testing.T) {
	t.Parallel()
	var f wire.Form
	f.Reset([]byte("a=%31&b=%32%33%34%35"))
	var first, second wire.Member
	require.True(t, f.Next(&first))
	require.True(t, f.Next(&second))
	require.Equal(t, "1", string(first.Text))
	require.Equal(t, "2345", string(second.Text))
}

func TestPairs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"empty":      {"", nil},
		"colons":     {"device:2C30EA; data: 01", []string{"device=string:2C30EA@7", "data=string:01@21"}},
		"arrows":     {"device => 2C30EA\r\n\tdata =>\t01 ", []string{"device=string:2C30EA@10", "data=string:01@27"}},
		"equals":     {"a=1,b=2&c=3", []string{"a=string:1@2", "b=string:2@6", "c=string:3@10"}},
		"no label":   {"hello; : 1; a:1", []string{"a=string:1@14"}},
		"blank name": {" \t:1\na:2", []string{"a=string:2@7"}},
		"no value":   {"a:", []string{"a=string:@2"}},
		"quotes":     {`"a":"1, 2" ; b="3",c:"", d:4`, []string{"a=string:1, 2@5", "b=string:3@16", "c=string:@22", "d=string:4@27"}},
		"brackets":   {"a: [1, 2]\nb={\"c\":1,\"d\":\"}\"} , e:{id=2, x=3};f:5", []string{"a=string:[1, 2]@3", `b=string:{"c":1,"d":"}"}@12`, "e=string:{id=2, x=3}@32", "f=string:5@46"}},
		"not closed": {"a:[1,b:\"2;c:{3]", []string{"a=string:[1@2", "b=string:\"2@7", "c=string:{3]@12"}},
		"more":       {`a:"1" or 2,b:[1]2,c:{x},d`, []string{`a=string:"1" or 2@2`, "b=string:[1]2@13", "c=string:{x}@20"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p wire.Pairs
			p.Reset([]byte(test.text))
			require.Empty(t, cmp.Diff(test.want, list(&p)))
		})
	}
}
