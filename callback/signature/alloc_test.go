//go:build !race

package signature_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback/signature"
)

func TestVerifier_doesNotAllocate(t *testing.T) {
	v := newVerifier(t, signature.VerifierOptions{}, officialSecret, encode("whsec_", 24), officialPrivate)
	body := []byte(officialBody)
	for name, list := range map[string]string{
		"HMAC": officialHMAC, "ed25519": officialEd25519, "rotation": wrongHMAC + " " + officialHMAC + " " + officialEd25519,
	} {
		t.Run(name, func(t *testing.T) {
			r := official(list)
			require.NoError(t, v.VerifyBody(r, body, officialNow))
			require.Zero(t, testing.AllocsPerRun(100, func() { _ = v.VerifyBody(r, body, officialNow) }))
			require.Zero(t, testing.AllocsPerRun(100, func() { _ = v.Verify(r) }))
		})
	}
	t.Run("the memory for large bodies is not kept", func(t *testing.T) {
		large := make([]byte, 100_000)
		r := official(officialHMAC)
		require.NotZero(t, testing.AllocsPerRun(10, func() { _ = v.VerifyBody(r, large, officialNow) }))
	})
	t.Run("refused", func(t *testing.T) {
		r := official(wrongHMAC)
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = v.VerifyBody(r, body, officialNow) }))
	})
}
