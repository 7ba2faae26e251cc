package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"time"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/bolt"
)

// childEnv tells the program that it is the relay.
const childEnv = "DURABLE_RELAY"

// hello is what the relay says when it serves.
type hello struct {
	URL    string        `json:"url"`
	Opened time.Duration `json:"opened"` // how long that took
}

// child is a process of the relay.
type child struct {
	command *exec.Cmd
	stdin   io.Closer
	ready   chan hello // closed when it has said all it has to say
}

// startRelay starts the relay. It ends when its standard input does, so that none is
// left over.
func startRelay(ctx context.Context, c *config, customer string) (*child, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, program, "-file", c.file, "-customer", customer, "-lease", c.lease.String())
	command.Env = append(os.Environ(), childEnv+"=1")
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &child{command, stdin, make(chan hello, 1)}
	go func() {
		defer close(p.ready)
		var h hello
		if line, err := bufio.NewReader(stdout).ReadBytes('\n'); err == nil && json.Unmarshal(line, &h) == nil {
			p.ready <- h
		}
	}()
	return p, nil
}

// kill ends the process without a chance to tidy up.
func (p *child) kill() {
	_ = p.command.Process.Kill()
	for range p.ready { // all is read
	}
	_ = p.command.Wait()
}

// stop has the process end in order.
func (p *child) stop() error {
	_ = p.stdin.Close()
	for range p.ready {
	}
	return p.command.Wait()
}

// crash kills the relay again and again, and counts what gets lost.
func crash(ctx context.Context, c *config, stdout io.Writer) error {
	if c.entries > 0 {
		if err := fill(ctx, c, stdout); err != nil {
			return err
		}
	}
	outside := newOutside()
	customer, err := outside.serve(ctx)
	if err != nil {
		return err
	}
	sending, endSending := context.WithCancel(ctx)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		outside.send(sending)
	}()
	slowest, last, err := killAll(ctx, c, outside, customer, stdout)
	endSending()
	<-sent
	if err != nil {
		return err
	}
	settling, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	outside.settle(settling)
	n := outside.counts()
	printf(stdout, "%d kills: %d messages sent, %d acknowledged, %d delivered, %d lost, %d duplicates (%d of them without reason)\n",
		c.kills, n.sent, n.acked, n.delivered, n.missing, n.duplicates, n.unexplained)
	return errors.Join(n.err(), last.stop(), inspect(ctx, c, slowest, stdout))
}

// killAll returns how long it took at most until the relay had opened its file, and the
// process that is left.
func killAll(ctx context.Context, c *config, o *outside, customer string, stdout io.Writer) (slowest time.Duration, p *child, err error) {
	for generation := 1; ; generation++ {
		if p, err = startRelay(ctx, c, customer); err != nil {
			return 0, nil, err
		}
		o.relayIs(generation, "")
		early := generation <= c.kills && rand.IntN(5) == 0
		if early { // perhaps while it opens the file
			pause(ctx, time.Duration(rand.Int64N(int64(200*time.Millisecond))))
		} else {
			h, ok := <-p.ready
			if !ok {
				return 0, nil, fmt.Errorf("process %d ended by itself: %w", generation, p.stop())
			}
			slowest = max(slowest, h.Opened)
			o.relayIs(generation, h.URL)
			if generation > c.kills {
				return slowest, p, nil
			}
			pause(ctx, time.Duration(rand.Int64N(int64(400*time.Millisecond))))
		}
		o.relayIs(generation, "")
		p.kill()
		if err := context.Cause(ctx); err != nil {
			return 0, nil, err
		}
		if generation%10 == 0 || generation == c.kills {
			n := o.counts()
			printf(stdout, "%4d kills: %7d sent %7d acknowledged %7d delivered %5d on their way %4d duplicates\n",
				generation, n.sent, n.acked, n.delivered, n.missing, n.duplicates)
		}
	}
}

// inspect looks at the file that is left.
func inspect(ctx context.Context, c *config, slowest time.Duration, stdout io.Writer) error {
	r, err := openRelay(ctx, c.file, "http://127.0.0.1/", c.lease)
	if err != nil {
		return err
	}
	received, unsent, dead, err := r.waiting(ctx)
	stats := r.store.Stats()
	start := time.Now()
	check := r.store.Check(ctx)
	printf(stdout, "the file: %d entries, %d MB, opened in %v at most; %d received, %d unsent, %d dead; check in %v: %v\n",
		stats.Items, stats.FileBytes>>20, slowest.Round(time.Millisecond), received, unsent, dead,
		time.Since(start).Round(time.Millisecond), check)
	if dead > 0 { // others may be left of which the cloud was not told
		err = errors.Join(err, fmt.Errorf("%d messages were given up", dead))
	}
	return errors.Join(err, check, r.store.Close())
}

// fill has the file hold many entries of something else, which are not due.
func fill(ctx context.Context, c *config, stdout io.Writer) error {
	s, err := bolt.Open(bolt.Options{Path: c.file})
	if err != nil {
		return err
	}
	q, err := s.Queue(ctx, "archive")
	if err != nil {
		return errors.Join(err, s.Close())
	}
	start := time.Now()
	const atOnce = 10_000
	for n := 0; n < c.entries && err == nil; n += atOnce {
		items := make([]store.Item, min(atOnce, c.entries-n))
		for i := range items {
			items[i] = store.Item{ID: fmt.Sprint("entry-", n+i), Data: make([]byte, 100), Due: start.AddDate(1, 0, 0)}
		}
		err = q.Put(ctx, start, items...)
	}
	printf(stdout, "%d entries put in %v\n", c.entries, time.Since(start).Round(time.Millisecond))
	return errors.Join(err, s.Close())
}
