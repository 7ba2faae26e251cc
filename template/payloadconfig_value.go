package template

import (
	"bytes"
	"math"
	"strconv"
)

// ParseValue reads the text that {customData#name} was replaced by, as a value
// of the field's type. It is lenient, because templates and the services behind
// them change the form: except for chars, whose text is the value, it drops
// blanks around the text and double quotes around the rest, takes booleans in
// any case and as 1 and 0, and integers with a fraction of zero or an exponent
// ("28.0", "1e3"). The error is a *ValueError if the text is not such a value or
// is one that the field cannot hold. Nothing is allocated but texts and errors.
func (f Field) ParseValue(text []byte) (Value, error) {
	if f.Type == FieldChar {
		return TextValue(string(text)), nil
	}
	trimmed := bytes.TrimSpace(text)
	if n := len(trimmed); n >= 2 && trimmed[0] == '"' && trimmed[n-1] == '"' {
		trimmed = bytes.TrimSpace(trimmed[1 : n-1])
	}
	if v, ok := f.parseTrimmed(trimmed); ok {
		return v, nil
	}
	size := ""
	if f.Type != FieldBool {
		size = ":" + strconv.Itoa(f.Bits)
	}
	return Value{}, &ValueError{Field: f.Name, Value: TextValue(string(text)), Msg: "not the text of a " + f.Type.String() + size}
}

func (f *Field) parseTrimmed(text []byte) (Value, bool) {
	switch {
	case f.Type == FieldBool:
		return parseBool(text)
	case f.Type == FieldFloat:
		return parseFloat(text, f.Bits)
	case bytes.ContainsAny(text, ".eE"):
		return f.parseRounded(text)
	case f.Type == FieldInt:
		i, err := strconv.ParseInt(string(text), 10, f.Bits)
		return IntValue(i), err == nil
	default:
		u, err := strconv.ParseUint(string(text), 10, f.Bits)
		return UintValue(u), err == nil
	}
}

func parseBool(text []byte) (Value, bool) {
	switch {
	case bytes.EqualFold(text, []byte("true")), string(text) == "1":
		return BoolValue(true), true
	case bytes.EqualFold(text, []byte("false")), string(text) == "0":
		return BoolValue(false), true
	default:
		return Value{}, false
	}
}

// parseRounded reads an integer that was written as a float.
func (f *Field) parseRounded(text []byte) (Value, bool) {
	x, ok := parseDecimal(text, 64)
	if !ok || x != math.Trunc(x) || math.Abs(x) > 1<<53 {
		return Value{}, false
	}
	if f.Type == FieldUint {
		return UintValue(uint64(math.Abs(x))), x >= 0 && x < math.Ldexp(1, f.Bits)
	}
	limit := math.Ldexp(1, f.Bits-1)
	return IntValue(int64(x)), -limit <= x && x < limit
}

func parseFloat(text []byte, size int) (Value, bool) {
	var x float64
	switch string(text) {
	case "NaN":
		x = math.NaN()
	case "Infinity":
		x = math.Inf(1)
	case "-Infinity":
		x = math.Inf(-1)
	default:
		var ok bool
		if x, ok = parseDecimal(text, size); !ok {
			return Value{}, false
		}
	}
	if size == 32 {
		return Float32Value(float32(x)), true
	}
	return Float64Value(x), true
}

// parseDecimal is strconv.ParseFloat without its hexadecimal and named forms.
func parseDecimal(text []byte, size int) (float64, bool) {
	for _, c := range text {
		if c >= 'A' && c != 'E' && c != 'e' {
			return 0, false
		}
	}
	x, err := strconv.ParseFloat(string(text), size)
	return x, err == nil
}
