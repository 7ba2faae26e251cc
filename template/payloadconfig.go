package template

import (
	"iter"
	"strconv"

	"github.com/go-sigfox/sigfox"
)

// PayloadConfig is a custom payload configuration: it tells how the bytes of a
// message split into named values, which templates use as {customData#name}.
// It does not change after ParsePayloadConfig and is safe for concurrent use.
// The zero value has no fields.
type PayloadConfig struct {
	fields []Field
	index  map[string]int // of fields, by name
}

// Fields returns the fields in the order of the configuration.
func (c *PayloadConfig) Fields() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		for i := range c.fields {
			if !yield(c.fields[i]) {
				return
			}
		}
	}
}

// Field returns the field of that name. Names are case-sensitive.
func (c *PayloadConfig) Field(name string) (Field, bool) {
	if i, ok := c.index[name]; ok {
		return c.fields[i], true
	}
	return Field{}, false
}

// Len returns the number of bytes from the start of the message to the end of
// the last field. Above sigfox.MaxPayload some field never arrives: see Field.Fits.
func (c *PayloadConfig) Len() int {
	n := 0
	for i := range c.fields {
		n = max(n, c.fields[i].End())
	}
	return n
}

// String returns the configuration in its canonical form: every byte index is
// written, a bit offset only if it is not 7, the byte order only if it is
// little-endian. ParsePayloadConfig reads the same fields from it.
func (c *PayloadConfig) String() string {
	var text []byte
	for i := range c.fields {
		if i > 0 {
			text = append(text, ' ')
		}
		text = c.fields[i].appendText(text)
	}
	return string(text)
}

// FieldType is the type of a field of a custom payload.
type FieldType uint8

// The types of the payload grammar.
const (
	FieldBool FieldType = iota
	FieldInt
	FieldUint
	FieldFloat
	FieldChar
)

var fieldTypeNames = [...]string{"bool", "int", "uint", "float", "char"}

// String returns the name that the grammar uses: bool, int, uint, float or char.
func (t FieldType) String() string {
	if int(t) < len(fieldTypeNames) {
		return fieldTypeNames[t]
	}
	return "unknown"
}

// Field is one value of a custom payload: what it is called, where it lies and
// how its bits are read.
type Field struct {
	Name string
	Type FieldType
	// Bits is the size in bits: 1 for a bool, 1 to 64 for an integer, 32 or 64
	// for a float, 8 per byte of a char.
	Bits int
	// Byte is the index of the byte in which the field starts, from 0.
	Byte int
	// Bit is the bit in which the field starts, from 7, the most significant, to 0.
	Bit int
	// LittleEndian means that the least significant byte comes first.
	LittleEndian bool
}

// start returns the index of the first bit, counted from the most significant
// bit of the message's first byte.
func (f *Field) start() int { return 8*f.Byte + 7 - f.Bit }

// width returns the number of bits that are read: Bits, except for an integer
// whose bit offset pushes its last bits out of the longest message.
func (f *Field) width() int {
	const message = 8 * sigfox.MaxPayload
	past := f.start() + f.Bits - message
	whole := f.Byte+(f.Bits+7)/8 <= sigfox.MaxPayload
	if past > 0 && whole && !f.LittleEndian && (f.Type == FieldInt || f.Type == FieldUint) {
		return f.Bits - past
	}
	return f.Bits
}

// End returns the index of the first byte after the field: a message of that
// many bytes holds the whole field.
func (f Field) End() int { return (f.start() + f.width() + 7) / 8 }

// Fits reports whether a message of 12 bytes can hold the field. The cloud
// accepts configurations with fields that never arrive, such as char:40.
func (f Field) Fits() bool { return f.End() <= sigfox.MaxPayload }

// String returns the field in the canonical form of PayloadConfig.String.
func (f Field) String() string { return string(f.appendText(nil)) }

func (f *Field) appendText(dst []byte) []byte {
	dst = append(append(dst, f.Name...), ':')
	dst = append(strconv.AppendInt(dst, int64(f.Byte), 10), ':')
	dst = append(append(dst, f.Type.String()...), ':')
	switch f.Type {
	case FieldBool:
		return strconv.AppendInt(dst, int64(f.Bit), 10)
	case FieldChar:
		dst = strconv.AppendInt(dst, int64(f.Bits/8), 10)
	default:
		dst = strconv.AppendInt(dst, int64(f.Bits), 10)
	}
	if f.LittleEndian {
		dst = append(dst, ":little-endian"...)
	}
	if f.Bit == 7 {
		return dst
	}
	if !f.LittleEndian {
		dst = append(dst, ':') // an empty byte order
	}
	return strconv.AppendInt(append(dst, ':'), int64(f.Bit), 10)
}
