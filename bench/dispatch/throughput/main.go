// Command throughput measures what it takes to deliver a callback: the dispatcher
// against a loop around http.Client that is as careful, over loopback.
//
//	go run ./dispatch/throughput
//
// The server is a process of its own with one core. Every candidate sends the same
// body with the same number of requests at once over a transport with the same
// settings. They take turns, so that a slow minute of the machine hits all; the
// figures are medians of the rounds, ratios those of turns of the same round. On a
// busy machine the processor time, from getrusage of the sender, is the steady one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"time"

	"golang.org/x/sys/unix"

	"github.com/go-sigfox/sigfox/bench/dispatch/peer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "throughput:", err)
		os.Exit(1)
	}
}

// config is what the command line says.
type config struct {
	rounds, requests, concurrency int
	only, profile, memory         string
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	var c config
	flags := flag.NewFlagSet("throughput", flag.ContinueOnError)
	flags.IntVar(&c.rounds, "rounds", 15, "how often each candidate has its turn")
	flags.IntVar(&c.requests, "requests", 8000, "requests in a turn")
	flags.IntVar(&c.concurrency, "concurrency", 16, "requests under way at once")
	flags.StringVar(&c.only, "only", "", "measure this candidate only")
	flags.StringVar(&c.profile, "cpuprofile", "", "write a profile of the processor time to this file")
	flags.StringVar(&c.memory, "memprofile", "", "write a profile of the allocations to this file")
	serve := flags.Bool(peer.Flag, false, "be the server process; used by the program itself")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *serve {
		return peer.Serve(ctx, os.Stdin, stdout)
	}
	if c.rounds < 1 || c.concurrency < 1 || c.requests < c.concurrency {
		return fmt.Errorf("%d rounds of %d requests, %d at once, are none", c.rounds, c.requests, c.concurrency)
	}
	return measure(ctx, c, stdout)
}

// timeout bounds the whole measurement.
const timeout = 5 * time.Minute

func measure(ctx context.Context, c config, stdout io.Writer) (err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	server, err := peer.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	list, err := candidates(ctx, server.URL+peer.Answer, c)
	if err != nil {
		return err
	}
	results := newResults(list)
	for round := range c.rounds + 1 {
		if round == 1 && c.profile != "" { // the first one fills pools and caches
			stop, err := startProfile(c.profile)
			if err != nil {
				return err
			}
			defer stop()
		}
		for i := range list {
			p := list[(round+i)%len(list)]
			cost, err := turn(p, c.requests)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			if round > 0 {
				results.add(p.name, cost)
			}
		}
	}
	if c.memory != "" {
		if err := writeAllocs(c.memory); err != nil {
			return err
		}
	}
	return results.print(stdout)
}

// cost is what one request cost the sender.
type cost struct{ micros, userMicros, systemMicros, mallocs, bytes float64 }

// turn has a candidate send requests, and returns what one of them cost.
func turn(c candidate, requests int) (cost, error) {
	runtime.GC()
	before := used()
	if err := c.send(requests); err != nil {
		return cost{}, err
	}
	after := used()
	n := float64(requests)
	return cost{
		micros:       float64(after.at.Sub(before.at).Nanoseconds()) / 1000 / n,
		userMicros:   float64(after.user-before.user) / 1000 / n,
		systemMicros: float64(after.system-before.system) / 1000 / n,
		mallocs:      float64(after.mallocs-before.mallocs) / n,
		bytes:        float64(after.bytes-before.bytes) / n,
	}, nil
}

// usage is what this process has used since its start.
type usage struct {
	at             time.Time
	user, system   int64
	mallocs, bytes uint64
}

func used() usage {
	var r unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &r) // it fails for bad arguments only
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{time.Now(), r.Utime.Nano(), r.Stime.Nano(), m.Mallocs, m.TotalAlloc}
}

func startProfile(name string) (stop func(), err error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}

func writeAllocs(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
}
