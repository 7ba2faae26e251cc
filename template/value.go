package template

import "math"

// ValueKind says which type a Value has.
type ValueKind uint8

// The kinds of values that a custom payload holds.
const (
	NoKind ValueKind = iota // the zero Value: no value
	BoolKind
	IntKind
	UintKind
	Float32Kind
	Float64Kind
	TextKind
)

var kindNames = [...]string{"none", "bool", "int", "uint", "float32", "float64", "text"}

// String returns the name of the kind, in lower case.
func (k ValueKind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Value is one typed value of a custom payload. Values are small, need no
// pointer to make and can be compared with ==, which tells kinds apart and
// compares floats bit by bit, so that a NaN equals itself. The zero Value has
// NoKind.
type Value struct {
	kind ValueKind
	bits uint64
	text string
}

// BoolValue returns a value of BoolKind.
func BoolValue(b bool) Value {
	v := Value{kind: BoolKind}
	if b {
		v.bits = 1
	}
	return v
}

// IntValue returns a value of IntKind.
func IntValue(i int64) Value { return Value{kind: IntKind, bits: uint64(i)} }

// UintValue returns a value of UintKind.
func UintValue(u uint64) Value { return Value{kind: UintKind, bits: u} }

// Float32Value returns a value of Float32Kind.
func Float32Value(f float32) Value {
	return Value{kind: Float32Kind, bits: uint64(math.Float32bits(f))}
}

// Float64Value returns a value of Float64Kind.
func Float64Value(f float64) Value { return Value{kind: Float64Kind, bits: math.Float64bits(f)} }

// TextValue returns a value of TextKind. The text may hold any bytes.
func TextValue(s string) Value { return Value{kind: TextKind, text: s} }

// Kind returns the type of the value.
func (v Value) Kind() ValueKind { return v.kind }

// Bool returns the value of BoolKind; ok is false for every other kind.
func (v Value) Bool() (b, ok bool) { return v.bits != 0 && v.kind == BoolKind, v.kind == BoolKind }

// Int returns an integer of IntKind or UintKind; ok is false for every other
// kind and above math.MaxInt64.
func (v Value) Int() (i int64, ok bool) {
	if v.kind == IntKind || v.kind == UintKind && v.bits <= math.MaxInt64 {
		return int64(v.bits), true
	}
	return 0, false
}

// Uint returns an integer of UintKind or IntKind; ok is false for every other
// kind and below zero.
func (v Value) Uint() (u uint64, ok bool) {
	if v.kind == UintKind || v.kind == IntKind && int64(v.bits) >= 0 {
		return v.bits, true
	}
	return 0, false
}

// Float returns any number as the nearest float64; ok is false for kinds that
// are not numbers.
func (v Value) Float() (f float64, ok bool) {
	switch v.kind {
	case Float32Kind:
		return float64(math.Float32frombits(uint32(v.bits))), true
	case Float64Kind:
		return math.Float64frombits(v.bits), true
	case IntKind:
		return float64(int64(v.bits)), true
	case UintKind:
		return float64(v.bits), true
	default:
		return 0, false
	}
}

// Text returns the value of TextKind, byte by byte as it was sent; ok is false
// for every other kind. String gives a text for all kinds.
func (v Value) Text() (s string, ok bool) { return v.text, v.kind == TextKind }
