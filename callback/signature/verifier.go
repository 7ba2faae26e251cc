package signature

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox/callback"
)

// VerifierOptions configure a Verifier.
type VerifierOptions struct {
	// Keys are the keys of the sender: secrets and public keys, several while keys are
	// changed. One at least is required, MaxSignatures are allowed.
	Keys []Key
	// Tolerance is how far the timestamp may be from the time of the request, before it
	// and after it. Default: 5 minutes. AnyTime does not look at it.
	Tolerance time.Duration
	// AllowQuery accepts requests with a query, which no signature covers: whoever can
	// record a request can send it with another query. It is needed beside
	// callback.QuerySecret. Default: such requests are refused.
	AllowQuery bool
}

const defaultTolerance = 5 * time.Minute

// AnyTime is a tolerance for requests that were recorded and are handled later.
const AnyTime time.Duration = math.MaxInt64

// Verifier verifies signed requests. It is a callback.BodyVerifier.
type Verifier struct {
	secrets    []*secret
	publics    []ed25519.PublicKey
	tolerance  time.Duration
	allowQuery bool
	scratches  sync.Pool // of *scratch
}

// secret makes the HMAC of a key.
type secret struct{ hashes sync.Pool } // of hash.Hash

func newSecret(key []byte) *secret {
	s := &secret{}
	s.hashes.New = func() any { return hmac.New(sha256.New, key) }
	return s
}

// NewVerifier returns a verifier. The error wraps ErrKey, or names the option.
func NewVerifier(o VerifierOptions) (*Verifier, error) {
	v := &Verifier{tolerance: o.Tolerance, allowQuery: o.AllowQuery}
	if v.tolerance == 0 {
		v.tolerance = defaultTolerance
	}
	if v.tolerance < 0 {
		return nil, fmt.Errorf("signature: VerifierOptions.Tolerance is %v", o.Tolerance)
	}
	if err := checkCount(o.Keys); err != nil {
		return nil, err
	}
	for _, k := range o.Keys {
		switch k.prefix {
		case prefixSecret:
			v.secrets = append(v.secrets, newSecret([]byte(k.raw)))
		case prefixPublic:
			v.publics = append(v.publics, ed25519.PublicKey(k.raw))
		default:
			return nil, fmt.Errorf("%w: %s does not verify", ErrKey, k)
		}
	}
	return v, nil
}

// scratch is the memory for one request.
type scratch struct {
	content []byte // what is signed
	sum     [sha256.Size]byte
}

// maxKept is the size of the largest content whose memory is kept for later requests.
const maxKept = 64 << 10

// The reasons for which requests are refused. They are made once, so that an attack costs
// no memory.
var (
	errHeaders   = refusal("header webhook-id, webhook-timestamp or webhook-signature missing or repeated")
	errID        = refusal("webhook-id invalid")
	errTimestamp = refusal("webhook-timestamp invalid")
	errList      = refusal("webhook-signature too long")
	errNone      = refusal("no signature of a known version")
	errQuery     = refusal("URL with a query, which is not signed")
	errBody      = refusal("no body, and nothing else is signed")
	errOld       = refusal("webhook-timestamp too old")
	errNew       = refusal("webhook-timestamp too new")
	errWrong     = refusal("signature wrong")
)

func refusal(reason string) error { return fmt.Errorf("%w: %s", callback.ErrUnverified, reason) }

// Verify implements callback.Verifier: it refuses what the headers tell already, and
// otherwise returns callback.ErrBodyUnverified. It never accepts.
func (v *Verifier) Verify(r *http.Request) error {
	var p proof
	if err := v.read(&p, r); err != nil {
		return err
	}
	return callback.ErrBodyUnverified
}

// VerifyBody implements callback.BodyVerifier: it accepts a request if one of its
// signatures is that of one of the keys.
func (v *Verifier) VerifyBody(r *http.Request, body []byte, now time.Time) error {
	var p proof
	if err := v.read(&p, r); err != nil {
		return err
	}
	if len(body) == 0 {
		return errBody
	}
	if err := v.checkTime(p.seconds, now); err != nil {
		return err
	}
	s, ok := v.scratches.Get().(*scratch)
	if !ok {
		s = &scratch{}
	}
	s.content = append(appendHead(s.content[:0], p.id, p.seconds), body...)
	fits := v.anyFits(&p, s)
	if cap(s.content) <= maxKept {
		v.scratches.Put(s)
	}
	if !fits {
		return errWrong
	}
	return nil
}

// read reads the headers.
func (v *Verifier) read(p *proof, r *http.Request) error {
	if r.URL.RawQuery != "" && !v.allowQuery {
		return errQuery
	}
	if err := p.read(r.Header); err != nil {
		return err
	}
	if len(v.secrets) > 0 && p.hmacs > 0 || len(v.publics) > 0 && p.ed25519s > 0 {
		return nil
	}
	return errNone
}

func (v *Verifier) checkTime(seconds int64, now time.Time) error {
	if v.tolerance == AnyTime {
		return nil
	}
	// Whole seconds, as the timestamp has them. The difference saturates.
	switch age := time.Unix(now.Unix(), 0).Sub(time.Unix(seconds, 0)); {
	case age > v.tolerance:
		return errOld
	case age < -v.tolerance:
		return errNew
	default:
		return nil
	}
}

// anyFits tries each signature with each key. How long it takes does not tell how much
// of a signature is right.
func (v *Verifier) anyFits(p *proof, s *scratch) bool {
	fits := false
	for _, k := range v.secrets {
		k.sum(s)
		for i := range p.hmacs {
			fits = hmac.Equal(p.hmac[i][:], s.sum[:]) || fits
		}
	}
	for _, k := range v.publics {
		for i := range p.ed25519s {
			fits = fits || ed25519.Verify(k, s.content, p.ed25519[i][:])
		}
	}
	return fits
}

// sum writes the HMAC of the content to s.
func (k *secret) sum(s *scratch) {
	h := k.hashes.Get().(hash.Hash) //nolint:errcheck,forcetypeassert // the pool holds nothing else
	h.Reset()
	h.Write(s.content)
	h.Sum(s.sum[:0])
	k.hashes.Put(h)
}

var _ callback.BodyVerifier = (*Verifier)(nil)
