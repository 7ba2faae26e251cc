package main

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/event"
)

// startReceiver receives the callbacks on a port of its own, which becomes the
// target.
func startReceiver(ctx context.Context, c *config) (stop func(), err error) {
	o := callback.Options{Verifier: callback.Unverified()}
	uplink, err1 := callback.NewHandler(func(context.Context, callback.Uplink) error { return nil }, o)
	advanced, err2 := callback.NewHandler(func(context.Context, callback.DataAdvanced) error { return nil }, o)
	events, err3 := event.NewHandler(func(context.Context, event.Event) error { return nil }, o)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/data/uplink", uplink)
	mux.Handle("/service/data-advanced", advanced)
	mux.Handle("/event", events)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c.target = "http://" + listener.Addr().String()
	server := callback.NewServer("", mux)
	go func() { _ = server.Serve(listener) }() // ends with stop
	return func() { _ = server.Close() }, nil
}
