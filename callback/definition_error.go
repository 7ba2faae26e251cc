package callback

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// DefinitionError reports what is wrong with a definition. Its JSON is the error body
// of API v2.
type DefinitionError struct {
	// Message sums it up.
	Message string `json:"message"`
	// Errors has one entry for each problem.
	Errors []DefinitionProblem `json:"errors"`
}

// DefinitionProblem is one problem of a definition.
type DefinitionProblem struct {
	// Type is the part of the request: "body".
	Type string `json:"type"`
	// Field is the name of the member in the callbacks resource, empty for all of it.
	Field string `json:"field"`
	// Message is the reason.
	Message string `json:"message"`
}

// Error implements error.
func (e *DefinitionError) Error() string {
	if len(e.Errors) == 0 {
		return "callback: definition: " + e.Message
	}
	list := make([]string, len(e.Errors))
	for i, p := range e.Errors {
		list[i] = strings.TrimPrefix(p.Field+": "+p.Message, ": ")
	}
	return "callback: definition: " + strings.Join(list, "; ")
}

func (e *DefinitionError) add(field, message string) {
	e.Errors = append(e.Errors, DefinitionProblem{Type: "body", Field: field, Message: message})
}

func (e *DefinitionError) addf(field, format string, args ...any) {
	e.add(field, fmt.Sprintf(format, args...))
}

// finish returns the error, nil if there is no problem.
func (e *DefinitionError) finish() error {
	if len(e.Errors) == 0 {
		return nil
	}
	e.Message = "The callback is invalid"
	return e
}

// unreadable returns the error of a text that is not a callbacks resource: a DefinitionError
// if a member has a value of another type.
func unreadable(err error) error {
	if e, ok := errors.AsType[*DefinitionError](err); ok {
		return e
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return wrongType(wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:], err)
	}
	return fmt.Errorf("callback: definition: %w", err)
}

// wrongType returns the error of a member that has a value of another type, err itself if
// it is about something else.
func wrongType(field string, err error) error {
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return err
	}
	var e DefinitionError
	e.addf(field, "must be %s, not %s", typeName(field, wrong.Type), wrong.Value)
	return e.finish()
}

// typeName names the type that a member must have.
func typeName(field string, t reflect.Type) string {
	switch kind := t.Kind(); {
	case field == "headers":
		return "an object of strings"
	case kind == reflect.Bool:
		return "true or false"
	case kind == reflect.Int:
		return "a whole number"
	case kind == reflect.String:
		return "a string"
	default:
		return "an object"
	}
}
