package template

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/go-sigfox/sigfox"
)

// ValueError reports why a value does not fit a field.
type ValueError struct {
	// Field is the name of the field.
	Field string
	// Value is the offending value.
	Value Value
	// Msg is the reason.
	Msg string
}

// Error implements error.
func (e *ValueError) Error() string {
	return fmt.Sprintf("template: payload field %q: %.64q: %s", e.Field, e.Value.String(), e.Msg)
}

// Encode is the inverse of Decode: it returns the payload that holds the values.
// The payload is as long as the configuration, Len, whichever values are given;
// fields without a value are zero bits, and so are the bits between fields. If the
// configuration is longer than a message, fields that do not fit are not counted and
// cannot be given a value.
//
// Any number that the field can hold is accepted: integers of either kind in range, for
// floats any number, rounded to 32 bits if the field has them. A text may be shorter than
// its char field and is then followed by zero bytes. Fields may overlap if their values
// agree about the shared bits. The error is a *ValueError; values for unknown names are
// errors.
func (c *PayloadConfig) Encode(values map[string]Value) (sigfox.Payload, error) {
	if err := c.checkNames(values); err != nil {
		return sigfox.Payload{}, err
	}
	var all layer
	length := 0
	for i := range c.fields {
		f := &c.fields[i]
		if f.Fits() {
			length = max(length, f.End())
		}
		v, ok := values[f.Name]
		if !ok {
			continue
		}
		one, msg := f.encode(v)
		if bit := all.conflict(&one); msg == "" && bit >= 0 {
			msg = fmt.Sprintf("conflicts with the value of field %q", c.owner(bit, values))
		}
		if msg != "" {
			return sigfox.Payload{}, &ValueError{Field: f.Name, Value: v, Msg: msg}
		}
		all.merge(&one)
	}
	return sigfox.NewPayload(all.data[:length])
}

// checkNames refuses values that no field has, the first by name.
func (c *PayloadConfig) checkNames(values map[string]Value) error {
	unknown, found := "", false
	for name := range values {
		if _, ok := c.Field(name); !ok && (!found || name < unknown) {
			unknown, found = name, true
		}
	}
	if found {
		return &ValueError{Field: unknown, Value: values[unknown], Msg: "no such field"}
	}
	return nil
}

// owner returns the name of the first field with a value that covers the bit.
// There must be one.
func (c *PayloadConfig) owner(bit int, values map[string]Value) string {
	return c.fields[slices.IndexFunc(c.fields, func(f Field) bool {
		_, ok := values[f.Name]
		return ok && f.start() <= bit && bit < f.start()+f.width()
	})].Name
}

// layer is a message of which some bits are known.
type layer struct {
	data, known [sigfox.MaxPayload]byte
}

// put writes the low width bits of v at bit start.
func (l *layer) put(start, width int, v uint64) {
	for width > 0 {
		used := start % 8
		n := min(8-used, width)
		width -= n
		free := 8 - used - n
		mask := byte(1<<n-1) << free
		l.data[start/8] |= byte(v>>width) << free & mask
		l.known[start/8] |= mask
		start += n
	}
}

// conflict returns the first bit that both layers know and disagree about, -1 if none.
func (l *layer) conflict(o *layer) int {
	for i := range l.data {
		if diff := (l.data[i] ^ o.data[i]) & l.known[i] & o.known[i]; diff != 0 {
			return 8*i + bits.LeadingZeros8(diff)
		}
	}
	return -1
}

func (l *layer) merge(o *layer) {
	for i := range l.data {
		l.data[i] |= o.data[i]
		l.known[i] |= o.known[i]
	}
}

// encode returns the field's bits, or the reason why it cannot hold v.
func (f *Field) encode(v Value) (l layer, msg string) {
	if !f.Fits() {
		return l, "field ends after byte 11, the last of a message"
	}
	start, width := f.start(), f.width()
	if f.Type == FieldChar {
		text, ok := v.Text()
		if !ok || len(text) > f.Bits/8 {
			return l, fmt.Sprintf("not a text of at most %d bytes", f.Bits/8)
		}
		for i := range f.Bits / 8 {
			var b byte
			if i < len(text) {
				b = text[i]
			}
			l.put(start+8*i, 8, uint64(b))
		}
		return l, ""
	}
	n, msg := f.toBits(v, width)
	if f.LittleEndian {
		n = swapBytes(n, width)
	}
	l.put(start, width, n)
	return l, msg
}

// toBits returns v as a number of width bits.
func (f *Field) toBits(v Value, width int) (n uint64, msg string) {
	switch f.Type {
	case FieldBool:
		if v.kind != BoolKind {
			return 0, "not a bool"
		}
		return v.bits, ""
	case FieldInt:
		i, ok := v.Int()
		unused := 64 - width
		if !ok || i<<unused>>unused != i {
			return 0, fmt.Sprintf("not an integer of %d bits", width)
		}
		return uint64(i) << unused >> unused, ""
	case FieldUint:
		u, ok := v.Uint()
		if !ok || u>>(width-1)>>1 != 0 {
			return 0, fmt.Sprintf("not an unsigned integer of %d bits", width)
		}
		return u, ""
	default:
		return floatBits(v, width)
	}
}

func floatBits(v Value, width int) (n uint64, msg string) {
	f, ok := v.Float()
	switch {
	case !ok:
		return 0, "not a number"
	case v.kind == Float32Kind && width == 32:
		return v.bits, "" // not through a float, which may change a NaN
	case width == 64:
		return math.Float64bits(f), ""
	case math.IsInf(float64(float32(f)), 0) && !math.IsInf(f, 0):
		return 0, "too large for a float of 32 bits"
	default:
		return uint64(math.Float32bits(float32(f))), ""
	}
}
