package dispatch_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// Whatever a server says, it is a time to wait.
func FuzzRetryAfter(f *testing.F) {
	for _, text := range []string{"120", "-1", "1e9", "Fri, 31 Dec 9999 23:59:59 GMT", "18446744073709551616", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h := http.Header{"Retry-After": {text}}
		got := dispatch.RetryAfter(h, time.Unix(1500000000, 0))
		require.GreaterOrEqual(t, got, time.Duration(0))
	})
}
