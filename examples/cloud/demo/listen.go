package demo

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/go-sigfox/sigfox/callback"
)

// gate is a listener that resets connections while the receiver is stopped. Were it
// closed, another program could take its port.
type gate struct {
	net.Listener
	stopped *atomic.Bool
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil || !g.stopped.Load() {
			return c, err
		}
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, not a good-bye
		}
		_ = c.Close()
	}
}

// Listen has the receiver listen on a port of the loopback until stop is called.
func (r *Receiver) Listen(ctx context.Context) (stop func(), err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the demo receiver cannot listen: %w", err)
	}
	r.gate = &gate{listener, &r.stopped}
	server := callback.NewServer("", http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if r.stopped.Load() {
			panic(http.ErrAbortHandler) // a connection that was kept alive
		}
		r.handler.ServeHTTP(w, req)
	}))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(r.gate) // ends with stop
	}()
	return func() {
		_ = server.Close()
		<-ended
	}, nil
}

// Base returns the beginning of the URLs.
func (r *Receiver) Base() string { return "http://" + r.gate.Addr().String() }

// Start has the receiver take callbacks, as it does at first.
func (r *Receiver) Start() { r.stopped.Store(false) }

// Stop has it reset all connections, as if it had crashed.
func (r *Receiver) Stop() { r.stopped.Store(true) }

// Running reports whether the receiver takes callbacks.
func (r *Receiver) Running() bool { return !r.stopped.Load() }
