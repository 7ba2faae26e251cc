package sigfox_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
)

func TestPayloadWords(t *testing.T) {
	t.Parallel()
	p, err := sigfox.ParsePayload("0123456789abcdef01")
	require.NoError(t, err)
	first, last := p.Words()
	require.Equal(t, uint64(0x0123456789abcdef), first)
	require.Equal(t, uint32(0x01000000), last)
}

// Every byte at every place of a payload is a hex digit for us if it is one for
// encoding/hex.
func TestPayloadDigits(t *testing.T) {
	t.Parallel()
	for at := range 2 * sigfox.MaxPayload {
		for c := range 256 {
			text := []byte("0123456789abcdefABCDEF99")
			text[at] = byte(c)
			want, wantErr := hex.DecodeString(string(text))
			got, err := sigfox.ParsePayload(string(text))
			if wantErr != nil {
				var parseErr *sigfox.ParseError
				require.ErrorAs(t, err, &parseErr, "%q", text)
				require.Equal(t, at, parseErr.Offset, "%q", text)
				continue
			}
			require.NoError(t, err, "%q", text)
			require.Equal(t, want, got.Bytes())
		}
	}
}
