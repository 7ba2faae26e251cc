package template

// Source gives the values of variables.
type Source interface {
	// AppendVar appends the raw, unescaped text of the value to dst, or returns
	// dst and false if the variable has no value. It must not touch the bytes
	// that dst already holds.
	AppendVar(dst []byte, name string) ([]byte, bool)
}

// Sink takes the values that Template.Match reads.
type Sink interface {
	// SetVar takes the unescaped text of one value, which is valid only during
	// the call, and the offset at which it starts in the matched text. JSON
	// null arrives as the text null, an object or array as its JSON. A variable
	// that stands several times in the template may arrive several times.
	// An error ends the match.
	SetVar(name string, text []byte, offset int) error
}

// ExtraSink is a Sink that also takes what the template does not have.
type ExtraSink interface {
	Sink
	// SetExtra takes a JSON member (the raw JSON of its value), a form field or
	// a query parameter (its decoded text) that the template lacks. The raw
	// bytes are valid only during the call. Members of nested objects and
	// arrays are named by their path, parts joined by dots. Extras arrive after
	// all variables, in the order of the text; a repeated one arrives each time.
	SetExtra(name string, raw []byte, offset int) error
}

// Map is the plainest Source and Sink: values by name.
type Map map[string]string

// AppendVar implements Source.
func (m Map) AppendVar(dst []byte, name string) ([]byte, bool) {
	v, ok := m[name]
	return append(dst, v...), ok
}

// SetVar implements Sink.
func (m Map) SetVar(name string, text []byte, _ int) error {
	m[name] = string(text)
	return nil
}
