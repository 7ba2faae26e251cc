// Command durable is a relay: it receives messages and forwards them, and loses none of
// those that it has acknowledged, whatever happens to it. It sends itself the traffic of
// a cloud, and is its own customer.
//
//	go -C examples/durable run . -file /tmp/durable.db
//
// Kill it with kill -9 and start it again: it reports what was acknowledged before, and
// delivers what is missing. With -kills it does this by itself: it runs the relay as
// another process and kills it at random instants.
//
//	go -C examples/durable run . -kills 20
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "durable:", err)
		os.Exit(1)
	}
}

// config is what the command line says.
type config struct {
	file, customer string
	duration       time.Duration
	lease          time.Duration
	kills, entries int
}

func parseFlags(args []string, stderr io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("durable", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.file, "file", "", "database; without it one in a temporary directory is used")
	flags.DurationVar(&c.duration, "for", 0, "how long to send messages; without it until interrupted")
	flags.IntVar(&c.kills, "kills", 0, "how often to kill the relay, as another process")
	kill := flags.Bool("kill", false, "the same as -kills 20")
	flags.IntVar(&c.entries, "entries", 0, "with -kills: how many entries the database holds besides")
	flags.DurationVar(&c.lease, "lease", 2*time.Second, "how long after a crash its messages are taken up again")
	flags.StringVar(&c.customer, "customer", "", "used by -kills: the URL to send to")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if *kill && c.kills == 0 {
		c.kills = 20
	}
	return c, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c, err := parseFlags(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if os.Getenv(childEnv) != "" {
		return serve(ctx, &c, os.Stdin, stdout)
	}
	if c.file == "" {
		dir, err := os.MkdirTemp("", "durable")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		c.file = filepath.Join(dir, "durable.db")
	}
	if c.kills > 0 {
		return crash(ctx, &c, stdout)
	}
	return demonstrate(ctx, &c, stdout)
}

// serve is the relay alone, until stdin ends.
func serve(ctx context.Context, c *config, stdin io.Reader, stdout io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, stdin)
	}()
	start := time.Now()
	r, err := openRelay(ctx, c.file, c.customer, c.lease)
	if err != nil {
		return err
	}
	opened := time.Since(start)
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, r.store.Close())
	}
	if err := json.NewEncoder(stdout).Encode(hello{URL: "http://" + l.Addr().String() + "/", Opened: opened}); err != nil {
		return errors.Join(err, l.Close(), r.store.Close())
	}
	return r.run(ctx, l)
}

// demonstrate is relay, cloud and customer in one process.
func demonstrate(ctx context.Context, c *config, stdout io.Writer) error {
	outside := newOutside()
	closeLedger, err := outside.keep(c.file + ".ledger")
	if err != nil {
		return err
	}
	defer func() { _ = closeLedger() }()
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	customer, err := outside.serve(background)
	if err != nil {
		return err
	}
	r, err := openRelay(ctx, c.file, customer, c.lease)
	if err != nil {
		return err
	}
	report := func(what string) {
		n := outside.counts()
		received, unsent, dead, err := r.waiting(background)
		if err != nil {
			printf(stdout, "%v\n", err)
		}
		printf(stdout, "%-7s %7d acknowledged %7d delivered %5d on their way; in the file: %5d received %5d unsent %d dead\n",
			what, n.acked, n.delivered, n.missing, received, unsent, dead)
	}
	report("before:")
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, r.store.Close())
	}
	ended := make(chan error, 1)
	go func() { ended <- r.run(background, l) }()
	outside.relayIs(1, "http://"+l.Addr().String()+"/")
	if c.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.duration)
		defer cancel()
	}
	printf(stdout, "database %s, process %d: kill it, start it again with -file\n", c.file, os.Getpid())
	go everySecond(ctx, func() { report("") })
	outside.send(ctx)
	settling, stop := context.WithTimeout(background, 30*time.Second)
	defer stop()
	outside.settle(settling)
	report("after:")
	cancel()
	n := outside.counts()
	return errors.Join(<-ended, n.err())
}

func everySecond(ctx context.Context, f func()) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			f()
		}
	}
}

func printf(w io.Writer, format string, values ...any) { _, _ = fmt.Fprintf(w, format, values...) }
