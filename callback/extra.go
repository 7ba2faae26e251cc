package callback

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/internal/wire"
	"github.com/go-sigfox/sigfox/template"
)

// Extra holds what a callback carries beyond the documented variables of its
// service: the constants and renamed keys of the customer's template. Values are
// JSON; those of forms and queries are JSON strings. Members without a value
// (null, "null", "N/A", "", an unreplaced {name}) are left out. A documented
// variable of another service is kept here too, with its documented type if it has a
// value of that. A value of your own that is no JSON is written as null.
type Extra map[string]json.RawMessage

// Text returns the value of a member as text: the content of a string, the JSON
// of everything else. ok is false if there is no such member.
func (e Extra) Text(name string) (text string, ok bool) {
	raw, ok := e[name]
	if !ok {
		return "", false
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, true
	}
	return string(raw), true
}

// CustomData holds the values that a custom payload configuration takes from the
// payload, by the names of its fields.
//
// Canonical JSON has the values, but not their kinds. Read back, a whole number is of
// IntKind, or UintKind above math.MaxInt64, and any other of Float64Kind: Value.Float reads
// all of them. NaN and the infinities are absent, and bytes of texts that are not UTF-8 are
// U+FFFD.
type CustomData map[string]template.Value

// customPrefix is how templates name the values of the payload configuration.
const customPrefix = "customData#"

// set stores a member.
func (e *Extra) set(m *wire.Member) *wire.SyntaxError {
	raw, err := wire.RawJSON(m)
	if err == nil {
		e.put(m.Name, raw)
	}
	return err
}

// setStray stores a member, a documented variable as appendStrays writes it.
func (e *Extra) setStray(m *wire.Member) *wire.SyntaxError {
	raw, err := wire.RawJSON(m)
	if err != nil {
		return err
	}
	if id := lookup(m.Name); id != varNone {
		if typed, ok := appendTyped(nil, id, raw); ok {
			raw = typed
		}
	}
	e.put(m.Name, raw)
	return nil
}

func (e *Extra) put(name []byte, raw json.RawMessage) {
	if *e == nil {
		*e = make(Extra)
	}
	(*e)[string(name)] = raw
}

// appendStrays appends the extra members that other services document, with their
// documented types, and returns the rest. What does not read as the documented
// type is somebody's own and stays with the rest.
func (f *fields) appendStrays(dst []byte) (out []byte, rest Extra) {
	e := *f.extra
	rest = e
	for id := varDevice; id < variableCount && len(e) > 0; id++ {
		v := &catalogue[id]
		raw, ok := e[v.Name]
		if !ok || f.slot[id] != nil {
			continue // an extra member must not come after the field of the same name
		}
		start := len(dst)
		dst = appendName(dst, v.Name)
		if dst, ok = appendTyped(dst, id, raw); !ok {
			dst = dst[:start]
			continue
		}
		if len(rest) == len(e) {
			rest = maps.Clone(e)
		}
		delete(rest, v.Name)
	}
	return dst, rest
}

// appendTyped appends a JSON value as the documented type of a variable.
func appendTyped(dst []byte, id variable, raw json.RawMessage) ([]byte, bool) {
	if !json.Valid(raw) {
		return dst, false
	}
	t := catalogue[id].Type
	if t == TypeJSON {
		return append(dst, raw...), raw[0] == '{' || raw[0] == '['
	}
	text := []byte(raw)
	if raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return dst, false
		}
		text = []byte(s)
	}
	switch {
	case t == TypeInteger:
		v, err := wire.ParseInt(text)
		return strconv.AppendInt(dst, v, 10), err == nil
	case t == TypeFloat:
		v, err := wire.ParseFloat(text)
		return wire.AppendFloat(dst, v), err == nil
	case t == TypeBool:
		v, err := wire.ParseBool(text)
		return strconv.AppendBool(dst, v), err == nil
	case id == varData:
		var p sigfox.Payload
		err := p.UnmarshalText(text)
		return appendText(dst, p), err == nil
	case id == varStation:
		v, err := parseStation(text)
		return appendText(dst, v), err == nil
	default:
		return append(dst, raw...), raw[0] == '"'
	}
}

// set stores a value whose type the payload configuration would tell: a number or
// boolean without quotes is one, everything else is text.
func (c *CustomData) set(m *wire.Member) *wire.SyntaxError {
	if !utf8.Valid(m.Name) || !utf8.Valid(m.Text) {
		return &wire.SyntaxError{Offset: m.Offset, Msg: "invalid UTF-8"}
	}
	c.put(string(m.Name), bareValue(m))
	return nil
}

func (c *CustomData) put(name string, v template.Value) {
	if *c == nil {
		*c = make(CustomData)
	}
	(*c)[name] = v
}

// decode adds the values that the payload configuration takes from the payload.
func (c *CustomData) decode(config *template.PayloadConfig, p sigfox.Payload) {
	var buf [sigfox.MaxPayload]byte
	for name, v := range config.Decode(p.AppendTo(buf[:0])) {
		if _, ok := (*c)[name]; !ok {
			c.put(name, v)
		}
	}
}

func bareValue(m *wire.Member) template.Value {
	if m.Kind == wire.Bare {
		if b, err := wire.ParseBool(m.Text); err == nil && len(m.Text) > 1 {
			return template.BoolValue(b)
		}
		if i, err := strconv.ParseInt(string(m.Text), 10, 64); err == nil {
			return template.IntValue(i)
		}
		if u, err := strconv.ParseUint(string(m.Text), 10, 64); err == nil {
			return template.UintValue(u)
		}
		if f, err := wire.ParseFloat(m.Text); err == nil {
			return template.Float64Value(f)
		}
	}
	return template.TextValue(string(m.Text))
}

func appendExtra(dst []byte, extra Extra) []byte {
	return appendMembers(dst, extra, wire.AppendRaw)
}

// appendMembers appends the sorted members, each preceded by a comma or, if
// dst ends in a brace, nothing.
func appendMembers[V any](dst []byte, members map[string]V, value func([]byte, V) []byte) []byte {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		dst = appendName(dst, name)
		dst = value(dst, members[name])
	}
	return dst
}

// appendName appends the comma that is needed, the name and the colon.
func appendName(dst []byte, name string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = wire.AppendString(dst, name)
	return append(dst, ':')
}
