package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/event"
)

// routes are where each kind of callback is received.
var routes = map[callback.Service]string{
	callback.DataUplink:          "/data/uplink",
	callback.DataBidir:           "/data/bidir",
	callback.ServiceStatus:       "/service/status",
	callback.ServiceAcknowledge:  "/service/acknowledge",
	callback.ServiceRepeater:     "/service/repeater",
	callback.ServiceDataAdvanced: "/service/data-advanced",
	callback.ServiceGeoloc:       "/service/geoloc",
	callback.ErrorCallback:       "/error",
	callback.EventCallback:       "/event",
}

// receiver makes the handlers.
type receiver struct {
	verifier callback.Verifier
	reply    downlink.Reply // to each BIDIR that asks
}

// routes mounts a handler for each kind of callback.
func (rc receiver) routes() (*http.ServeMux, error) {
	mux := http.NewServeMux()
	for service, path := range routes {
		h, err := rc.handler(service, nil)
		if err != nil {
			return nil, err
		}
		mux.Handle(path, h)
	}
	return mux, nil
}

// handler returns the handler for one kind of callback. With a definition it reads
// what the cloud sends by it, else the documented names.
func (rc receiver) handler(s callback.Service, d *callback.Definition) (http.Handler, error) {
	o := callback.Options{Verifier: rc.verifier, Definition: d, OnError: noteError}
	switch s {
	case callback.DataUplink:
		return callback.NewHandler(note[callback.Uplink], o)
	case callback.DataBidir:
		return callback.NewBidirHandler(rc.answer, o)
	case callback.ServiceStatus:
		return callback.NewHandler(note[callback.Status], o)
	case callback.ServiceAcknowledge:
		return callback.NewHandler(note[callback.Acknowledge], o)
	case callback.ServiceRepeater:
		return callback.NewHandler(note[callback.Repeater], o)
	case callback.ServiceDataAdvanced:
		return callback.NewHandler(note[callback.DataAdvanced], o)
	case callback.ServiceGeoloc:
		return callback.NewHandler(note[callback.Geoloc], o)
	case callback.ErrorCallback:
		return callback.NewHandler(note[callback.ErrorReport], o)
	case callback.EventCallback:
		return event.NewHandler(note[event.Event], o)
	default:
		return nil, fmt.Errorf("no handler for %s", s)
	}
}

// answer is the function for BIDIR callbacks.
func (rc receiver) answer(ctx context.Context, m callback.Bidir) (downlink.Reply, error) {
	if !m.WantsDownlink() {
		return downlink.Reply{}, note(ctx, m)
	}
	return rc.reply, note(ctx, m)
}
