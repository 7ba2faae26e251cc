// Command cluster runs three replicas of a receiver behind a proxy. They share their
// state through three NATS servers, all in this process. The program sends itself the
// traffic of a cloud, copies of messages included, and counts what becomes of it.
//
//	go -C examples/cluster run . -for 20s -kill replica2@3s,all@10s -cut leader@6s
//
// Type "kill replica2" or "cut node1": the part comes back after a while. The parts are
// replica1 to replica3, node1 to node3, leader (one of the nodes), replicas, nodes and all.
// Whatever is killed or cut off, no acknowledged message is lost, each has its effect
// once, and there is one alert for each silence of a device.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/go-sigfox/sigfox/callback"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

// config is what the command line says.
type config struct {
	duration, back time.Duration
	troubles       []order
}

// order is what is to be done to a part, and when.
type order struct {
	deed, name string
	at         time.Duration
}

const (
	killDeed = "kill"
	cutDeed  = "cut"
)

func parseFlags(args []string, stderr io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("cluster", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.DurationVar(&c.duration, "for", 0, "how long to send messages; without it until interrupted")
	flags.DurationVar(&c.back, "back", 3*time.Second, "when what was killed or cut off comes back")
	for deed, usage := range map[string]string{killDeed: "what to kill", cutDeed: "what to cut off"} {
		flags.Func(deed, usage+" and when, such as replica2@3s,leader@6s", func(list string) error {
			for part := range strings.SplitSeq(list, ",") {
				name, at, _ := strings.Cut(part, "@")
				d, err := time.ParseDuration(at)
				if err != nil {
					return err
				}
				c.troubles = append(c.troubles, order{deed, name, d})
			}
			return nil
		})
	}
	return c, flags.Parse(args)
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	c, err := parseFlags(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "cluster")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	w := newWorld(stdout)
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	all, err := startCluster(background, dir, w, defaultTimes)
	if err != nil {
		return err
	}
	return errors.Join(play(ctx, background, &c, w, all, stdin), all.stop())
}

// play sends messages and kills until ctx ends, and then waits until all is handled.
func play(ctx, background context.Context, c *config, w *world, all *cluster, stdin io.Reader) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	proxy := callback.NewServer("", all)
	go func() { _ = proxy.Serve(l) }()
	defer func() { _ = proxy.Close() }()
	if c.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.duration)
		defer cancel()
	}
	w.say("three replicas behind %v, on three nodes at %s", l.Addr(), all.nodes.URL())
	do := func(deed, name string) {
		if ctx.Err() != nil {
			return
		}
		if err := all.trouble(background, c.back, deed, name); err != nil {
			w.say("%v", err)
		}
	}
	for _, o := range c.troubles {
		defer time.AfterFunc(o.at, func() { do(o.deed, o.name) }).Stop()
	}
	go func() { // which ends with the program, as nothing else ends its reading
		lines := bufio.NewScanner(stdin)
		for lines.Scan() {
			deed, name, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
			do(deed, name)
		}
	}()
	go everySecond(ctx, func() {
		n := w.counts(all.times)
		w.say("%v", &n)
	})
	w.send(ctx, "http://"+l.Addr().String()+"/")
	settling, cancel := context.WithTimeout(background, time.Minute)
	defer cancel()
	w.await(settling, w.complete)
	all.restarts.Wait()
	n := w.counts(all.times)
	w.say("in the end:\n%v; %d lost, %d handled again without reason", &n, n.missing, n.unexplained)
	return n.err()
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
