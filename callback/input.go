package callback

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-sigfox/sigfox/internal/wire"
)

// Input is what a request carries.
type Input struct {
	// ContentType is the header Content-Type, "" if there is none.
	ContentType string
	// Query is the raw query of the URL, without "?".
	Query string
	// Path is the path of the URL, percent-encoded; only definitions need it.
	Path string
	// Header holds the headers; only definitions need it.
	Header http.Header
	// Body is the body; nil for GET.
	Body []byte

	secretQuery []string // parameters that are no part of a message
}

// Secret reports whether a parameter of the query, or of a form, is a secret of
// the URL that Options.Verifier checked. It is not part of a message.
func (in Input) Secret(name string) bool { return slices.Contains(in.secretQuery, name) }

// Format is how a body is written.
type Format uint8

// The formats that the Sigfox Cloud sends.
const (
	// FormatForm is application/x-www-form-urlencoded, or no body at all: all
	// variables stand in the query.
	FormatForm Format = iota
	// FormatJSON is JSON: an object, one object a line, or an array of objects.
	FormatJSON
	// FormatText is free text.
	FormatText
)

// Format says how the body is written. JSON is recognised by its first byte
// whatever the content type says: senders often leave it out or label JSON as a
// form. (JSON that was percent-encoded as a form, parsers and handlers decode before.)
// The error is ErrContentType for types that the cloud does not send; a
// charset parameter is ignored, since bodies must be UTF-8 anyway.
func (in Input) Format() (Format, error) {
	f, _, err := in.format()
	return f, err
}

// format returns Format and the offset at which the body starts.
func (in *Input) format() (f Format, start int, err error) {
	start = in.start()
	if start == len(in.Body) {
		return FormatForm, start, nil
	}
	if c := in.Body[start]; c == '{' || c == '[' {
		return FormatJSON, start, nil
	}
	f, err = formatOf(in.ContentType)
	return f, start, err
}

// formatOf returns the format that a content type stands for.
func formatOf(contentType string) (Format, error) {
	mediaType, _, _ := strings.Cut(contentType, ";")
	mediaType = strings.TrimSpace(mediaType)
	switch {
	case mediaType == "", strings.EqualFold(mediaType, "application/x-www-form-urlencoded"):
		return FormatForm, nil
	case strings.EqualFold(mediaType, "application/json"), strings.EqualFold(mediaType, "text/json"):
		return FormatJSON, nil
	case strings.EqualFold(mediaType, "text/plain"):
		return FormatText, nil
	default:
		return 0, fmt.Errorf("%w: %.64q", ErrContentType, mediaType)
	}
}

// start returns the offset of the first byte of the body that is neither a byte
// order mark nor white space.
func (in *Input) start() int {
	const mark = byteOrderMark
	if len(in.Body) > 0 && in.Body[0] == '{' {
		return 0
	}
	start := 0
	if len(in.Body) >= len(mark) && in.Body[0] == mark[0] && string(in.Body[:len(mark)]) == mark {
		start = len(mark)
	}
	return wire.SkipSpace(in.Body, start)
}
