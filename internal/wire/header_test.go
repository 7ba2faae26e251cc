package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/internal/wire"
)

func TestIsToken(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"X-Token", "authorization", "a", "!#$%&'*+-.^_`|~09AZ"} {
		require.True(t, wire.IsToken(s), s)
	}
	for _, s := range []string{"", " ", "a b", "a:", "a\n", "é", "\x80", "a\x7f"} {
		require.False(t, wire.IsToken(s), s)
	}
}

func TestIsFieldValue(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "x", "Bearer x", "a\tb", "é", "\xff"} {
		require.True(t, wire.IsFieldValue(s), s)
	}
	for _, s := range []string{" ", " x", "x ", "x\t", "x\n", "a\r\nb", "\x00", "\x7f"} {
		require.False(t, wire.IsFieldValue(s), s)
	}
}
