package template

import (
	"bytes"
	"math"
	"slices"
	"strconv"
)

// String returns the text of the value, see AppendText.
func (v Value) String() string {
	if v.kind == TextKind {
		return v.text
	}
	var buf [32]byte
	return string(v.appendPlain(buf[:0]))
}

// AppendText implements encoding.TextAppender: what {customData#name} stands for
// in plain text. Floats have the shortest form of their own width, as the cloud
// prints them (781.41516, not 781.4151611328125), with an exponent from 1e21 up
// and below 1e-6, or are NaN, Infinity and -Infinity. The zero Value has no
// text. It never fails.
func (v Value) AppendText(dst []byte) ([]byte, error) { return v.appendPlain(dst), nil }

func (v Value) appendPlain(dst []byte) []byte {
	switch v.kind {
	case BoolKind:
		return strconv.AppendBool(dst, v.bits != 0)
	case IntKind:
		return strconv.AppendInt(dst, int64(v.bits), 10)
	case UintKind:
		return strconv.AppendUint(dst, v.bits, 10)
	case Float32Kind, Float64Kind:
		return v.appendFloat(dst)
	case TextKind:
		return append(dst, v.text...)
	default:
		return dst
	}
}

func (v Value) appendFloat(dst []byte) []byte {
	f, _ := v.Float()
	switch abs := math.Abs(f); {
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case abs != 0 && (abs < 1e-6 || abs >= 1e21):
		return shortenExponent(strconv.AppendFloat(dst, f, 'e', -1, v.floatSize()))
	default: // also NaN
		return strconv.AppendFloat(dst, f, 'f', -1, v.floatSize())
	}
}

// shortenExponent turns the e+21 or e-07 at the end of dst into e21 or e-7. A
// plus sign would be a space in a query.
func shortenExponent(dst []byte) []byte {
	i := bytes.LastIndexByte(dst, 'e') + 1
	switch {
	case dst[i] == '+':
		return slices.Delete(dst, i, i+1)
	case dst[i+1] == '0':
		return slices.Delete(dst, i+1, i+2)
	default:
		return dst
	}
}

func (v Value) floatSize() int {
	if v.kind == Float32Kind {
		return 32
	}
	return 64
}

// AppendJSON appends the value as JSON: true, a number, or an escaped string in
// quotes. NaN, the infinities and the zero Value are null; bytes of a text that
// are not UTF-8 become U+FFFD.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case NoKind:
		return append(dst, "null"...)
	case TextKind:
		return quote(append(dst, v.text...), len(dst))
	case Float32Kind, Float64Kind:
		if f, _ := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return append(dst, "null"...)
		}
		return v.appendFloat(dst)
	default:
		return v.appendPlain(dst)
	}
}

// MarshalJSON implements json.Marshaler, see AppendJSON.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }
