// Command cloud is a whole Sigfox network in one process: devices that send, base
// stations that hear them, the cloud's callbacks, and a page to watch and control
// them.
//
//	go run ./examples/cloud
//
// Then open http://127.0.0.1:8080. Callbacks go to a built-in receiver, or to your own:
//
//	go run ./examples/cloud -target http://127.0.0.1:9000
//
// This sends JSON with the documented names to /data/uplink, /data/bidir and the other
// routes of examples/receiver. Callbacks can be changed on the page, or through API v2
// at /api/v2. The program listens on the loopback address only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stderr, func(net.Addr) {})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cloud:", err)
		os.Exit(1)
	}
}

// config is what the command line says.
type config struct {
	addr, target, script string
	speed                float64
	devices, stations    int
	seed                 uint64
	duration             time.Duration
}

func parseFlags(args []string, stderr io.Writer) (c config, err error) {
	flags := flag.NewFlagSet("cloud", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.addr, "addr", "127.0.0.1:8080", "address of page and API")
	flags.StringVar(&c.target, "target", "", "base URL of your receiver; default: one that is built in")
	flags.StringVar(&c.script, "script", "", "file with what devices do besides their routine, a JSON object a line")
	flags.Float64Var(&c.speed, "speed", 60, "how many times faster than ours the clock of the network runs")
	flags.IntVar(&c.devices, "devices", 20, "how many devices there are")
	flags.IntVar(&c.stations, "stations", 8, "how many base stations there are")
	flags.Uint64Var(&c.seed, "seed", 1, "what decides all chance")
	flags.DurationVar(&c.duration, "for", 0, "stop after this time; default: on Ctrl-C")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	c.target = strings.TrimSuffix(c.target, "/")
	return c, c.validate(flags.Args())
}

func (c *config) validate(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q is no flag; see -help", rest[0])
	case math.IsNaN(c.speed) || c.speed < 0.1 || c.speed > 3600:
		return errors.New("-speed must be between 0.1 and 3600")
	case c.devices < 1 || c.devices > 100_000:
		return errors.New("-devices must be between 1 and 100000")
	case c.stations < 1 || c.stations > 500:
		return errors.New("-stations must be between 1 and 500")
	}
	if c.target == "" {
		return nil
	}
	u, err := url.Parse(c.target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("-target must be a URL such as http://127.0.0.1:9000")
	}
	return nil
}

// run plays the network and serves page and API until ctx ends. listening is told the
// address.
func run(ctx context.Context, args []string, stderr io.Writer, listening func(net.Addr)) error {
	c, err := parseFlags(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.duration)
		defer cancel()
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.addr)
	if err != nil {
		return fmt.Errorf("%w\nIs another program using the port? Choose another with -addr 127.0.0.1:8081", err)
	}
	n, err := newCloud(ctx, c, time.Now(), nil)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	say(stderr, "The page is at http://%s and the API at http://%[1]s/api/v2 (login %s, password %s).",
		listener.Addr(), apiLogin, apiPassword)
	listening(listener.Addr())
	return n.serve(ctx, listener, stderr)
}

// say prints a line.
func say(stderr io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(stderr, format+"\n", args...) // nobody reads it if that fails
}

// serve runs the network, and the page and API on the listener, until ctx ends.
func (n *cloud) serve(ctx context.Context, listener net.Listener, stderr io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &http.Server{Handler: n.handler(), ReadHeaderTimeout: 5 * time.Second}
	var all sync.WaitGroup
	all.Go(func() {
		<-ctx.Done()
		_ = server.Close() // event streams never end by themselves
	})
	all.Go(func() { n.progress(ctx, stderr) })
	var serveErr error
	all.Go(func() {
		defer cancel()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			serveErr = err
		}
	})
	err := n.run(ctx)
	cancel()
	all.Wait()
	if n.demo != nil {
		n.stopDemo()
	}
	say(stderr, "%s", n.summary())
	return errors.Join(err, serveErr)
}

// progressEvery is how often a line is printed.
const progressEvery = 10 * time.Second

func (n *cloud) progress(ctx context.Context, stderr io.Writer) {
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			say(stderr, "%s", n.summary())
		}
	}
}

// summary is one line on what has happened so far.
func (n *cloud) summary() string {
	c := n.board.Counts()
	line := fmt.Sprintf("%s  %d frames, %d messages, %d callbacks: %d delivered, %d given up",
		n.clock.now().UTC().Format(time.DateTime), c.Frames, c.Messages, c.Sent, c.Delivered, c.Failed)
	if n.demo != nil {
		line += fmt.Sprintf("; received %d", n.demo.Received())
	}
	return line
}

// prefixOf returns the address of a URL whose host is one, which the user has named
// and so may be sent to.
func prefixOf(base string) (netip.Prefix, bool) {
	u, err := url.Parse(base)
	if err != nil {
		return netip.Prefix{}, false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(addr, addr.BitLen()), true
}
