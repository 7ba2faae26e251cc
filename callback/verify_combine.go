package callback

import (
	"errors"
	"net/http"
	"slices"
)

// ErrNoVerifier is the error of AllOf and AnyOf without verifiers, or with nil.
var ErrNoVerifier = errors.New("callback: no verifier")

// AllOf accepts requests that all verifiers accept.
func AllOf(verifiers ...Verifier) (Verifier, error) {
	c, err := newCombination(verifiers)
	if err != nil {
		return nil, err
	}
	return &allOf{c}, nil
}

// AnyOf accepts requests that at least one of the verifiers accepts.
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

// Verify implements Verifier.
func (c *allOf) Verify(r *http.Request) error {
	for _, v := range c.verifiers {
		if err := v.Verify(r); err != nil {
			return err
		}
	}
	return nil
}

type anyOf struct{ combination }

// Verify implements Verifier.
func (c *anyOf) Verify(r *http.Request) (err error) {
	for _, v := range c.verifiers {
		if err = v.Verify(r); err == nil {
			return nil
		}
	}
	return err
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
