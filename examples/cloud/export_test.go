package main

import (
	"context"
	"net/http"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/examples/cloud/board"
)

// Run is the program.
var Run = run

// Cloud is a network that a test plays.
type Cloud struct{ *cloud }

// NewCloud returns the network that the arguments describe, whose callbacks are
// carried by the transport.
func NewCloud(ctx context.Context, start time.Time, transport http.RoundTripper, args ...string) (*Cloud, error) {
	c, err := parseFlags(args, nil)
	if err != nil {
		return nil, err
	}
	n, err := newCloud(ctx, c, start, transport)
	return &Cloud{n}, err
}

// Run plays the network until ctx ends.
func (c *Cloud) Run(ctx context.Context) error { return c.run(ctx) }

// Handler returns page and API.
func (c *Cloud) Handler() http.Handler { return c.handler() }

// Counts returns what was counted.
func (c *Cloud) Counts() board.Counts { return c.board.Counts() }

// Now returns the time of the network.
func (c *Cloud) Now() time.Time { return c.clock.now() }

// Downlinks returns how many downlinks a device has received.
func (c *Cloud) Downlinks(id sigfox.DeviceID) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, _ := c.world.Device(id)
	return d.Downlinks
}

// StopDemo stops the receiver that is built in.
func (c *Cloud) StopDemo() { c.stopDemo() }
