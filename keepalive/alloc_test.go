//go:build !race

package keepalive_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
)

// millions is the number of operations of TestModelMillions.
const millions = 2_000_000

func TestTouchDoesNotAllocate(t *testing.T) {
	const devices = 10_000
	m := newMonitor(t, keepalive.Options{Delay: time.Hour, MaxDevices: devices})
	for i := range sigfox.DeviceID(devices) {
		require.NoError(t, m.Touch(t0, i))
	}
	now, id := t0, sigfox.DeviceID(0)
	batch := []sigfox.DeviceID{1, 2, 3, 5, 8, 13}
	for name, touch := range map[string]func(){
		"same tick": func() { _ = m.Touch(t0, 1) },
		"new tick": func() {
			now, id = now.Add(time.Second), (id+7919)%devices
			_ = m.Touch(now, id)
		},
		"batch": func() {
			now = now.Add(time.Second)
			_ = m.TouchAll(now, batch)
		},
		"full": func() { _ = m.Touch(now, 1<<31) },
		"nothing expired": func() {
			for range m.Expired(now) {
			}
		},
		"set": func() { _ = m.Set(now, id, 2*time.Hour) },
	} {
		require.Zero(t, testing.AllocsPerRun(1000, touch), name)
	}
}

func TestAlertsDoNotAllocate(t *testing.T) {
	m := newMonitor(t, keepalive.Options{Delay: time.Hour, MaxDevices: 1000})
	now := t0
	silence := func() {
		for i := range sigfox.DeviceID(100) {
			_ = m.Touch(now, i)
		}
		now = now.Add(time.Hour)
		n := 0
		for range m.Expired(now) {
			n++
		}
		if n != 100 {
			t.Fatal(n)
		}
	}
	silence() // joins
	require.Zero(t, testing.AllocsPerRun(100, silence))
}

// TestBytesPerDevice fills a monitor as devices join, which leaves the tables of
// all earlier sizes to the collector.
func TestBytesPerDevice(t *testing.T) {
	for _, c := range []struct {
		devices, max int
		bytes        float64
	}{
		{600_000, 1_000_000, 22},
		{1_000_000, 1_000_000, 22},
		{1_000_000, 10_000_000, 27}, // many small tables
	} {
		t.Run(fmt.Sprintf("%d of %d", c.devices, c.max), func(t *testing.T) {
			before := heapInUse()
			m := newMonitor(t, keepalive.Options{Delay: 24 * time.Hour, MaxDevices: c.max})
			for i := range c.devices {
				now := t0.Add(time.Duration(i) * 10 * time.Millisecond)
				if err := m.Touch(now, sigfox.DeviceID(uint32(i)*2654435761)); err != nil {
					t.Fatal(err)
				}
			}
			perDevice := float64(heapInUse()-before) / float64(c.devices)
			t.Logf("%.1f bytes per device", perDevice)
			require.Less(t, perDevice, c.bytes)
			runtime.KeepAlive(m)
		})
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapInuse
}
