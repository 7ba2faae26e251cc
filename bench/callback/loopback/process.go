package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
)

// process is a server process and the connections to it.
type process struct {
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	load   *load
}

// start starts the server of a handler and connects to it.
func start(ctx context.Context, name string, connections int) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{name: name, cmd: exec.CommandContext(ctx, self, "-serve", name)}
	p.cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	p.cmd.Stderr = os.Stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.stdout = bufio.NewReader(stdout)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	addr, err := p.stdout.ReadString('\n')
	if err == nil {
		p.load, err = dial(ctx, strings.TrimSpace(addr), connections)
	}
	if err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// stop ends the server, which listens to its stdin.
func (p *process) stop() {
	p.load.close()
	_ = p.stdin.Close()
	_ = p.cmd.Wait()
}

// cost is what one request cost the server.
type cost struct{ userMicros, systemMicros, mallocs, bytes float64 }

// turn sends requests and returns what one of them cost.
func (p *process) turn(ctx context.Context, requests int) (cost, error) {
	before, err := p.usage()
	if err != nil {
		return cost{}, err
	}
	if err := p.load.send(ctx, requests); err != nil {
		return cost{}, err
	}
	after, err := p.usage()
	if err != nil {
		return cost{}, err
	}
	n := float64(requests)
	return cost{
		userMicros:   float64(after.UserNanos-before.UserNanos) / 1000 / n,
		systemMicros: float64(after.SystemNanos-before.SystemNanos) / 1000 / n,
		mallocs:      float64(after.Mallocs-before.Mallocs) / n,
		bytes:        float64(after.Bytes-before.Bytes) / n,
	}, nil
}

// usage asks the server what it has used.
func (p *process) usage() (u usage, err error) {
	if _, err = io.WriteString(p.stdin, "\n"); err != nil {
		return u, err
	}
	line, err := p.stdout.ReadBytes('\n')
	if err != nil {
		return u, err
	}
	return u, json.Unmarshal(line, &u)
}
