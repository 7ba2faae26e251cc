// Package standardwebhooks_test holds package callback/signature to the official libraries
// of Standard Webhooks for Go and npm, in both directions.
package standardwebhooks_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/signature"
)

// sample is something to sign.
type sample struct {
	secret, next, private signature.Key
	id, body              string
}

// samples returns callbacks of all sizes with keys of all sizes.
func samples() (list []sample) {
	r := rand.New(rand.NewPCG(1, 2))
	const alphabet = "ABCXYZabcxyz0189-_~!*'(),:;/?@&=+$"
	for i := range 200 {
		raw := make([]byte, 24+i%41)
		for j := range raw {
			raw[j] = byte(r.Uint32())
		}
		secret, err := signature.ParseKey("whsec_" + base64.StdEncoding.EncodeToString(raw))
		if err != nil {
			panic(err)
		}
		id := make([]byte, 1+r.IntN(60))
		for j := range id {
			id[j] = alphabet[r.IntN(len(alphabet))]
		}
		list = append(list, sample{
			secret: secret, next: signature.GenerateSecret(), private: signature.GeneratePrivate(), id: string(id),
			body: fmt.Sprintf(`{"device":"%X","time":%d,"data":"%x","note":"é\u2028😀 \" %s"}`,
				r.Uint32(), r.Uint32(), raw[:i%13], strings.Repeat("x", r.IntN(1+i*i))),
		})
	}
	return list
}

func (s *sample) request() *http.Request {
	return httptest.NewRequest(http.MethodPost, "/", strings.NewReader(s.body))
}

// sign returns the headers of the sample signed by us with the keys.
func (s *sample) sign(t *testing.T, now time.Time, keys ...signature.Key) http.Header {
	t.Helper()
	signer, err := signature.NewSigner(keys...)
	require.NoError(t, err)
	r := s.request()
	require.NoError(t, signer.Sign(r, []byte(s.body), s.id, now))
	return r.Header
}

// verify verifies a signature of theirs by us.
func (s *sample) verify(t *testing.T, list string, now time.Time, keys ...signature.Key) error {
	t.Helper()
	v, err := signature.NewVerifier(signature.VerifierOptions{Keys: keys})
	require.NoError(t, err)
	r := s.request()
	r.Header.Set("webhook-id", s.id)
	r.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	r.Header.Set("webhook-signature", list)
	return v.VerifyBody(r, []byte(s.body), now)
}

func TestGoLibrary(t *testing.T) {
	now := time.Now()
	for _, s := range samples() {
		headers := s.sign(t, now, s.secret, s.private, s.next)
		for _, key := range []signature.Key{s.secret, s.next} {
			theirs, err := standardwebhooks.NewWebhook(key.Reveal())
			require.NoError(t, err)
			require.NoError(t, theirs.Verify([]byte(s.body), headers), "theirs accepts ours")
			require.Error(t, theirs.Verify([]byte(s.body+" "), headers))

			list, err := theirs.Sign(s.id, now, []byte(s.body))
			require.NoError(t, err)
			require.Contains(t, strings.Fields(headers.Get("webhook-signature")), list, "byte for byte")
			require.NoError(t, s.verify(t, list, now, s.private.Public(), s.secret, s.next), "ours accepts theirs")
			require.ErrorIs(t, s.verify(t, list, now, signature.GenerateSecret()), callback.ErrUnverified)
		}
		other, err := standardwebhooks.NewWebhook(signature.GenerateSecret().Reveal())
		require.NoError(t, err)
		require.Error(t, other.Verify([]byte(s.body), headers))
	}
}

func TestNode(t *testing.T) {
	now := time.Now()
	var tasks []task
	var check []func(answer)
	do := func(one task, f func(answer)) { tasks, check = append(tasks, one), append(check, f) }
	accepted := func(a answer) { require.True(t, a.OK) }
	refused := func(a answer) { require.False(t, a.OK) }
	for _, s := range samples() {
		headers := s.sign(t, now, s.secret, s.private, s.next)
		ours := strings.Fields(headers.Get("webhook-signature"))
		base := task{ID: s.id, Time: now.Unix(), Body: s.body, Headers: headersOf(headers)}
		for i, key := range []signature.Key{s.secret, s.private, s.next} {
			one := base
			one.Op, one.Key = "sign", key.Reveal()
			if key == s.private {
				one.Op = "signEd25519"
			}
			do(one, func(a answer) {
				require.Equal(t, ours[i], a.Signature, "byte for byte")
				require.NoError(t, s.verify(t, a.Signature, now, key.Public()), "ours accepts theirs")
			})
			one.Key, one.Op = key.Public().Reveal(), strings.Replace(one.Op, "sign", "verify", 1)
			do(one, accepted)
			one.Body += " "
			do(one, refused)
		}
		other := base
		other.Op, other.Key = "verify", signature.GenerateSecret().Reveal()
		do(other, refused)
		other.Op, other.Key = "verifyEd25519", signature.GeneratePrivate().Public().Reveal()
		do(other, refused)
	}
	for i, a := range runNode(t, tasks) {
		check[i](a)
	}
}

// TestHTTP sends requests over a connection, from each end to the other.
func TestHTTP(t *testing.T) {
	key := signature.GenerateSecret()
	theirs, err := standardwebhooks.NewWebhook(key.Reveal())
	require.NoError(t, err)
	signer, err := signature.NewSigner(signature.GeneratePrivate(), key)
	require.NoError(t, err)
	verifier, err := signature.NewVerifier(signature.VerifierOptions{Keys: []signature.Key{signature.GenerateSecret(), key}})
	require.NoError(t, err)
	var got []string
	ours, err := callback.NewHandler(func(_ context.Context, m callback.Uplink) error {
		got = append(got, m.Device.String())
		return nil
	}, callback.Options{Verifier: verifier})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/ours", ours)
	mux.HandleFunc("/theirs", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || theirs.Verify(body, r.Header) != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	const body = `{"device":"2C30EA"}`
	post := func(path, text string, sign func(*http.Request) error) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader(text))
		require.NoError(t, err)
		require.NoError(t, sign(r))
		answer, err := server.Client().Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	byUs := func(r *http.Request) error { return signer.Sign(r, []byte(body), "message-1", time.Now()) }
	byThem := func(r *http.Request) error {
		now := time.Now()
		list, err := theirs.Sign("message-2", now, []byte(body))
		r.Header.Set(standardwebhooks.HeaderWebhookID, "message-2")
		r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
		r.Header.Set(standardwebhooks.HeaderWebhookSignature, list)
		return err
	}
	require.Equal(t, http.StatusOK, post("/theirs", body, byUs))
	require.Equal(t, http.StatusUnauthorized, post("/theirs", body+" ", byUs))
	require.Equal(t, http.StatusNoContent, post("/ours", body, byThem))
	require.Equal(t, http.StatusUnauthorized, post("/ours", body+" ", byThem))
	require.Equal(t, http.StatusNoContent, post("/ours", body, byUs))
	require.Equal(t, []string{"2C30EA", "2C30EA"}, got)
}

// TestBeyondGoLibrary holds what the official library for Go cannot do: ed25519, another
// tolerance, a time that is not that of the clock, and several keys in one verifier.
func TestBeyondGoLibrary(t *testing.T) {
	s := samples()[0]
	theirs, err := standardwebhooks.NewWebhook(s.secret.Reveal())
	require.NoError(t, err)
	ours, err := signature.NewVerifier(signature.VerifierOptions{
		Keys: []signature.Key{s.next, s.secret, s.private.Public()}, Tolerance: time.Hour,
	})
	require.NoError(t, err)
	at := time.Date(2021, 2, 25, 15, 2, 10, 0, time.UTC)
	for name, keys := range map[string][]signature.Key{"ed25519": {s.private}, "old": {s.secret}, "another key": {s.next}} {
		r := s.request()
		r.Header = s.sign(t, at, keys...)
		require.NoError(t, ours.VerifyBody(r, []byte(s.body), at.Add(50*time.Minute)), name)
		require.ErrorIs(t, ours.VerifyBody(r, []byte(s.body), at.Add(61*time.Minute)), callback.ErrUnverified, name)
		require.Error(t, theirs.Verify([]byte(s.body), r.Header), name)
	}
}
