package callback

import (
	"strings"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/template"
)

// SourceOf makes the variables of a message available to templates, under their
// documented and older names. Custom data is decoded from the payload as c says;
// c may be nil. The source refers to the message.
func SourceOf[M Message](m *M, c *Compiled) template.TypedSource {
	s := &messageSource{}
	any(m).(binder).bind(&s.fields) //nolint:errcheck // every message is one
	if c != nil && c.templates.payload != nil && s.custom != nil {
		s.decoded.decode(c.templates.payload, s.payload())
	}
	return s
}

// messageSource is a message as a template.TypedSource.
type messageSource struct {
	fields
	decoded CustomData
}

// payload returns the payload of the message.
func (f *fields) payload() sigfox.Payload {
	if p, ok := f.slot[varData].(*sigfox.Payload); ok {
		return *p
	}
	return sigfox.Payload{}
}

// AppendVar implements template.Source.
func (s *messageSource) AppendVar(dst []byte, name string) ([]byte, bool) {
	dst, class := s.AppendTyped(dst, name)
	return dst, class != template.ClassMissing
}

// AppendTyped implements template.TypedSource.
func (s *messageSource) AppendTyped(dst []byte, name string) ([]byte, template.Class) {
	if custom, ok := strings.CutPrefix(name, customPrefix); ok {
		return s.appendCustom(dst, custom)
	}
	slot := s.slot[variableNamed(name)]
	if slot == nil {
		return dst, template.ClassMissing
	}
	return appendPlain(dst, slot)
}

func (s *messageSource) appendCustom(dst []byte, name string) ([]byte, template.Class) {
	var v template.Value
	ok := false
	if s.custom != nil {
		v, ok = (*s.custom)[name]
	}
	if !ok {
		if v, ok = s.decoded[name]; !ok {
			return dst, template.ClassMissing
		}
	}
	dst, _ = v.AppendText(dst) // never fails
	switch v.Kind() {
	case template.BoolKind, template.IntKind, template.UintKind:
		return dst, template.ClassNumber
	default: // floats may be NaN
		return dst, template.ClassText
	}
}

// variableNamed returns the variable with this documented or older name.
func variableNamed(name string) variable {
	if id := lookup([]byte(name)); id != varNone {
		return id
	}
	return legacyNames[name]
}

// appendPlain appends the value of a field as the cloud writes it into a template.
func appendPlain(dst []byte, slot any) ([]byte, template.Class) {
	if text, ok := fieldText(slot); ok {
		if text == "" {
			return dst, template.ClassMissing
		}
		return append(dst, text...), template.ClassText
	}
	if p, ok := slot.(*sigfox.Payload); ok && p.Len() == 0 {
		return dst, template.ClassText // a message may be empty
	}
	start := len(dst)
	dst = appendValue(dst, slot)
	switch {
	case len(dst) == start:
		return dst, template.ClassMissing
	case dst[start] == '"': // an id or payload: nothing in it is escaped
		copy(dst[start:], dst[start+1:])
		return dst[:len(dst)-2], template.ClassWord
	case dst[start] == '{', dst[start] == '[':
		return dst, template.ClassText
	default:
		return dst, template.ClassNumber
	}
}
