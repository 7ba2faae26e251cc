package callback

import (
	"sync/atomic"
	"unicode/utf8"

	"github.com/go-sigfox/sigfox/internal/wire"
)

// interner keeps strings that come again and again, such as the names of
// operators, so that messages can hold them without a copy each. It is a small
// cache, safe for concurrent use: a collision costs an allocation, nothing else.
type interner struct {
	slots [256]atomic.Pointer[string]
}

// maxInterned is the length of the longest string worth keeping.
const maxInterned = 64

// intern returns text as a string. The error is wire.ErrUTF8.
func (in *interner) intern(text []byte) (string, error) {
	if len(text) > maxInterned || len(text) == 0 {
		return newString(text)
	}
	// Enough of a hash for ids that differ at their ends and for names.
	n := len(text)
	h := uint32(n) + uint32(text[0]) + 31*uint32(text[n/2]) + 37*uint32(text[n-1])
	if n > 4 {
		h += 41*uint32(text[n-2]) + 43*uint32(text[n-3])
	}
	slot := &in.slots[h%uint32(len(in.slots))]
	if s := slot.Load(); s != nil && *s == string(text) {
		return *s, nil
	}
	s, err := newString(text)
	if err == nil {
		slot.Store(&s)
	}
	return s, err
}

func newString(text []byte) (string, error) {
	if !utf8.Valid(text) {
		return "", wire.ErrUTF8
	}
	return string(text), nil
}
