package sigfox

import (
	"encoding/json"
	"math"
)

// Opt is a value that may be absent. The zero value is absent. It needs no
// pointer, is comparable if T is, and is left out of JSON by omitzero.
type Opt[T any] struct {
	value   T
	present bool
}

// Some returns v as a present value.
func Some[T any](v T) Opt[T] { return Opt[T]{value: v, present: true} }

// Get returns the value and whether it is present; the zero value of T if not.
func (o Opt[T]) Get() (T, bool) { return o.value, o.present }

// Or returns the value, or def if it is absent.
func (o Opt[T]) Or(def T) T {
	if o.present {
		return o.value
	}
	return def
}

// Present reports whether there is a value.
func (o Opt[T]) Present() bool { return o.present }

// IsZero reports whether the value is absent.
func (o Opt[T]) IsZero() bool { return !o.present }

// MarshalJSON implements json.Marshaler: the value, or null if it is absent or one of the
// floats that JSON lacks, NaN and the infinities.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	f, isFloat := any(o.value).(float64)
	if !o.present || isFloat && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return []byte("null"), nil
	}
	return json.Marshal(o.value)
}

// UnmarshalJSON implements json.Unmarshaler: null is absent.
func (o *Opt[T]) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*o = Opt[T]{}
		return nil
	}
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*o = Some(v)
	return nil
}

// Clear makes the value absent.
func (o *Opt[T]) Clear() { *o = Opt[T]{} }

// Init makes the zero value present and returns a pointer to it, so that a large
// value can be built in place.
func (o *Opt[T]) Init() *T {
	*o = Opt[T]{present: true}
	return &o.value
}
