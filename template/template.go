package template

import (
	"iter"
	"slices"
	"sync"
)

// Template is a compiled template. It is immutable and safe for concurrent use.
type Template struct {
	src     string
	place   Place
	unknown Unknown // what becomes of names without a value; Null if Known decides
	names   []string

	// Rendering.
	layout   *Layout
	first    *segment
	tail     literal // the text behind the last segment
	size     int     // a guess of the length of what is rendered
	relative bool    // a URL without host

	// Reading.
	matchErr *SyntaxError
	jsonErr  *SyntaxError
	holes    []hole
	last     string    // JSON: the text behind the last hole
	tree     *node     // JSON, nil if the template is not valid
	path     []route   // URL, from the first segment with variables on
	root     string    // URL, what the path has before that
	params   params    // Form and URL
	matchers sync.Pool // of *matcher
	buffers  sync.Pool // of *[]byte
}

// Parse compiles src. The error is a *SyntaxError unless the options are invalid.
//
// Only {name} is a variable: a letter, then letters, digits and '_', and for
// custom data '#' and a custom name ({customData#temp-1}). All other braces
// are text, as are names that Options.Known refuses (see Unknown).
func Parse(src string, o Options) (*Template, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	c, err := newCompiler(src, o)
	if err != nil {
		return nil, err
	}
	switch o.Place {
	case JSON:
		c.compileJSON()
	case Form:
		c.compileForm()
	case URL:
		err = c.compileURL()
	case Header:
		err = c.compileHeader()
	case Line:
		c.compileWhole(modeLine)
	default:
		c.compileText()
	}
	if err != nil {
		return nil, err
	}
	c.checkMatchable()
	return c.t, nil
}

// String returns the source of the template.
func (t *Template) String() string { return t.src }

// Variables returns the names of the variables, each once, in the order in
// which they first appear.
func (t *Template) Variables() iter.Seq[string] { return slices.Values(t.names) }

// Matchable returns nil if Match can read back what Append writes, else a
// *SyntaxError: two variables without text between them, of which neither has
// a known width, or a variable in the name of a form field.
func (t *Template) Matchable() error {
	if t.matchErr != nil {
		return t.matchErr
	}
	return nil
}

// ValidJSON returns nil if a template for JSON is valid JSON once its variables
// stand for values, else a *SyntaxError. Append then never writes anything but
// valid JSON, whatever the values. For other places it returns nil.
func (t *Template) ValidJSON() error {
	if t.jsonErr != nil {
		return t.jsonErr
	}
	return nil
}
