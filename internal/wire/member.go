package wire

// Kind says how a value was written.
type Kind uint8

// The kinds of values.
const (
	// String is a JSON string, or any value of a form.
	String Kind = iota
	// Bare is a value without quotes: a number, true, false or null; or a word that
	// is no JSON but is what a template gives whose author forgot the quotes.
	Bare
	// Composite is a JSON object or array.
	Composite
)

// Member is a name and its value. Its slices are valid until the text that was
// read is overwritten.
type Member struct {
	// Name is the unescaped name.
	Name []byte
	// Text is the unescaped text of a String, the text of a Bare, the JSON text of
	// a Composite.
	Text []byte
	// Kind says how the value was written.
	Kind Kind
	// Offset is where the value starts in the text, in bytes.
	Offset int
}

// Absent reports whether the value stands for nothing.
func (m *Member) Absent() bool { return m.Kind != Composite && Absent(m.Text) }

// SyntaxError reports where a text stops being JSON or a form.
type SyntaxError struct {
	Offset int
	Msg    string
}

// Error implements error.
func (e *SyntaxError) Error() string { return e.Msg }
