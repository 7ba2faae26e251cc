package callback

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-sigfox/sigfox/internal/wire"
)

// Verifier decides whether a request comes from the Sigfox Cloud of the customer.
// The cloud signs nothing: what it offers are a fixed Authorization header, user
// and password in the URL, custom headers, secrets in the URL, and its source
// addresses. For other senders, which do sign, see package callback/signature.
type Verifier interface {
	// Verify returns an error that wraps ErrUnverified unless the request is
	// genuine. It must not read the body; see BodyVerifier. The error must not hold a
	// secret.
	Verify(r *http.Request) error
}

// VerifierFunc is a function that is a Verifier.
type VerifierFunc func(r *http.Request) error

// Verify calls f.
func (f VerifierFunc) Verify(r *http.Request) error { return f(r) }

// ErrEmptySecret is the error of a verifier without secret, or with an empty one.
var ErrEmptySecret = errors.New("callback: empty secret")

// Unverified accepts every request. Its name is a reminder that anybody who knows the URL
// can send callbacks.
func Unverified() Verifier {
	return VerifierFunc(func(*http.Request) error { return nil })
}

// secrets are the current secret and those that are still accepted.
type secrets []padded

func newSecrets(current string, previous []string) (secrets, error) {
	var s secrets
	for _, secret := range append([]string{current}, previous...) {
		if secret == "" {
			return nil, ErrEmptySecret
		}
		s = append(s, pad(secret))
	}
	return s, nil
}

// newHeaderSecrets refuses what no header can bring, such as the line break with which a
// file ends that a secret was read from: no request would be accepted.
func newHeaderSecrets(current string, previous []string) (secrets, error) {
	for _, secret := range append([]string{current}, previous...) {
		if !wire.IsFieldValue(secret) {
			return nil, errors.New("callback: secret with a control character, or with space around it, which no header can bring")
		}
	}
	return newSecrets(current, previous)
}

// match compares with all secrets, whichever fits.
func (s secrets) match(presented string) bool {
	p, found := pad(presented), 0
	for i := range s {
		found |= equal(&s[i], &p)
	}
	return found == 1
}

// equal returns 1 if both are the same, else 0, in a time that does not depend on them.
// It is subtle.ConstantTimeCompare, which works byte by byte, in words.
func equal(a, b *padded) int {
	var differ uint64
	for i := 0; i < len(a); i += 8 {
		differ |= binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:])
	}
	low, high := subtle.ConstantTimeEq(int32(uint32(differ)), 0), subtle.ConstantTimeEq(int32(differ>>32), 0)
	return low & high
}

// padded is a text brought to one size, so that a comparison takes the same time
// whatever the secret, its length included: the text, zeros and its length, or, if it
// is longer, its digest.
type padded [64]byte

const hashed = 0xff // in place of the length

func pad(text string) (p padded) {
	last := len(p) - 1
	if len(text) <= last {
		copy(p[:], text)
		p[last] = byte(len(text))
		return p
	}
	var buf [512]byte // keeps the copy of most texts off the heap
	digest := sha256.Sum256(append(buf[:0], text...))
	copy(p[:], digest[:])
	p[last] = hashed
	return p
}

// secretVerifier compares a text of the request with secrets.
type secretVerifier struct {
	secrets secrets
	// present returns the text, and false if there is none or more than one.
	present func(r *http.Request) (string, bool)
	what    string // names the place in errors
	query   string // the query parameter that holds the secret, if one does
	scheme  string // for the header WWW-Authenticate
}

// Verify implements Verifier.
func (v *secretVerifier) Verify(r *http.Request) error {
	text, ok := v.present(r)
	if !ok {
		return fmt.Errorf("%w: %s missing or repeated", ErrUnverified, v.what)
	}
	if !v.secrets.match(text) {
		return fmt.Errorf("%w: %s wrong", ErrUnverified, v.what)
	}
	return nil
}

func (v *secretVerifier) queryParams() []string {
	if v.query == "" {
		return nil
	}
	return []string{v.query}
}

func (v *secretVerifier) challenge() string { return v.scheme }

// single returns the value of a header that stands in the request just once.
func single(h http.Header, name string) (string, bool) {
	values := h[name]
	if len(values) != 1 {
		return "", false
	}
	return values[0], true
}

// Header accepts requests whose header has one of the secrets as its value:
// current, or one of previous while secrets are being changed. The error is
// ErrEmptySecret, or tells that a header cannot have the name or the value.
func Header(name, current string, previous ...string) (Verifier, error) {
	if !wire.IsToken(name) {
		return nil, fmt.Errorf("callback: %q is not the name of a header", name)
	}
	s, err := newHeaderSecrets(current, previous)
	if err != nil {
		return nil, err
	}
	name = http.CanonicalHeaderKey(name)
	return &secretVerifier{
		secrets: s, what: "header " + name,
		present: func(r *http.Request) (string, bool) { return single(r.Header, name) },
	}, nil
}

// Authorization accepts requests whose Authorization header has one of the
// values, scheme included. The error is that of Header.
func Authorization(current string, previous ...string) (Verifier, error) {
	return Header("Authorization", current, previous...)
}

// BearerToken accepts requests with one of the tokens in the header
// "Authorization: Bearer <token>". The error is that of Header.
func BearerToken(current string, previous ...string) (Verifier, error) {
	return scheme("Bearer", current, previous)
}

// scheme accepts Authorization headers of a scheme, whose name has no case.
func scheme(name, current string, previous []string) (Verifier, error) {
	s, err := newHeaderSecrets(current, previous)
	if err != nil {
		return nil, err
	}
	return &secretVerifier{
		secrets: s, what: name + " credentials", scheme: name,
		present: func(r *http.Request) (string, bool) {
			value, ok := single(r.Header, "Authorization")
			if !ok || len(value) <= len(name) || value[len(name)] != ' ' {
				return "", false
			}
			if got := value[:len(name)]; got != name && !strings.EqualFold(got, name) { // mostly it is as written here
				return "", false
			}
			return strings.TrimLeft(value[len(name):], " "), true
		},
	}, nil
}

// Credentials are a user and a password, as in the URL
// https://user:password@host/path that the customer gave to the cloud.
type Credentials struct{ User, Password string }

// BasicAuth accepts requests with one of the credentials in an "Authorization:
// Basic" header. The error is ErrEmptySecret if a password is empty, or says that a user
// has a colon, which such a header cannot carry.
func BasicAuth(current Credentials, previous ...Credentials) (Verifier, error) {
	var encoded []string
	for _, c := range append([]Credentials{current}, previous...) {
		if c.Password == "" {
			return nil, ErrEmptySecret
		}
		if strings.Contains(c.User, ":") {
			return nil, errors.New("callback: user with a colon, which Basic credentials cannot have")
		}
		encoded = append(encoded, base64.StdEncoding.EncodeToString([]byte(c.User+":"+c.Password)))
	}
	return scheme("Basic", encoded[0], encoded[1:])
}

// QuerySecret accepts requests with one of the secrets in a parameter of the query.
// Where the cloud moved the query into a form body, the parameter is looked for
// there. It is kept out of Extra. The error is ErrEmptySecret, or says that the parameter
// has no name.
//
// A secret in a URL is likely to be logged on its way; prefer a header.
func QuerySecret(param, current string, previous ...string) (Verifier, error) {
	if param == "" {
		return nil, errors.New("callback: the parameter of a secret has no name")
	}
	s, err := newSecrets(current, previous)
	if err != nil {
		return nil, err
	}
	return &secretVerifier{
		secrets: s, what: "query parameter " + param, query: param,
		present: func(r *http.Request) (string, bool) { return queryValue(r.URL.RawQuery, param) },
	}, nil
}

// queryValue returns the value of a parameter; false if there is none, or if it has
// several. It does what url.ParseQuery does, without a map.
func queryValue(query, param string) (value string, ok bool) {
	for pair := range strings.SplitSeq(query, "&") {
		name, text, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err != nil || name != param {
			continue
		}
		text, err := url.QueryUnescape(text)
		if err != nil || ok && text != value {
			return "", false
		}
		value, ok = text, true
	}
	return value, ok
}

// PathSecret accepts requests with one of the secrets in the segment of the path
// that a wildcard of http.ServeMux matched: "secret" for the pattern
// "/sigfox/{secret}/uplink". The error is ErrEmptySecret, or says that the wildcard has no
// name.
func PathSecret(wildcard, current string, previous ...string) (Verifier, error) {
	if wildcard == "" {
		return nil, errors.New("callback: the wildcard of a secret has no name")
	}
	s, err := newSecrets(current, previous)
	if err != nil {
		return nil, err
	}
	return &secretVerifier{
		secrets: s, what: "path segment " + wildcard,
		present: func(r *http.Request) (string, bool) {
			value := r.PathValue(wildcard)
			return value, value != ""
		},
	}, nil
}
