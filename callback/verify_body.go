package callback

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// BodyVerifier is a Verifier that cannot decide before the body is read, such as one
// of signatures. Package callback/signature has one.
//
// Its Verify should never accept a request, so that code that knows only Verifier does
// not accept a request whose body was not checked: it returns an error that wraps
// ErrBodyUnverified where the body decides, and refuses as early as it can. Handlers then
// read the body, limited in size and time, and ask VerifyBody before they parse it; even
// if Verify did accept. A type that embeds a BodyVerifier as Verifier hides VerifyBody,
// and so refuses all.
type BodyVerifier interface {
	Verifier
	// VerifyBody decides alone: Verify need not have been called. It returns an error
	// that wraps ErrUnverified unless the request is genuine. body is all of the body, nil
	// for GET, and must not be kept. now is the time of the request.
	VerifyBody(r *http.Request, body []byte, now time.Time) error
}

// ErrBodyUnverified is the error of a BodyVerifier that has to see the body. It wraps
// ErrUnverified.
var ErrBodyUnverified = fmt.Errorf("%w: the body is to be checked", ErrUnverified)

// verifyEarly has v decide before the body is read. A BodyVerifier does not accept then,
// whatever it says, unless it combines others, of which one that accepts may suffice.
func verifyEarly(v Verifier, r *http.Request) error {
	err := v.Verify(r)
	if err != nil {
		return err
	}
	switch v.(type) {
	case *allOf, *anyOf:
		return nil
	case BodyVerifier:
		return ErrBodyUnverified
	default:
		return nil
	}
}

// verifyBody has v decide about a request whose body is read.
func verifyBody(v Verifier, r *http.Request, body []byte, now time.Time) error {
	if b, ok := v.(BodyVerifier); ok {
		return b.VerifyBody(r, body, now)
	}
	return v.Verify(r)
}

// VerifyBody implements BodyVerifier.
func (c *allOf) VerifyBody(r *http.Request, body []byte, now time.Time) error {
	for _, v := range c.verifiers {
		if err := verifyBody(v, r, body, now); err != nil {
			return err
		}
	}
	return nil
}

// VerifyBody implements BodyVerifier.
func (c *anyOf) VerifyBody(r *http.Request, body []byte, now time.Time) (err error) {
	for _, v := range c.verifiers {
		if err = verifyBody(v, r, body, now); err == nil {
			return nil
		}
	}
	return err
}

// needsBody reports whether an error of Verify leaves the decision to VerifyBody.
func needsBody(err error) bool { return errors.Is(err, ErrBodyUnverified) }
