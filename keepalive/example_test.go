package keepalive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox/keepalive"
)

func ExampleMonitor() {
	m, err := keepalive.New(keepalive.Options{Delay: time.Hour})
	if err != nil {
		panic(err)
	}
	noon := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	_ = m.Touch(noon, 0x2C30EA)
	_ = m.Set(noon, 0x1FD48BE, 30*time.Minute) // a delay of its own

	for now := noon; now.Before(noon.Add(2 * time.Hour)); now = now.Add(20 * time.Minute) {
		for b := range m.Expired(now) {
			fmt.Printf("%s: %v silent since %s\n", now.Format(time.TimeOnly), b.Device, b.LastSeen.Format(time.TimeOnly))
		}
	}
	// Output:
	// 12:40:00: 1FD48BE silent since 12:00:00
	// 13:00:00: 2C30EA silent since 12:00:00
}

func ExampleMonitor_Run() {
	m, err := keepalive.New(keepalive.Options{
		Delay:    time.Second, // short, for the example
		MinDelay: time.Second,
	})
	if err != nil {
		panic(err)
	}
	_ = m.Touch(time.Now(), 0x2C30EA)

	done := errors.New("one alert is enough")
	ctx, stop := context.WithCancelCause(context.Background())
	err = m.Run(ctx, func(_ context.Context, b keepalive.Breach) error {
		fmt.Println("silent:", b.Device)
		stop(done)
		return nil // an error would be tried again
	})
	fmt.Println(err)
	// Output:
	// silent: 2C30EA
	// one alert is enough
}

func ExampleRestore() {
	o := keepalive.Options{Delay: time.Hour}
	m, err := keepalive.New(o)
	if err != nil {
		panic(err)
	}
	noon := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	_ = m.Touch(noon, 0x2C30EA)

	var file bytes.Buffer
	if err := m.Snapshot(&file); err != nil {
		panic(err)
	}
	// The process stops, and starts again two hours later.
	m, err = keepalive.Restore(o, &file)
	if err != nil {
		panic(err)
	}
	for b := range m.Expired(noon.Add(2 * time.Hour)) {
		fmt.Println("silent:", b.Device)
	}
	// Output: silent: 2C30EA
}
