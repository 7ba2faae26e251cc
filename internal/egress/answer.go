package egress

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
)

// Answer is what a server answered.
type Answer struct {
	// Status is the HTTP status.
	Status int
	// Header is the header.
	Header http.Header
	// Body is the body, or as much of it as Options.MaxAnswer allows. It is nil if the
	// server compressed it: that is not undone, so that Options.MaxAnswer need not tell
	// what is small from what becomes large. No server does unless the request says
	// Accept-Encoding, which it should not.
	Body []byte
	// Truncated is true if Body is not all that the server had to say.
	Truncated bool
}

// read reads an answer as far as it is wanted. Whoever then closes a body that goes on
// closes its connection, or over HTTP/2 its stream.
func (c *Client) read(ctx context.Context, response *http.Response) (Answer, error) {
	a := Answer{Status: response.StatusCode, Header: response.Header}
	if response.StatusCode == http.StatusSwitchingProtocols {
		// The connection is ours now, and no context would end its silence.
		return a, &Error{ReasonProtocol, errors.New("the server switched protocols unasked")}
	}
	if response.Body == http.NoBody {
		return a, nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, c.options.MaxAnswer+1))
	if int64(len(body)) > c.options.MaxAnswer {
		body, a.Truncated, err = body[:c.options.MaxAnswer], true, nil
	}
	if encoded(response.Header) {
		body, a.Truncated = nil, true
	}
	a.Body = body
	if err != nil {
		a.Truncated = true
		return a, classify(ctx, reading, err)
	}
	return a, nil
}

func encoded(h http.Header) bool {
	for _, value := range h.Values("Content-Encoding") {
		for coding := range strings.SplitSeq(value, ",") {
			if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
				return true
			}
		}
	}
	return false
}
