// Command loopback measures what a callback costs a server: the processor time of
// a request over real connections, for an empty handler, for ours and for a naive
// one.
//
//	go run ./callback/loopback
//
// Each handler has a server process with one core, GOMAXPROCS=1, and gets the same
// requests over 32 connections from this process. They take turns, so that a slow
// minute of the machine hits all; the figures are medians of the rounds. Time comes
// from getrusage of the server: on a busy machine that is steadier than requests a
// second.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "loopback:", err)
		os.Exit(1)
	}
}

// config is what the command line says.
type config struct {
	rounds, requests, connections int
	serve                         string
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	var c config
	flags := flag.NewFlagSet("loopback", flag.ContinueOnError)
	flags.IntVar(&c.rounds, "rounds", 25, "how often each handler has its turn")
	flags.IntVar(&c.requests, "requests", 5000, "requests in a turn")
	flags.IntVar(&c.connections, "connections", 32, "connections to each server")
	flags.StringVar(&c.serve, "serve", "", "be the server process of this handler; used by the program itself")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if c.rounds < 1 || c.connections < 1 || c.requests < c.connections {
		return fmt.Errorf("%d rounds of %d requests over %d connections are none", c.rounds, c.requests, c.connections)
	}
	if c.serve != "" {
		return serve(ctx, c.serve, os.Stdin, stdout)
	}
	return measure(ctx, c, stdout)
}

// timeout bounds the whole measurement.
const timeout = 3 * time.Minute

// measure starts a server for each handler and lets them take turns.
func measure(ctx context.Context, c config, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var servers []*process
	for _, name := range names {
		p, err := start(ctx, name, c.connections)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		defer p.stop()
		servers = append(servers, p)
	}
	results := newResults(names)
	for round := range c.rounds + 1 {
		for i := range servers {
			p := servers[(round+i)%len(servers)]
			cost, err := p.turn(ctx, c.requests)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			if round > 0 { // the first one fills pools and caches
				results.add(p.name, cost)
			}
		}
	}
	return results.print(stdout)
}
