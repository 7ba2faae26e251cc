package routing

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-sigfox/sigfox/callback"
)

var (
	// ErrNotFound means that there is no device, device type, group or callback with
	// the id.
	ErrNotFound = errors.New("routing: not found")
	// ErrInUse means that a device type still has devices, or a group device types or
	// groups below it.
	ErrInUse = errors.New("routing: in use")
)

func notFound(kind, id string) error { return fmt.Errorf("%w: %s %q", ErrNotFound, kind, id) }

// InvalidError reports what is wrong with what was to be registered. Its JSON is the
// error body of API v2.
type InvalidError struct {
	// Message sums it up.
	Message string `json:"message"`
	// Errors has one entry for each problem. Fields have their names of API v2; those
	// of a callback in a list are "callbacks[2].url".
	Errors []callback.DefinitionProblem `json:"errors"`
}

// Error implements error.
func (e *InvalidError) Error() string {
	list := make([]string, len(e.Errors))
	for i, p := range e.Errors {
		list[i] = p.Field + ": " + p.Message
	}
	return "routing: " + e.Message + ": " + strings.Join(list, "; ")
}
