package downlink_test

import (
	"context"
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/store"
)

// An application pushes on one replica, the device asks on another.
func ExampleSharedQueue() {
	ctx := context.Background()
	table, err := store.NewMemory().Table(ctx, "downlinks") // a table of store/nats, to be shared
	if err != nil {
		panic(err)
	}
	o := downlink.QueueOptions{OnDone: func(d downlink.Done) { fmt.Println(d.Downlink.Ref, d.Outcome) }}
	one, err := downlink.NewSharedQueue(table, o)
	if err != nil {
		panic(err)
	}
	other, err := downlink.NewSharedQueue(table, o)
	if err != nil {
		panic(err)
	}

	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	if err := one.Push(ctx, now, 0x2C30EA, downlink.Data{0x11, 0x22}, downlink.PushOptions{Ref: 42}); err != nil {
		panic(err)
	}
	reply, err := other.Next(ctx, now, sigfox.MessageKey{Device: 0x2C30EA, Time: now.Unix(), Seq: 7})
	if err != nil {
		panic(err) // a handler returns it, and the cloud comes again
	}
	data, _ := reply.Data()
	fmt.Println(data)
	ack := downlink.Ack{Device: 0x2C30EA, Code: sigfox.Some(downlink.Acked)}
	if _, _, err := one.Acknowledge(ctx, now.Add(35*time.Second), ack); err != nil {
		panic(err)
	}
	// Output:
	// 1122000000000000
	// 42 confirmed
}
