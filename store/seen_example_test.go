package store_test

import (
	"context"
	"fmt"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/store"
)

// Two replicas receive the same message.
func ExampleNewSeen() {
	table, err := store.NewMemory().Table(context.Background(), "seen") // a table of store/nats, to be shared
	if err != nil {
		panic(err)
	}
	for replica := range 2 {
		seen, err := store.NewSeen(table, store.SeenOptions{})
		if err != nil {
			panic(err)
		}
		h, err := callback.NewHandler(func(_ context.Context, m callback.Uplink) error {
			fmt.Println("replica", replica, "handles a message of", m.Device)
			return nil
		}, callback.Options{Verifier: callback.Unverified(), Claims: seen})
		if err != nil {
			panic(err)
		}
		answer := callbacktest.Deliver(h, callbacktest.NewRequest("/", callbacktest.JSON, callbacktest.Uplink()))
		fmt.Println("answer", answer.Code)
	}
	// Output:
	// replica 0 handles a message of 2C30EA
	// answer 204
	// answer 204
}
