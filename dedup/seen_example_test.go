package dedup_test

import (
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// The cloud sends a callback again when the answer was an error or came late.
// Only what was handled counts: after an Abort, the message is new again.
func ExampleSeen() {
	seen, err := dedup.NewSeen(dedup.SeenOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Unix(1_790_000_000, 0)
	message := sigfox.MessageKey{Device: 0x2C30EA, Time: now.Unix(), Seq: 7}

	fmt.Println(seen.Begin(now, message))
	fmt.Println(seen.Begin(now, message))
	seen.Abort(now, message) // the database was down

	now = now.Add(time.Minute) // the first retry
	fmt.Println(seen.Begin(now, message))
	seen.Commit(now, message)

	now = now.Add(2 * time.Minute) // the answer had come late
	fmt.Println(seen.Begin(now, message))
	// Output:
	// new
	// in flight
	// new
	// done
}

// Where handling cannot fail, Add does it in one step.
func ExampleSeen_Add() {
	seen, err := dedup.NewSeen(dedup.SeenOptions{Retain: time.Hour, MaxMessages: 100_000})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Unix(1_790_000_000, 0)
	for _, seq := range []sigfox.SeqNumber{7, 8, 7} {
		message := sigfox.MessageKey{Device: 0x2C30EA, Time: 1_790_000_000, Seq: seq}
		fmt.Println(seq, seen.Add(now, message))
	}
	// Output:
	// 7 new
	// 8 new
	// 7 done
}
