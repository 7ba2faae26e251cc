package callbacktest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/event"
	"github.com/go-sigfox/sigfox/template"
)

// NewRequestBy returns the request that the cloud sends by a definition: for one message
// or, of the channel BATCH_URL, for all messages of a second. Custom data is taken from the
// payload, as PayloadConfig says. It is for handlers with an Options.Definition.
//
// It panics if it is given what cannot be: a definition that cannot be rendered, that is of
// another service or sends e-mails, or another number of messages.
func NewRequestBy[M Message](d callback.Definition, messages ...M) *http.Request {
	c, err := d.Compile()
	if err != nil {
		panic("callbacktest: " + err.Error())
	}
	out, err := outgoing(c, messages)
	if err != nil {
		panic("callbacktest: " + err.Error())
	}
	r := httptest.NewRequestWithContext(context.Background(), out.Method, out.URL, bytes.NewReader(out.Body))
	r.Header = out.Header
	return r
}

func outgoing[M Message](c *callback.Compiled, messages []M) (*callback.Outgoing, error) {
	d := c.Definition()
	isBatch := d.Channel == callback.ChannelBatchURL
	if d.Channel == callback.ChannelEmail || len(messages) == 0 || len(messages) > 1 && !isBatch {
		return nil, fmt.Errorf("the channel %s has no request for %d messages", d.Channel, len(messages))
	}
	var lines [][]byte
	for i := range messages {
		src, service := source(&messages[i], c)
		if src == nil || service != d.Service {
			return nil, fmt.Errorf("the definition is of %v, the message is a %T", d.Service, messages[i])
		}
		if !isBatch {
			return c.Render(src)
		}
		line, err := c.RenderLine(nil, src)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return c.RenderBatch(slices.Values(lines))
}

// source returns the variables of a message and its service; nil if it is none of the
// packages callback and event.
func source(m any, c *callback.Compiled) (template.Source, callback.Service) {
	switch m := m.(type) {
	case *callback.Uplink:
		return callback.SourceOf(m, c), m.Service()
	case *callback.Bidir:
		return callback.SourceOf(m, c), m.Service()
	case *callback.Status:
		return callback.SourceOf(m, c), m.Service()
	case *callback.Acknowledge:
		return callback.SourceOf(m, c), m.Service()
	case *callback.Repeater:
		return callback.SourceOf(m, c), m.Service()
	case *callback.DataAdvanced:
		return callback.SourceOf(m, c), m.Service()
	case *callback.Geoloc:
		return callback.SourceOf(m, c), m.Service()
	case *callback.ErrorReport:
		return callback.SourceOf(m, c), m.Service()
	case *event.Event:
		return *m, callback.EventCallback
	default:
		return nil, 0
	}
}
