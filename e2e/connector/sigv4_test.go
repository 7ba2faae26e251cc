package connector_test

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// verifier checks Signature Version 4, written from its description and without the
// SDK: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
type verifier struct {
	keyID, secret, token string
	region, service      string
}

const dateFormat = "20060102T150405Z"

// verify refuses a request that was not signed with the secret, for this region and
// service, in the last or next five minutes.
func (v *verifier) verify(r *http.Request, body []byte, now time.Time) error {
	fields, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !ok {
		return errors.New("not signed")
	}
	auth := map[string]string{}
	for field := range strings.SplitSeq(fields, ", ") {
		name, value, _ := strings.Cut(field, "=")
		auth[name] = value
	}
	date := r.Header.Get("X-Amz-Date")
	at, err := time.Parse(dateFormat, date)
	if err != nil {
		return err
	}
	if skew := now.Sub(at).Abs(); skew > 5*time.Minute {
		return fmt.Errorf("signed %v ago", skew)
	}
	if r.Header.Get("X-Amz-Security-Token") != v.token {
		return errors.New("wrong session token")
	}
	scope := strings.Join([]string{at.Format("20060102"), v.region, v.service, "aws4_request"}, "/")
	if auth["Credential"] != v.keyID+"/"+scope {
		return fmt.Errorf("credential %q", auth["Credential"])
	}
	signed := strings.Split(auth["SignedHeaders"], ";")
	for _, name := range v.required() {
		if !slices.Contains(signed, name) {
			return fmt.Errorf("header %s is not signed", name)
		}
	}
	if want := v.sign(canonical(r, body, signed), date, scope); !hmac.Equal([]byte(want), []byte(auth["Signature"])) {
		return errors.New("wrong signature")
	}
	return nil
}

func (v *verifier) required() []string {
	if v.token == "" {
		return []string{"host", "x-amz-date"}
	}
	return []string{"host", "x-amz-date", "x-amz-security-token"}
}

// sign returns the signature of a canonical request.
func (v *verifier) sign(canonical, date, scope string) string {
	text := strings.Join([]string{"AWS4-HMAC-SHA256", date, scope, hash([]byte(canonical))}, "\n")
	key := []byte("AWS4" + v.secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, text))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// canonical returns the canonical form of a request. The path is encoded once more
// than it was sent, as for all services but S3.
func canonical(r *http.Request, body []byte, signed []string) string {
	var headers strings.Builder
	for _, name := range signed {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = strconv.FormatInt(r.ContentLength, 10)
		}
		headers.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	path := encode(r.URL.EscapedPath(), "/")
	return strings.Join([]string{
		r.Method, cmp.Or(path, "/"), canonicalQuery(r.URL.Query()), headers.String(), strings.Join(signed, ";"), hash(body),
	}, "\n")
}

func canonicalQuery(query url.Values) string {
	var pairs []string
	for name, values := range query {
		for _, value := range values {
			pairs = append(pairs, encode(name, "")+"="+encode(value, ""))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// encode percent-encodes all but the unreserved characters of RFC 3986 and those in
// keep.
func encode(s, keep string) string {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	var b strings.Builder
	for _, c := range []byte(s) {
		if strings.IndexByte(unreserved+keep, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// TestVerifier checks the verifier by examples of AWS's own test suite.
func TestVerifier(t *testing.T) {
	t.Parallel()
	v := verifier{
		keyID: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: "us-east-1", service: "service",
	}
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	for name, test := range map[string]struct{ method, url, signature string }{
		"get-vanilla":        {http.MethodGet, "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		"post-vanilla-query": {http.MethodPost, "/?Param1=value1", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
	} {
		r := httptest.NewRequest(test.method, "https://example.amazonaws.com"+test.url, http.NoBody)
		r.Header.Set("X-Amz-Date", at.Format(dateFormat))
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "+
			"SignedHeaders=host;x-amz-date, Signature="+test.signature)
		require.NoError(t, v.verify(r, nil, at), name)
		require.EqualError(t, v.verify(r, []byte("x"), at), "wrong signature", name)
		require.EqualError(t, v.verify(r, nil, at.Add(time.Hour)), "signed 1h0m0s ago", name)
	}
}
