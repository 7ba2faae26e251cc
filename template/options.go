package template

import "fmt"

// Place says where the text of a template stands. Together with the position
// of a variable inside the text it decides how values are escaped. The zero
// value is Text.
type Place uint8

const (
	// Text is plain text: a text/plain body, the subject or message of an
	// e-mail. Values are inserted as they are.
	Text Place = iota
	// JSON is an application/json body. A variable inside quotes is escaped as
	// part of a JSON string; a bare one becomes a JSON value.
	JSON
	// Form is an application/x-www-form-urlencoded body. Values are
	// percent-encoded, a space as %20.
	Form
	// URL is the address of a callback. Values are percent-encoded, in the path
	// as well ('/' is %2F). Scheme, userinfo, host and port take no variables.
	URL
	// Header is the value of an HTTP header. Values with control characters
	// are refused.
	Header
	// Line is a line of a batch, in plain text. Values with line breaks are refused,
	// since what follows one would be read as another message.
	Line
)

// Unknown says what becomes of a name that is not a variable. The zero value is Keep.
type Unknown uint8

const (
	// Keep leaves {name} as it is, as the cloud does. In a URL a '#' of the
	// name is written %23, because it would cut off what follows.
	Keep Unknown = iota
	// Empty writes nothing, null for a bare JSON value.
	Empty
	// Null writes null.
	Null
	// Fail makes it an error.
	Fail
)

// Kind is the sort of value that a variable has where it stands bare in JSON.
// The zero value is KindAny.
type Kind uint8

const (
	// KindAny is decided by the text of the value: a JSON number, true, false,
	// null, object or array is inserted as it is, all else as a JSON string.
	KindAny Kind = iota
	// KindString is always written as a JSON string.
	KindString
	// KindNumber is a number or boolean: written bare if it is a JSON number,
	// true, false or null, as a JSON string if it is not.
	KindNumber
	// KindObject follows the rules of KindAny. It documents that the value is
	// an object or array, as those of {duplicates} and {computedLocation} are.
	KindObject
)

// Options of Parse.
type Options struct {
	// Place is where the text stands. Default: Text.
	Place Place
	// Unknown says what becomes of names that are not variables: those that
	// Known refuses and, if there is no Known, those for which the Source has
	// no value. Default: Keep.
	Unknown Unknown
	// Known says which names are variables. Default: every name is.
	Known func(name string) bool
	// Kind says what sort of value a bare variable has in JSON. Default: KindAny for all.
	Kind func(name string) Kind
	// Width returns the length that the values of a variable always have, in
	// bytes, 0 if it varies. It makes patterns such as {a}{b} readable by Match.
	// Default: 0 for all.
	Width func(name string) int
	// Free says which variables have values that may contain the text that follows them
	// in the template, such as the blank after {info} in "{info} {time}". In each piece
	// that Match splits, the first of them takes what the variables on both sides of it
	// leave. Default: none; values end where the text that follows first occurs.
	Free func(name string) bool
	// Layout is the layout of the sources for which Append should be fastest. Default:
	// none.
	Layout *Layout
}

func (o Options) validate() error {
	if o.Place > Line {
		return fmt.Errorf("template: Options.Place %d is not a place", o.Place)
	}
	if o.Unknown > Fail {
		return fmt.Errorf("template: Options.Unknown %d is not a policy", o.Unknown)
	}
	return nil
}

func (o Options) kind(name string) Kind {
	if o.Kind == nil {
		return KindAny
	}
	return o.Kind(name)
}

func (o Options) free(name string) bool { return o.Free != nil && o.Free(name) }

func (o Options) width(name string) int {
	if o.Width == nil {
		return 0
	}
	return max(o.Width(name), 0)
}
