package template

import "fmt"

// SyntaxError reports why a template cannot be compiled or, from
// Template.Matchable and Template.ValidJSON, what it cannot be used for.
type SyntaxError struct {
	// Offset is the position in the template, in bytes.
	Offset int
	// Msg is the reason.
	Msg string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("template: %s at offset %d", e.Msg, e.Offset)
}

// RenderError reports why a value cannot be inserted.
type RenderError struct {
	// Variable is the name of the variable.
	Variable string
	// Msg is the reason. It does not contain the value.
	Msg string
}

// Error implements error.
func (e *RenderError) Error() string {
	return fmt.Sprintf("template: {%s}: %s", e.Variable, e.Msg)
}

// MatchError reports why a text is not one that the template renders.
type MatchError struct {
	// Offset is the position in the text, in bytes.
	Offset int
	// Variable is the name of the variable that was to be read, empty if it
	// was none.
	Variable string
	// Msg is the reason. It does not contain the text.
	Msg string
	// Err is the error of the Sink, if it was the Sink that stopped the match.
	Err error
}

// Error implements error.
func (e *MatchError) Error() string {
	msg := e.Msg
	if e.Err != nil {
		msg = e.Err.Error()
	}
	if e.Variable == "" {
		return fmt.Sprintf("template: match: %s at offset %d", msg, e.Offset)
	}
	return fmt.Sprintf("template: match {%s}: %s at offset %d", e.Variable, msg, e.Offset)
}

// Unwrap returns the error of the Sink.
func (e *MatchError) Unwrap() error { return e.Err }
