// Command dispatcher turns the frames that base stations hear into callbacks, as the
// Sigfox Cloud does:
//
//	go run ./examples/dispatcher -frames examples/dispatcher/testdata/frames.jsonl -window 1s
//
// It reads frames, one JSON object per line, and sends the callbacks of their messages
// to -target: UPLINK on the first frame, DATA_ADVANCED when the window is over. Without
// -frames it reads standard input, and without -target it receives the callbacks
// itself. It prints a line for each attempt, and ends when every callback is delivered
// or given up.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/pipeline"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/dedup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "dispatcher:", err)
		os.Exit(1)
	}
}

// config is what the command line says.
type config struct {
	frames, target string
	window         time.Duration
}

func parseFlags(args []string, stderr io.Writer) (c config, err error) {
	flags := flag.NewFlagSet("dispatcher", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.frames, "frames", "", "file of frames, a JSON object a line; default: standard input")
	flags.StringVar(&c.target, "target", "", "base URL of the receiver; default: one that is built in")
	flags.DurationVar(&c.window, "window", dedup.DefaultWindow, "how long copies of a message are collected")
	err = flags.Parse(args)
	c.target = strings.TrimSuffix(c.target, "/")
	return c, err
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	c, err := parseFlags(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.frames != "" {
		f, err := os.Open(c.frames)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // it was only read
		stdin = f
	}
	if c.target == "" {
		stop, err := startReceiver(ctx, &c)
		if err != nil {
			return err
		}
		defer stop()
	}
	s, err := newSender(c, stdout)
	if err != nil {
		return err
	}
	return s.send(ctx, stdin)
}

// sender is the sending half of a network.
type sender struct {
	config     config
	registry   *routing.Registry
	aggregator *dedup.Aggregator
	dispatcher *dispatch.Dispatcher
	pipeline   *pipeline.Pipeline

	mu     sync.Mutex
	report *json.Encoder
}

func newSender(c config, stdout io.Writer) (s *sender, err error) {
	s = &sender{config: c, report: json.NewEncoder(stdout)}
	if s.registry, err = newRegistry(c.target); err != nil {
		return nil, err
	}
	if s.aggregator, err = dedup.NewAggregator(dedup.AggregatorOptions{Window: c.window}); err != nil {
		return nil, fmt.Errorf("-window: %w", err)
	}
	s.dispatcher, err = dispatch.New(dispatch.Options{
		// A customer's endpoint is never on this machine; the one of an example is.
		AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		Hooks: dispatch.Hooks{
			OnAttempt: func(ctx context.Context, e dispatch.AttemptEnd) {
				s.print(&e)
				s.pipeline.OnAttempt(ctx, e)
			},
		},
	})
	if err != nil {
		return nil, err
	}
	s.pipeline, err = pipeline.New(pipeline.Options{
		Registry: s.registry, Sender: s.dispatcher, Aggregator: s.aggregator, OperatorName: "SIGFOX_Example",
	})
	return s, err
}

// send reads frames and returns when all their callbacks are settled, or ctx ends.
func (s *sender) send(ctx context.Context, frames io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var sending sync.WaitGroup
	var dispatched error
	sending.Go(func() { dispatched = s.dispatcher.Run(ctx) })
	err := s.hearAll(ctx, frames)
	s.settle(ctx)
	cancel()
	sending.Wait()
	if left, ok := errors.AsType[*dispatch.DrainError](dispatched); ok {
		err = errors.Join(err, left)
	}
	return err
}

// hearAll passes on the frames, and what follows from them while they come.
func (s *sender) hearAll(ctx context.Context, frames io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	var piping sync.WaitGroup
	piping.Go(func() { _ = s.pipeline.Run(ctx) }) // it says only why it ended
	defer piping.Wait()
	defer cancel()
	return s.read(ctx, frames)
}

// settle waits until no window is open, and then until no callback is under way.
func (s *sender) settle(ctx context.Context) {
	for due, ok := s.pipeline.Next(); ok && wait(ctx, time.Until(due)); due, ok = s.pipeline.Next() {
		s.pipeline.Advance(ctx, time.Now())
	}
	for s.dispatcher.Stats().Pending > 0 && wait(ctx, 20*time.Millisecond) {
	}
}

// wait reports false if ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// line is what is printed of an attempt.
type line struct {
	Callback string   `json:"callback"`
	Devices  []string `json:"devices"`
	Attempt  int      `json:"attempt"`
	Status   int      `json:"status,omitempty"`
	Error    string   `json:"error,omitempty"`
}

func (s *sender) print(e *dispatch.AttemptEnd) {
	l := line{
		Callback: e.Target.Service().String(), Attempt: e.Attempt.Number, Status: e.Attempt.Status, Error: e.Attempt.Error,
	}
	for i := range e.Requests {
		l.Devices = append(l.Devices, e.Requests[i].Subject.Device.String())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.report.Encode(l) // nobody reads on
}
