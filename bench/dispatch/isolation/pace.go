package main

import (
	"encoding/binary"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// pace calls do for the numbers below n, one after the other, each when it is due. It
// waits for a clock of the system as for a connection: the timers of the runtime would
// be late by up to a millisecond, and a thread that sleeps keeps others from the processor.
func pace(n int, gap time.Duration, do func(i int, due time.Time) error) error {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return err
	}
	clock := os.NewFile(uintptr(fd), "clock")
	defer clock.Close() //nolint:errcheck // nothing is written
	period := unix.NsecToTimespec(gap.Nanoseconds())
	start := time.Now()
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: period, Value: period}, nil); err != nil {
		return err
	}
	var buf [8]byte
	for i := 0; i < n; {
		if _, err := clock.Read(buf[:]); err != nil {
			return err
		}
		for ticks := binary.NativeEndian.Uint64(buf[:]); ticks > 0 && i < n; ticks-- {
			i++
			if err := do(i-1, start.Add(time.Duration(i)*gap)); err != nil {
				return err
			}
		}
	}
	return nil
}
