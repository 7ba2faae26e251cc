//go:build !race

package callback_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

func TestVerifiers_doNotAllocate(t *testing.T) {
	const long = "a-token-longer-than-thirty-two-bytes-as-most-random-ones-are"
	must := func(v callback.Verifier, err error) callback.Verifier {
		require.NoError(t, err)
		return v
	}
	bearer := must(callback.BearerToken(long, "previous"))
	query := must(callback.QuerySecret("key", long))
	source := must(callback.Source(callback.SourceOptions{
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	}))
	verifiers := map[string]callback.Verifier{
		"Unverified":    callback.Unverified(),
		"BearerToken":   bearer,
		"Authorization": must(callback.Authorization("Bearer " + long)),
		"Header":        must(callback.Header("X-Token", long)),
		"BasicAuth":     must(callback.BasicAuth(callback.Credentials{User: "sigfox", Password: long})),
		"QuerySecret":   query,
		"PathSecret":    must(callback.PathSecret("secret", long)),
		"Source":        source,
		"AllOf":         must(callback.AllOf(bearer, query, source)),
		"AnyOf":         must(callback.AnyOf(bearer, source)),
	}
	for name, v := range verifiers {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/?device=2C30EA&key="+long, nil)
			r.RemoteAddr = "10.1.2.3:4567"
			r.Header.Set("X-Token", long)
			r.Header.Set("X-Forwarded-For", "203.0.113.9, 185.110.96.7, 10.0.0.1")
			r.Header.Set("Authorization", "Bearer "+long)
			r.SetPathValue("secret", long)
			if name == "BasicAuth" {
				r.SetBasicAuth("sigfox", long)
			}
			require.NoError(t, v.Verify(r))
			require.Zero(t, testing.AllocsPerRun(100, func() { _ = v.Verify(r) }))
		})
	}
}
