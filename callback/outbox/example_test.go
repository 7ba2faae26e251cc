package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/outbox"
	"github.com/go-sigfox/sigfox/store"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Callbacks are accepted while nothing is sent, and sent by whichever process comes
// first. With store/bolt instead of the memory they survive restarts.
func Example() {
	done := make(chan struct{})
	customer := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL, r.Header.Get("Idempotency-Key") != "")
		close(done)
	}))
	defer customer.Close()
	target, err := dispatch.NewTarget(dispatch.TargetOptions{ID: "customer", Definition: callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, Method: http.MethodGet,
		URL: customer.URL + "/?device={device}",
	}})
	must(err)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out, err := outbox.New(ctx, outbox.Options{
		Store:   store.NewMemory(),
		Targets: func(id string) (*dispatch.Target, bool) { return target, id == target.ID() },
	})
	must(err)
	request, err := dispatch.NewRequest(target, callbacktest.Uplink())
	must(err)
	must(out.Enqueue(ctx, request))

	d, err := dispatch.New(dispatch.Options{
		Journal: out, IDHeader: "Idempotency-Key", AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	must(err)
	go func() {
		<-done
		cancel()
	}()
	fmt.Println(errors.Is(out.Run(ctx, d), context.Canceled))
	fmt.Println(out.Stats().Delivered, "delivered")
	// Output:
	// GET /?device=2C30EA true
	// true
	// 1 delivered
}

// What was given up can be looked at, and sent again.
func ExampleOutbox_Dead() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out, err := outbox.New(ctx, outbox.Options{
		Store:   store.NewMemory(),
		Targets: func(string) (*dispatch.Target, bool) { return nil, false }, // its customer is gone
		OnError: func(err error) {
			fmt.Println(err)
			cancel()
		},
	})
	must(err)
	target, err := dispatch.NewTarget(dispatch.TargetOptions{ID: "customer", Definition: callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, URL: "https://example.com/?device={device}",
	}})
	must(err)
	request, err := dispatch.NewRequest(target, callbacktest.Uplink())
	must(err)
	request.ID = "2C30EA-1506"
	must(out.Enqueue(ctx, request))
	d, err := dispatch.New(dispatch.Options{Journal: out})
	must(err)
	fmt.Println(out.Run(ctx, d))
	for dead, err := range out.Dead(context.Background()) {
		fmt.Println(dead.TargetID, dead.Delivery.Request.HTTP.URL, dead.Cause, err)
	}
	// Output:
	// outbox: request "2C30EA-1506": outbox: unknown target
	// context canceled
	// customer https://example.com/?device=2C30EA gone <nil>
}
