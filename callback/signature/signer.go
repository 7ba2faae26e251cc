package signature

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// ErrNoBody is the error of a request without body: nothing else of it is signed.
var ErrNoBody = errors.New("signature: no body to sign")

// Signer signs requests. It is a dispatch.Signer.
type Signer struct{ keys []signingKey }

// signingKey has one of both.
type signingKey struct {
	secret  []byte
	private ed25519.PrivateKey
}

// NewSigner returns a signer that signs with all the keys: the current one, and those that
// receivers may still hold or hold already while keys are changed. The error wraps ErrKey
// if there is none, a public one, or more than MaxSignatures.
func NewSigner(keys ...Key) (*Signer, error) {
	if err := checkCount(keys); err != nil {
		return nil, err
	}
	s := &Signer{}
	for _, k := range keys {
		switch k.prefix {
		case prefixSecret:
			s.keys = append(s.keys, signingKey{secret: []byte(k.raw)})
		case prefixPrivate:
			s.keys = append(s.keys, signingKey{private: ed25519.NewKeyFromSeed([]byte(k.raw))})
		default:
			return nil, fmt.Errorf("%w: %s does not sign", ErrKey, k)
		}
	}
	return s, nil
}

func checkCount(keys []Key) error {
	if len(keys) == 0 || len(keys) > MaxSignatures {
		return fmt.Errorf("%w: %d keys, not 1 to %d", ErrKey, len(keys), MaxSignatures)
	}
	return nil
}

// Sign sets the headers webhook-id, webhook-timestamp and webhook-signature of r, whose
// body is body. id must be the same for all attempts of a request, and unlike that of any
// other; now is the time of the attempt. The error is ErrNoBody or wraps ErrID.
//
// Method, URL and the other headers are not signed: see the package comment.
func (s *Signer) Sign(r *http.Request, body []byte, id string, now time.Time) error {
	if err := checkID(id); err != nil {
		return err
	}
	if len(body) == 0 {
		return ErrNoBody
	}
	seconds := now.Unix()
	if seconds < 0 {
		return fmt.Errorf("signature: time %d before 1970", seconds)
	}
	content := append(appendHead(nil, id, seconds), body...)
	var header []byte
	for i, k := range s.keys {
		if i > 0 {
			header = append(header, ' ')
		}
		header = k.appendSignature(header, content)
	}
	r.Header.Set(headerID, id)
	r.Header.Set(headerTimestamp, strconv.FormatInt(seconds, 10))
	r.Header.Set(headerSignature, string(header))
	return nil
}

// appendSignature appends the signature with its version.
func (k *signingKey) appendSignature(dst, content []byte) []byte {
	if k.private != nil {
		return base64.StdEncoding.AppendEncode(append(dst, versionEd25519...), ed25519.Sign(k.private, content))
	}
	h := hmac.New(sha256.New, k.secret)
	h.Write(content)
	return base64.StdEncoding.AppendEncode(append(dst, versionHMAC...), h.Sum(nil))
}
