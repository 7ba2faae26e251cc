package sigfox_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
)

// SetWords is the inverse of Words, whatever stands behind the payload.
func TestPayloadSetWords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, sigfox.MaxPayload).Draw(t, "payload")
		want, err := sigfox.NewPayload(b)
		require.NoError(t, err)
		first, last := want.Words()
		rest := append(make([]byte, len(b), sigfox.MaxPayload), bytes.Repeat([]byte{0xff}, sigfox.MaxPayload-len(b))...)
		var got sigfox.Payload
		got.SetWords(len(b), first|binary.BigEndian.Uint64(rest), last|binary.BigEndian.Uint32(rest[8:]))
		require.Equal(t, want, got)
	})
	var p sigfox.Payload
	p.SetWords(13, 1, 2)
	require.Equal(t, sigfox.MaxPayload, p.Len())
	p.SetWords(-1, 1, 2)
	require.Equal(t, sigfox.Payload{}, p)
}

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
