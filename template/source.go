package template

// Source gives the values of variables.
type Source interface {
	// AppendVar appends the raw, unescaped text of the value to dst, or returns
	// dst and false if the variable has no value. It must not touch the bytes
	// that dst already holds.
	AppendVar(dst []byte, name string) ([]byte, bool)
}

// TypedSource is a Source that knows what it appends. Append then asks it in
// this way, and spares the checks and escapes that the class makes needless.
type TypedSource interface {
	Source
	// AppendTyped is AppendVar that tells the class of the value instead of
	// whether there is one. A class that promises too much breaks the text.
	AppendTyped(dst []byte, name string) ([]byte, Class)
}

// Class is what is known of the text of a value. The zero value is ClassMissing.
type Class uint8

const (
	// ClassMissing is no value.
	ClassMissing Class = iota
	// ClassText is any text.
	ClassText
	// ClassWord is text of ASCII letters, digits, '-', '_' and '.', with at
	// least one letter or digit: device ids and payloads in hex.
	ClassWord
	// ClassNumber is a JSON number without '+', or true, false or null.
	ClassNumber

	classNever // better than any value's
)

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
