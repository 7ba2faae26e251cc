package wire

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// RawJSON returns a value as JSON without white space; a bare word becomes a string.
// It refuses what could not be written and read again: invalid JSON or UTF-8, and
// nesting that leaves no level for the object in which the value is kept. The offset
// of the error is that of the value.
func RawJSON(m *Member) (json.RawMessage, *SyntaxError) {
	refuse := func(msg string) (json.RawMessage, *SyntaxError) {
		return nil, &SyntaxError{Offset: m.Offset, Msg: msg}
	}
	switch {
	case !utf8.Valid(m.Name) || !utf8.Valid(m.Text):
		return refuse("invalid UTF-8")
	case m.Kind == Composite:
		deeper := Object{data: slices.Concat([]byte("["), m.Text, []byte("]"))}
		if _, ok := deeper.composite(); !ok {
			return refuse(deeper.err.Msg)
		}
		var b bytes.Buffer
		if json.Compact(&b, m.Text) != nil {
			return refuse("invalid JSON value")
		}
		return b.Bytes(), nil
	case m.Kind == Bare && json.Valid(m.Text):
		return bytes.Clone(m.Text), nil
	default:
		return AppendString(nil, m.Text), nil
	}
}

// AppendRaw appends a JSON value without white space; null if it is no JSON, or not UTF-8.
func AppendRaw(dst []byte, raw json.RawMessage) []byte {
	b := bytes.NewBuffer(dst)
	if !utf8.Valid(raw) || json.Compact(b, raw) != nil {
		return append(dst, "null"...)
	}
	return b.Bytes()
}
