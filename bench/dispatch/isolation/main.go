// Command isolation measures what a target that hangs does to the others: the latency
// of healthy targets with and without one that takes a million messages and never
// answers, and the memory.
//
//	go run ./dispatch/isolation
//
// The server is a process of its own. Requests are sent at a steady pace far below what
// the dispatcher can do, and their latency counts from when they were due, so that one
// that is late makes those behind it no better. Arms take turns in short rounds, each
// with a dispatcher of its own; a block is one round of each, in random order. The arms:
//
//	healthy        healthy targets only
//	healthy again  the same, to see what the method can tell apart
//	hung           and one that hangs, to which a million messages were enqueued before
//	               in each round: as many wait as may, the others were refused
//	flooded        and one that hangs and is full, to which a million are enqueued
//	               meanwhile in all rounds together, at a steady pace
//	storm          the same with a million in each round, by a loop as fast as it can
//	storm beside   the same loop on another dispatcher of this process: what it takes of
//	               the processor, and nothing else
//
// Quantiles are those of all samples of an arm, and "median of blocks" is that of the
// ratios of the rounds of a block, which a few bad moments of the machine do not change.
// Intervals hold 95 % of what 2000 samples of blocks give, drawn with replacement. There
// is a ballast of memory, as a platform has other things to hold: a process with nothing
// else collects garbage less often when it has a backlog, which would make the hung
// target look like a help.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/go-sigfox/sigfox/bench/dispatch/peer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "isolation:", err)
		os.Exit(1)
	}
}

// config is what the command line says.
type config struct {
	blocks, requests, targets, flood, ballast int
	gap                                       time.Duration
	seed                                      uint64
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	var c config
	flags := flag.NewFlagSet("isolation", flag.ContinueOnError)
	flags.IntVar(&c.blocks, "blocks", 40, "rounds of each arm")
	flags.IntVar(&c.requests, "requests", 1000, "requests to healthy targets in a round that count")
	flags.IntVar(&c.targets, "targets", 99, "healthy targets")
	flags.IntVar(&c.flood, "flood", 1_000_000, "messages enqueued to the hung target")
	flags.IntVar(&c.ballast, "ballast", 64, "MiB that the process holds besides")
	flags.DurationVar(&c.gap, "gap", 500*time.Microsecond, "time between requests to healthy targets")
	flags.Uint64Var(&c.seed, "seed", 1, "of the order of the arms")
	serve := flags.Bool(peer.Flag, false, "be the server process; used by the program itself")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *serve {
		return peer.Serve(ctx, os.Stdin, stdout)
	}
	if c.blocks < 2 || c.targets < 1 || c.requests < 100 || c.flood < queueSize || c.ballast < 0 || c.gap <= 0 {
		return errors.New("too few blocks, targets, requests or messages")
	}
	return measure(ctx, c, stdout)
}

// timeout bounds the whole measurement.
const timeout = 10 * time.Minute

func measure(ctx context.Context, c config, stdout io.Writer) (err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	server, err := peer.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	ballast := make([]byte, c.ballast<<20)
	defer runtime.KeepAlive(ballast)
	memory, err := measureMemory(ctx, c, server.URL)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(c.seed, 0))
	results := make([]samples, armCount)
	for block := range c.blocks {
		for _, a := range random.Perm(armCount) {
			micros, err := newRound(c, server.URL, arm(a)).run(ctx)
			if err != nil {
				return fmt.Errorf("%v: %w", arm(a), err)
			}
			results[a].add(block, micros)
		}
	}
	return report(stdout, c, results, memory)
}
