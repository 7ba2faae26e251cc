// Command receiver receives every kind of Sigfox callback and prints what it read,
// one JSON line for each request. With -replay it first delivers recorded requests to
// itself:
//
//	go run ./examples/receiver -replay testdata/requests.jsonl -once
//
// Without -once it then keeps serving on -addr, where the Sigfox Cloud, or curl, can
// reach it:
//
//	curl -d '{"device":"2C30EA","data":"00ff"}' http://127.0.0.1:8080/data/uplink
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/downlink"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "receiver:", err)
		os.Exit(1)
	}
}

// config is what the command line says.
type config struct {
	addr, replay, token string
	once                bool
	reply               downlink.Reply
}

func parseFlags(args []string, stderr io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("receiver", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.addr, "addr", "127.0.0.1:8080", "address to serve on")
	flags.StringVar(&c.replay, "replay", "", "file of recorded requests, a JSON object a line, to deliver to ourselves")
	flags.BoolVar(&c.once, "once", false, "exit when the file is delivered")
	flags.StringVar(&c.token, "token", "", "accept only requests with this bearer token")
	data := flags.String("downlink", "", "16 hex digits to answer to each BIDIR that asks")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if *data != "" {
		d, err := downlink.ParseData(*data)
		if err != nil {
			return c, fmt.Errorf("-downlink: %w", err)
		}
		c.reply = downlink.Send(d)
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
	if c.replay != "" {
		if err := replayFile(ctx, c, stdout); err != nil {
			return err
		}
	}
	if c.once {
		return nil
	}
	return serve(ctx, c, stdout, stderr)
}

// serve receives requests until ctx ends.
func serve(ctx context.Context, c config, stdout, stderr io.Writer) error {
	r := receiver{verifier: callback.Unverified(), reply: c.reply}
	if c.token != "" {
		var err error
		if r.verifier, err = callback.BearerToken(c.token); err != nil {
			return fmt.Errorf("-token: %w", err)
		}
	}
	mux, err := r.routes()
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.addr)
	if err != nil {
		return fmt.Errorf("%w (is another program using it? choose another with -addr)", err)
	}
	_, _ = fmt.Fprintf(stderr, "receiving on http://%s, for example %s\n", listener.Addr(), routes[callback.DataUplink])
	out := newPrinter(stdout)
	server := callback.NewServer("", record(mux, func(_ *http.Request, l line) { out.print(l) }))
	done := context.AfterFunc(ctx, func() {
		shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(shutdown) // what is still open after 5 s is cut
	})
	defer done()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
