package template

import (
	"iter"
	"math/bits"
)

// Decode returns the values in data by name, in the order of the configuration.
// A field of which any bit lies after the end of data is left out, as is done
// for messages that are shorter than the configuration; bytes that no field
// covers are ignored. Data may be longer than a message. Integers have IntKind
// or UintKind whatever their size, floats Float32Kind or Float64Kind, chars
// TextKind with all their bytes, zeros and invalid UTF-8 included.
//
// Ranging over the values allocates nothing but the texts.
func (c *PayloadConfig) Decode(data []byte) iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i := range c.fields {
			f := &c.fields[i]
			if v, ok := f.decode(data); ok && !yield(f.Name, v) {
				return
			}
		}
	}
}

func (f *Field) decode(data []byte) (Value, bool) {
	start, width := f.start(), f.width()
	if start+width > 8*len(data) {
		return Value{}, false
	}
	if f.Type == FieldChar {
		return TextValue(readText(data, start, width/8)), true
	}
	v := readBits(data, start, width)
	if f.LittleEndian {
		v = swapBytes(v, width)
	}
	switch f.Type {
	case FieldBool:
		return Value{kind: BoolKind, bits: v}, true
	case FieldInt:
		unused := 64 - width
		return IntValue(int64(v<<unused) >> unused), true
	case FieldFloat:
		kind := Float64Kind
		if width == 32 {
			kind = Float32Kind
		}
		return Value{kind: kind, bits: v}, true // not through a float, which may change a NaN
	default:
		return UintValue(v), true
	}
}

// readBits returns width bits (1 to 64, in up to 9 bytes) of data from bit start,
// most significant first.
func readBits(data []byte, start, width int) uint64 {
	last := (start + width - 1) / 8
	var v uint64
	for _, b := range data[start/8 : last] {
		v = v<<8 | uint64(b)
	}
	after := 8*(last+1) - start - width // bits of the last byte that are not read
	v = v<<(8-after) | uint64(data[last]>>after)
	return v << (64 - width) >> (64 - width)
}

// readText returns n bytes of data from bit start.
func readText(data []byte, start, n int) string {
	if start%8 == 0 {
		return string(data[start/8 : start/8+n])
	}
	text := make([]byte, n)
	for i := range text {
		text[i] = byte(readBits(data, start+8*i, 8))
	}
	return string(text)
}

// swapBytes reverses the bytes of a value of 1 to 8 bits or of whole bytes.
func swapBytes(v uint64, width int) uint64 {
	if width <= 8 {
		return v
	}
	return bits.ReverseBytes64(v) >> (64 - width)
}
