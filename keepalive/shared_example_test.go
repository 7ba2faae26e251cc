package keepalive_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox/keepalive"
	"github.com/go-sigfox/sigfox/store"
)

// Two replicas watch; one of them gives the alert.
func ExampleSharedMonitor() {
	table, err := store.NewMemory().Table(context.Background(), "keepalive") // a table of store/nats, to be shared
	if err != nil {
		panic(err)
	}
	done := errors.New("one alert is enough")
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	ended := make(chan error)
	for range 2 {
		m, err := keepalive.NewSharedMonitor(table,
			keepalive.Options{Delay: time.Second, MinDelay: time.Second}, // short, for the example
			keepalive.SharedOptions{Grace: 100 * time.Millisecond, Flush: 10 * time.Millisecond})
		if err != nil {
			panic(err)
		}
		_ = m.Touch(time.Now(), 0x2C30EA) // on either replica, or on both
		go func() {
			ended <- m.Run(ctx, func(_ context.Context, b keepalive.Breach) error {
				fmt.Println("silent:", b.Device)
				time.AfterFunc(200*time.Millisecond, func() { stop(done) }) // time for a second one
				return nil
			})
		}()
	}
	fmt.Println(<-ended)
	<-ended
	// Output:
	// silent: 2C30EA
	// one alert is enough
}
