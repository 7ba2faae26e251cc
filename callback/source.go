package callback

import (
	"strings"
	"sync"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/template"
)

// SourceOf makes the variables of a message available to templates, under their
// documented and older names. Custom data is decoded from the payload as c says;
// c may be nil. The source refers to the message.
func SourceOf[M Message](m *M, c *Compiled) template.ValueSource {
	s := &messageSource{}
	bindSource(s, m, c)
	return s
}

// WithSource calls do with the source that SourceOf returns, which is valid until do
// returns and takes no memory of its own. The error is that of do.
func WithSource[M Message](m *M, c *Compiled, do func(template.ValueSource) error) error {
	s := sources.Get().(*messageSource) //nolint:errcheck // it holds nothing else
	bindSource(s, m, c)
	err := do(s)
	*s = messageSource{} // what it refers to may go; after a panic, all of it does
	sources.Put(s)
	return err
}

var sources = sync.Pool{New: func() any { return new(messageSource) }} //nolint:gochecknoglobals // shared as pools are

func bindSource[M Message](s *messageSource, m *M, c *Compiled) {
	any(m).(binder).bind(&s.fields) //nolint:errcheck // every message is one
	if c != nil && c.templates.payload != nil && s.custom != nil {
		s.decoded.decode(c.templates.payload, s.payload())
	}
}

// messageSource is a message as a template.ValueSource.
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

// messageLayout is that of all messages: the same variable has the same type in nearly
// all of them.
var messageLayout = func() *template.Layout { //nolint:gochecknoglobals // never changes
	var f fields
	for _, m := range []binder{
		new(Uplink), new(Status), new(Acknowledge), new(Repeater), new(DataAdvanced), new(Geoloc), new(ErrorReport),
	} {
		m.bind(&f)
	}
	names := make([]string, variableCount)
	for id := range names {
		names[id] = catalogue[id].Name
	}
	return template.NewLayout(names, f.slot[:])
}()

// Values implements template.ValueSource.
func (s *messageSource) Values() (*template.Layout, []any) { return messageLayout, s.slot[:] }

// AppendVar implements template.Source.
func (s *messageSource) AppendVar(dst []byte, name string) ([]byte, bool) {
	if custom, ok := strings.CutPrefix(name, customPrefix); ok {
		return s.appendCustom(dst, custom)
	}
	slot := s.slot[variableNamed(name)]
	if slot == nil {
		return dst, false
	}
	return appendPlain(dst, slot)
}

func (s *messageSource) appendCustom(dst []byte, name string) ([]byte, bool) {
	var v template.Value
	ok := false
	if s.custom != nil {
		v, ok = (*s.custom)[name]
	}
	if !ok {
		if v, ok = s.decoded[name]; !ok {
			return dst, false
		}
	}
	dst, _ = v.AppendText(dst) // never fails
	return dst, true
}

// variableNamed returns the variable with this documented or older name.
func variableNamed(name string) variable {
	if id := lookup([]byte(name)); id != varNone {
		return id
	}
	return legacyNames[name]
}

// appendPlain appends the value of a field as the cloud writes it into a template.
func appendPlain(dst []byte, slot any) ([]byte, bool) {
	switch p := slot.(type) {
	case *string:
		return append(dst, *p...), *p != ""
	case *sigfox.Payload:
		if p.Len() == 0 {
			return dst, true // a message may be empty
		}
	}
	start := len(dst)
	dst = appendValue(dst, slot)
	if len(dst) == start {
		return dst, false
	}
	if dst[start] == '"' { // an id or payload: nothing in it is escaped
		copy(dst[start:], dst[start+1:])
		dst = dst[:len(dst)-2]
	}
	return dst, true
}
