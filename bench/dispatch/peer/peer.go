// Package peer is the other end of the measurements of the dispatcher: a server in a
// process of its own, so that what is measured here is the sender alone.
package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Flag is the command-line flag that has a program be the server.
const Flag = "serve"

// The paths of the server.
const (
	Answer = "/answer" // answers 204 once it has read the request
	Hang   = "/hang"   // answers when the client has gone
)

// Serve is the server process: it prints its address and serves until stdin ends.
func Serve(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc(Answer, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc(Hang, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	server := http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // until the process ends
	if _, err := fmt.Fprintln(stdout, "http://"+listener.Addr().String()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, stdin)
	return err
}

// Process is the server process.
type Process struct {
	URL string

	cmd   *exec.Cmd
	stdin io.WriteCloser
}

// Start starts the running program again, as the server, with one core.
func Start(ctx context.Context) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &Process{cmd: exec.CommandContext(ctx, self, "-"+Flag)}
	p.cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	p.cmd.Stderr = os.Stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	p.URL = strings.TrimSpace(address)
	return p, nil
}

// Stop ends the server, which listens to its stdin.
func (p *Process) Stop() error {
	return errors.Join(p.stdin.Close(), p.cmd.Wait())
}
