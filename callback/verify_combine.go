package callback

import (
	"errors"
	"net/http"
	"slices"
)

// ErrNoVerifier is the error of AllOf and AnyOf without verifiers, or with nil.
var ErrNoVerifier = errors.New("callback: no verifier")

// AllOf accepts requests that all verifiers accept, those of bodies included.
func AllOf(verifiers ...Verifier) (Verifier, error) {
	c, err := newCombination(verifiers)
	if err != nil {
		return nil, err
	}
	return &allOf{c}, nil
}

// AnyOf accepts requests that at least one of the verifiers accepts. If one accepts
// before the body is read, those of bodies are not asked.
func AnyOf(verifiers ...Verifier) (Verifier, error) {
	c, err := newCombination(verifiers)
	if err != nil {
		return nil, err
	}
	return &anyOf{c}, nil
}

type combination struct{ verifiers []Verifier }

func newCombination(verifiers []Verifier) (combination, error) {
	if len(verifiers) == 0 {
		return combination{}, ErrNoVerifier
	}
	for _, v := range verifiers {
		if v == nil {
			return combination{}, ErrNoVerifier
		}
	}
	return combination{slices.Clone(verifiers)}, nil
}

type allOf struct{ combination }

// Verify implements Verifier. It leaves the decision to the body only if no verifier
// refuses.
func (c *allOf) Verify(r *http.Request) (undecided error) {
	for _, v := range c.verifiers {
		switch err := verifyEarly(v, r); {
		case needsBody(err):
			undecided = err
		case err != nil:
			return err
		}
	}
	return undecided
}

type anyOf struct{ combination }

// Verify implements Verifier. It leaves the decision to the body if no verifier
// accepts and one wants to see it.
func (c *anyOf) Verify(r *http.Request) (refused error) {
	for _, v := range c.verifiers {
		err := verifyEarly(v, r)
		if err == nil {
			return nil
		}
		if !needsBody(refused) {
			refused = err
		}
	}
	return refused
}

// queryParams returns the query parameters in which a verifier expects secrets.
func queryParams(v Verifier) []string {
	if v, ok := v.(interface{ queryParams() []string }); ok {
		return v.queryParams()
	}
	return nil
}

func (c *combination) queryParams() (params []string) {
	for _, v := range c.verifiers {
		params = append(params, queryParams(v)...)
	}
	return params
}

// challenge returns the scheme to name in the header WWW-Authenticate.
func challenge(v Verifier) string {
	if v, ok := v.(interface{ challenge() string }); ok {
		return v.challenge()
	}
	return ""
}

func (c *combination) challenge() string {
	for _, v := range c.verifiers {
		if s := challenge(v); s != "" {
			return s
		}
	}
	return ""
}
