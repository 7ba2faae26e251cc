package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/callback/inbox"
	"github.com/go-sigfox/sigfox/store"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// The cloud is answered when the message is safe, and the function runs afterwards.
// With store/bolt instead of the memory messages survive restarts.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	in, err := inbox.New(ctx, func(_ context.Context, m callback.Uplink) error {
		fmt.Println("handled", m.Device, m.SeqNumber.Or(0))
		cancel()
		return nil
	}, inbox.Options[callback.Uplink]{
		Store:   store.NewMemory(),
		OrderBy: func(m callback.Uplink) string { return m.Device.String() },
	})
	must(err)
	handler, err := callback.NewHandler(in.Put, callback.Options{Verifier: callback.Unverified()})
	must(err)

	request := callbacktest.NewRequest("/", callbacktest.JSON, callbacktest.Uplink())
	answer := callbacktest.Deliver(handler, request)
	waiting, _, err := in.Len(ctx)
	must(err)
	fmt.Println(http.StatusText(answer.Code), waiting, "waiting")
	fmt.Println(in.Run(ctx))
	// Output:
	// No Content 1 waiting
	// handled 2C30EA 424
	// context canceled
}

// What a function failed for too often can be looked at, and handled again.
func ExampleInbox_Dead() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	in, err := inbox.New(ctx, func(context.Context, callback.Uplink) error {
		return errors.New("unknown device")
	}, inbox.Options[callback.Uplink]{
		Store: store.NewMemory(), Name: "readings", Delays: []time.Duration{}, OnError: func(inbox.Failure[callback.Uplink]) { cancel() },
	})
	must(err)
	must(in.Put(ctx, callbacktest.Uplink()))
	fmt.Println(in.Run(ctx))
	for dead, err := range in.Dead(context.Background()) {
		fmt.Println(dead.Message.Device, dead.Error, dead.Attempts, err)
		must(in.Revive(context.Background(), dead.ID))
	}
	waiting, dead, err := in.Len(context.Background())
	fmt.Println(waiting, dead, err)
	// Output:
	// context canceled
	// 2C30EA unknown device 1 <nil>
	// 1 0 <nil>
}
