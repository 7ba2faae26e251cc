package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/wire"
)

func TestRawJSON(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }
	for name, tt := range map[string]struct {
		kind       wire.Kind
		text, want string
		wantErr    string
	}{
		"string":         {wire.String, "a\"b", `"a\"b"`, ""},
		"number":         {wire.Bare, "-1.50", "-1.50", ""},
		"bare word":      {wire.Bare, "2C30EA", `"2C30EA"`, ""},
		"object":         {wire.Composite, "{ \"a\" : [ 1 ] }", `{"a":[1]}`, ""},
		"deep":           {wire.Composite, nested(wire.MaxDepth - 1), nested(wire.MaxDepth - 1), ""},
		"too deep":       {wire.Composite, nested(wire.MaxDepth), "", "nested too deep"},
		"no JSON":        {wire.Composite, "[1 2]", "", "invalid JSON value"},
		"brackets":       {wire.Composite, "[}", "", "brackets do not match"},
		"no UTF-8":       {wire.String, "\xff", "", "invalid UTF-8"},
		"no UTF-8 in it": {wire.Composite, "[\"\xff\"]", "", "invalid UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := wire.Member{Name: []byte("n"), Text: []byte(tt.text), Kind: tt.kind, Offset: 7}
			got, err := wire.RawJSON(&m)
			if tt.wantErr != "" {
				require.Equal(t, &wire.SyntaxError{Offset: 7, Msg: tt.wantErr}, err)
				return
			}
			require.Nil(t, err)
			require.Equal(t, tt.want, string(got))
		})
	}
	_, err := wire.RawJSON(&wire.Member{Name: []byte("\xff")})
	require.Equal(t, "invalid UTF-8", err.Msg)
}
