// Command bidir is the service behind thermostats: each reports the temperature,
// and is told its set point when it next asks.
//
// Without flags it plays a short exchange with one thermostat and ends:
//
//	go run ./examples/bidir
//
// With -addr it serves:
//
//	go run ./examples/bidir -addr 127.0.0.1:8080 -token secret
//	curl -X POST -H 'Authorization: Bearer secret' 'http://127.0.0.1:8080/setpoint/2C30EA?celsius=21.5'
//
// In the Sigfox Cloud, configure a DATA/BIDIR callback to /sigfox/bidir and a
// SERVICE/ACKNOWLEDGE callback to /sigfox/acknowledge, both with the header
// Authorization: Bearer secret and the bodies of demo.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"

	"github.com/go-sigfox/sigfox/callback"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bidir:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bidir", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "", "address to serve on; without it a demonstration is played")
	token := flags.String("token", "", "bearer token that requests must carry")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return err
	}
	out := log.New(stdout, "", 0)
	if *addr == "" {
		return demo(ctx, out)
	}
	verifier, err := callback.BearerToken(*token)
	if err != nil {
		return fmt.Errorf("-token: %w", err)
	}
	handler, err := newService(verifier, out)
	if err != nil {
		return err
	}
	server := callback.NewServer(*addr, handler)
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
