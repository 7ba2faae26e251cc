// Command isolation measures what a target that hangs does to the others: the latency
// of 99 healthy targets, with and without one that takes a million messages and never
// answers, and the memory.
//
//	go run ./dispatch/isolation
//
// The server is a process of its own with one core. Rounds with and without the
// hung target take turns, each with a dispatcher of its own; each round with it begins
// with a share of the million, of which 10 000 find room. Latency is from Enqueue to the
// end of the attempt.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/bench/dispatch/peer"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
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
	rounds, requests, targets, flood int
	gap                              time.Duration
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	var c config
	flags := flag.NewFlagSet("isolation", flag.ContinueOnError)
	flags.IntVar(&c.rounds, "rounds", 15, "rounds with and rounds without")
	flags.IntVar(&c.requests, "requests", 2000, "requests to healthy targets in a round")
	flags.IntVar(&c.targets, "targets", 99, "healthy targets")
	flags.IntVar(&c.flood, "flood", 1_000_000, "messages enqueued for the hung target in all")
	flags.DurationVar(&c.gap, "gap", time.Millisecond, "time between requests to healthy targets")
	serve := flags.Bool(peer.Flag, false, "be the server process; used by the program itself")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *serve {
		return peer.Serve(ctx, os.Stdin, stdout)
	}
	if c.rounds < 1 || c.targets < 1 || c.requests < 100 || c.flood < c.rounds {
		return errors.New("too few rounds, targets or requests")
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
	var with, without []figures
	for i := range c.rounds {
		for _, hung := range []bool{i%2 == 0, i%2 != 0} {
			f, err := newRound(c, server.URL, hung).run(ctx)
			if err != nil {
				return err
			}
			if hung {
				with = append(with, f)
			} else {
				without = append(without, f)
			}
		}
	}
	return printTable(stdout, without, with)
}

// figures are those of one round.
type figures struct {
	p50, p99 float64 // microseconds
	heap     float64 // MiB in use after a garbage collection, at the end
	peak     float64 // MiB, the most that was seen
	refused  float64
}

// round is one dispatcher with its targets.
type round struct {
	config

	url        string
	hung       bool
	dispatcher *dispatch.Dispatcher
	latencies  []atomic.Int64 // by sequence number
	begun      []time.Time
	left       sync.WaitGroup
	failed     atomic.Int64
	peak       atomic.Uint64
}

func newRound(c config, url string, hung bool) *round {
	return &round{
		config: c, url: url, hung: hung, latencies: make([]atomic.Int64, c.requests), begun: make([]time.Time, c.requests),
	}
}

const hungTarget = "hung"

func (r *round) run(ctx context.Context) (figures, error) {
	var err error
	r.dispatcher, err = dispatch.New(dispatch.Options{
		AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, DrainTimeout: time.Millisecond,
		Hooks: dispatch.Hooks{OnAttempt: r.onAttempt},
	})
	if err != nil {
		return figures{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = r.dispatcher.Run(ctx) }) // what waits for the hung target is given back
	defer running.Wait()
	defer stop()
	targets := make([]*dispatch.Target, r.targets)
	for i := range targets {
		if targets[i], err = r.target(fmt.Sprint("t", i), peer.Answer); err != nil {
			return figures{}, err
		}
	}
	var f figures
	if r.hung {
		target, err := r.target(hungTarget, peer.Hang)
		if err != nil {
			return f, err
		}
		if err := r.floodTarget(ctx, target); err != nil {
			return f, err
		}
	}
	runtime.GC()
	if err := r.send(ctx, targets); err != nil {
		return f, err
	}
	f.p50, f.p99 = r.quantiles()
	f.heap, f.peak = r.memory(), float64(r.peak.Load())/(1<<20)
	f.refused = float64(r.dispatcher.Stats().Refused)
	return f, nil
}

func (r *round) target(id, path string) (*dispatch.Target, error) {
	return dispatch.NewTarget(dispatch.TargetOptions{ID: id, Definition: callback.Definition{
		Service: callback.DataUplink, Method: http.MethodPost, URL: r.url + path, ContentType: "application/json",
		BodyTemplate: `{"device":"{device}","time":{time},"seqNumber":{seqNumber}}`,
	}})
}

func uplink(n int) callback.Uplink {
	return callback.Uplink{
		Device: sigfox.DeviceID(uint32(n)), Time: time.Unix(1500000000, 0), SeqNumber: sigfox.Some(sigfox.SeqNumber(n % 4096)),
	}
}

// floodTarget enqueues the share of this round for the hung target. Once its queue is
// full all are refused.
func (r *round) floodTarget(ctx context.Context, target *dispatch.Target) error {
	for n := range r.flood / r.rounds {
		request, err := dispatch.NewRequest(target, uplink(n))
		if err != nil {
			return err
		}
		if err := r.dispatcher.Enqueue(ctx, request); err != nil && !errors.Is(err, dispatch.ErrQueueFull) {
			return err
		}
		if n%10_000 == 0 {
			r.peak.Store(max(r.peak.Load(), inUse()))
		}
	}
	return nil
}

// send sends to the healthy targets, one request after the other.
func (r *round) send(ctx context.Context, targets []*dispatch.Target) error {
	ticker := time.NewTicker(r.gap)
	defer ticker.Stop()
	r.left.Add(r.requests)
	for n := range r.requests {
		request, err := dispatch.NewRequest(targets[n%len(targets)], uplink(n))
		if err != nil {
			return err
		}
		request.ID = strconv.Itoa(n)
		r.begun[n] = time.Now()
		if err := r.dispatcher.Enqueue(ctx, request); err != nil {
			return err
		}
		if n%100 == 0 {
			r.peak.Store(max(r.peak.Load(), inUse()))
		}
		<-ticker.C
	}
	r.left.Wait()
	if n := r.failed.Load(); n > 0 {
		return fmt.Errorf("%d attempts failed", n)
	}
	return nil
}

func (r *round) onAttempt(_ context.Context, a dispatch.AttemptEnd) {
	if a.Target.ID() == hungTarget {
		return
	}
	if !a.Attempt.OK() {
		r.failed.Add(1)
	}
	n, _ := strconv.Atoi(a.ID) // see send
	r.latencies[n].Store(int64(time.Since(r.begun[n])))
	r.left.Done()
}

// quantiles leaves out the first tenth, which connects.
func (r *round) quantiles() (p50, p99 float64) {
	var list []float64
	for i := r.requests / 10; i < r.requests; i++ {
		list = append(list, float64(r.latencies[i].Load())/1000)
	}
	slices.Sort(list)
	return list[len(list)/2], list[len(list)*99/100]
}

func (*round) memory() float64 {
	runtime.GC()
	return float64(inUse()) / (1 << 20)
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func printTable(out io.Writer, without, with []figures) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "targets\tp50 us\tp99 us\theap MiB\tmost MiB\trefused\t")
	for _, row := range []struct {
		name string
		list []figures
	}{{"healthy only", without}, {"and one that hangs", with}} {
		_, _ = fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.1f\t%.1f\t%.0f\t\n", row.name,
			median(row.list, func(f figures) float64 { return f.p50 }), median(row.list, func(f figures) float64 { return f.p99 }),
			median(row.list, func(f figures) float64 { return f.heap }), median(row.list, func(f figures) float64 { return f.peak }),
			median(row.list, func(f figures) float64 { return f.refused }))
	}
	var p50, p99 []float64
	for i := range with {
		p50 = append(p50, with[i].p50/without[i].p50)
		p99 = append(p99, with[i].p99/without[i].p99)
	}
	slices.Sort(p50)
	slices.Sort(p99)
	_, _ = fmt.Fprintf(w, "ratio of neighbouring rounds\t%.2f\t%.2f\t\t\t\t\n", p50[len(p50)/2], p99[len(p99)/2])
	_, _ = fmt.Fprintf(w, "lowest, highest p99 ratio\t%.2f\t%.2f\t\t\t\t\n", p99[0], p99[len(p99)-1])
	return w.Flush() // fails if a write did
}

func median(list []figures, value func(figures) float64) float64 {
	var values []float64
	for _, f := range list {
		values = append(values, value(f))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
