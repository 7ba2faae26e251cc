package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/go-sigfox/sigfox/bench/callback/candidates"
	"github.com/go-sigfox/sigfox/callback"
)

// names are the handlers, the floor first.
var names = []string{"noop", "ours", "naive"}

func handler(name string) (http.Handler, error) {
	switch name {
	case "noop":
		return candidates.Noop(), nil
	case "ours":
		return candidates.Ours(func(context.Context, callback.DataAdvanced) error { return nil })
	case "naive":
		return candidates.Naive[candidates.DataAdvancedBody](func(context.Context, candidates.DataAdvancedMessage) error { return nil }), nil
	default:
		return nil, fmt.Errorf("no handler %q", name)
	}
}

// usage is what a server process has used since its start.
type usage struct {
	UserNanos, SystemNanos int64
	Mallocs, Bytes         uint64
}

// serve is the server process: it prints its address, then its usage for each line
// on stdin, until that ends.
func serve(ctx context.Context, name string, stdin io.Reader, stdout io.Writer) error {
	h, err := handler(name)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { _ = callback.NewServer("", h).Serve(listener) }() // until the process ends
	if _, err := fmt.Fprintln(stdout, listener.Addr()); err != nil {
		return err
	}
	out := json.NewEncoder(stdout)
	for lines := bufio.NewScanner(stdin); lines.Scan(); {
		u, err := used()
		if err != nil {
			return err
		}
		if err := out.Encode(u); err != nil {
			return err
		}
	}
	return nil
}

func used() (usage, error) {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return usage{}, err
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{
		UserNanos: r.Utime.Nano(), SystemNanos: r.Stime.Nano(),
		Mallocs: m.Mallocs, Bytes: m.TotalAlloc,
	}, nil
}
