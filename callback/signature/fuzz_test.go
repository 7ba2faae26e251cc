package signature_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/signature"
)

// FuzzVerifier holds that no headers make the verifier panic, that it never accepts
// without the body, and that it accepts what a plain reading of the specification does.
func FuzzVerifier(f *testing.F) {
	for _, list := range []string{
		officialHMAC, officialEd25519, wrongHMAC + " " + officialHMAC, "v1a," + officialEd25519[4:90], "v1, v1a,,  v2,x", "",
		strings.Repeat("v1,x ", 20) + officialHMAC, officialHMAC + "," + officialEd25519,
	} {
		f.Add(officialID, officialTimeText, list, []byte(officialBody))
	}
	f.Add("a.b", "00", officialHMAC, []byte("x"))
	f.Add("", "999999999999", "v1,"+encode("", 32), []byte{})
	v := newVerifier(f, signature.VerifierOptions{Tolerance: signature.AnyTime}, officialSecret, officialPrivate)
	f.Fuzz(func(t *testing.T, id, timestamp, list string, body []byte) {
		r := official("")
		r.Header = http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {timestamp}, "Webhook-Signature": {list}}
		require.ErrorIs(t, v.Verify(r), callback.ErrUnverified)
		err := v.VerifyBody(r, body, time.Time{})
		if err != nil {
			require.ErrorIs(t, err, callback.ErrUnverified)
		}
		if err == nil {
			require.ErrorIs(t, v.Verify(r), callback.ErrBodyUnverified)
			require.True(t, plain(id, timestamp, list, body))
		}
		if plain(id, timestamp, list, body) && len(strings.Fields(list)) <= signature.MaxSignatures && len(list) <= 8<<10 && len(id) <= 256 {
			require.NoError(t, err)
		}
	})
}

// plain verifies by the letter of the specification.
func plain(id, timestamp, list string, body []byte) bool {
	seconds, err := strconv.ParseUint(timestamp, 10, 64)
	if err != nil || strconv.FormatUint(seconds, 10) != timestamp || len(timestamp) > 12 || len(body) == 0 {
		return false
	}
	if id == "" || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || r == '.' }) {
		return false
	}
	content := []byte(id + "." + timestamp + "." + string(body))
	secret, _ := base64.StdEncoding.DecodeString(officialSecret[len("whsec_"):])
	mac := hmac.New(sha256.New, secret)
	mac.Write(content)
	pair := ed25519.NewKeyFromSeed([]byte("TESTSIGNINGKEYDONOTUSETHISFORANY"))
	for one := range strings.SplitSeq(list, " ") {
		if one == "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) || one == "v1a,"+base64.StdEncoding.EncodeToString(ed25519.Sign(pair, content)) {
			return true
		}
	}
	return false
}
