package signature_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback/signature"
)

// The keys of the official tests: libraries/go/webhook_test.go and
// webhook_asymmetric_test.go of github.com/standard-webhooks/standard-webhooks.
const (
	officialSecret  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	officialPrivate = "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="
)

func parseKey(t testing.TB, text string) signature.Key {
	t.Helper()
	k, err := signature.ParseKey(text)
	require.NoError(t, err)
	return k
}

func encode(prefix string, n int) string {
	return prefix + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xa5}, n))
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		officialSecret, officialPrivate, encode("whsec_", 24), encode("whsec_", 64), encode("whpk_", 32),
		signature.GenerateSecret().Reveal(), signature.GeneratePrivate().Reveal(), signature.GeneratePrivate().Public().Reveal(),
	} {
		k := parseKey(t, text)
		require.Equal(t, text, k.Reveal())
		require.Equal(t, k, parseKey(t, text+"\n"), "as a file ends")
	}
	for text, want := range map[string]string{
		"":                         "no prefix whsec_, whsk_ or whpk_",
		"MfKQ9r8GKYqrTwjUPD8ILPZI": "no prefix whsec_, whsk_ or whpk_",
		encode("whxx_", 32):        "no prefix whsec_, whsk_ or whpk_",
		encode("WHSEC_", 32):       "no prefix whsec_, whsk_ or whpk_",
		"whsec_":                   "whsec_ of 0 bytes",
		encode("whsec_", 23):       "whsec_ of 23 bytes",
		encode("whsec_", 65):       "whsec_ of 65 bytes",
		encode("whsk_", 31):        "whsk_ of 31 bytes",
		encode("whpk_", 64):        "whpk_ of 64 bytes",
		encode("whsk_", 64):        "private and public key do not belong together",
		"whsec_5c187c22*":          "not base64",
	} {
		_, err := signature.ParseKey(text)
		require.ErrorIs(t, err, signature.ErrKey, text)
		require.EqualError(t, err, "signature: invalid key: "+want)
		if len(text) > 8 {
			require.NotContains(t, err.Error(), text[7:])
		}
	}
}

// A private key is one with and without the public key behind it.
func TestParseKey_longPrivate(t *testing.T) {
	t.Parallel()
	short := parseKey(t, officialPrivate)
	pair := ed25519.NewKeyFromSeed([]byte("TESTSIGNINGKEYDONOTUSETHISFORANY"))
	long := parseKey(t, "whsk_"+base64.StdEncoding.EncodeToString(pair))
	require.Equal(t, short, long)
	require.Equal(t, "whpk_"+base64.StdEncoding.EncodeToString(pair[32:]), long.Public().Reveal())
	require.Equal(t, long.Public(), long.Public().Public())
	require.Equal(t, parseKey(t, officialSecret), parseKey(t, officialSecret).Public(), "a shared one")
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	require.NotEqual(t, signature.GenerateSecret(), signature.GenerateSecret())
	require.NotEqual(t, signature.GeneratePrivate(), signature.GeneratePrivate())
}

// A key does not show, however it is printed.
func TestKey_redacted(t *testing.T) {
	t.Parallel()
	k := parseKey(t, officialSecret)
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(officialSecret, "whsec_"))
	require.NoError(t, err)
	config := struct{ Key signature.Key }{k}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10.3v"} {
		fmt.Fprintf(&out, verb+verb+"\n", k, &k)
		fmt.Fprintf(&out, verb+"\n", config)
	}
	log := slog.New(slog.NewTextHandler(&out, nil))
	log.InfoContext(t.Context(), "key", "key", k, "config", config)
	slog.New(slog.NewJSONHandler(&out, nil)).InfoContext(t.Context(), "key", "key", k, "config", config)
	text, err := json.Marshal(config)
	require.NoError(t, err)
	require.JSONEq(t, `{"Key":"whsec_…"}`, string(text))
	out.Write(text)
	for _, hidden := range []string{officialSecret[6:12], string(raw[:4]), hex.EncodeToString(raw[:4]), strings.ToUpper(hex.EncodeToString(raw[:4]))} {
		require.NotContains(t, out.String(), hidden)
	}
	require.Contains(t, out.String(), "whsec_…")
}

func TestKey_UnmarshalText(t *testing.T) {
	t.Parallel()
	var config struct{ Keys []signature.Key }
	require.NoError(t, json.Unmarshal([]byte(`{"Keys":["`+officialSecret+`","`+officialPrivate+`"]}`), &config))
	require.Equal(t, []signature.Key{parseKey(t, officialSecret), parseKey(t, officialPrivate)}, config.Keys)
	require.ErrorIs(t, json.Unmarshal([]byte(`{"Keys":["x"]}`), &config), signature.ErrKey)
}
