package keepalive_test

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
)

// TestConcurrentUse gives every goroutine devices of its own in shared tables:
// each must see exactly what its own model says, whatever the others do.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	const workers, devices, steps = 4, 500, 20_000
	m := newMonitor(t, keepalive.Options{Delay: time.Hour, MaxDevices: 1 << 20})
	require.NoError(t, m.Set(t0, 0xffffffff, 0)) // the clock starts at t0
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			p := &pair{&model{opts: keepalive.Options{Delay: time.Hour, MaxDevices: 1 << 20}, devices: map[sigfox.DeviceID]modelDevice{}}, m, t0}
			r := rand.New(rand.NewPCG(uint64(w), 1))
			for range steps {
				id := sigfox.DeviceID(r.IntN(devices)*workers + w)
				switch n := r.IntN(100); {
				case n < 80:
					p.touch(t, id)
				case n < 90:
					p.set(t, id, time.Hour*time.Duration(1+r.IntN(5)))
				default:
					p.remove(t, id)
				}
			}
			for id, want := range p.status() {
				got, ok := m.Lookup(id)
				if !ok || got != want {
					t.Errorf("%v: %v, want %v", id, got, want)
				}
			}
		})
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			for range m.All() {
				break
			}
			for range m.Expired(t0) {
				t.Error("nothing is due")
			}
			if err := m.Snapshot(&bytes.Buffer{}); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	close(stop)
	readers.Wait()
}

// TestConcurrentSilences has several goroutines look for the silent devices of
// each hour while the others speak: each silence is found once.
func TestConcurrentSilences(t *testing.T) {
	t.Parallel()
	const devices, hours = 3000, 30
	m := newMonitor(t, keepalive.Options{Delay: time.Hour, MaxDevices: 1 << 16})
	for i := range sigfox.DeviceID(devices) {
		require.NoError(t, m.Touch(t0, i))
	}
	for h := 1; h <= hours; h++ {
		now := at(time.Duration(h) * time.Hour)
		var alerts [devices]atomic.Int32
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for b := range m.Expired(now) {
					alerts[b.Device].Add(1)
				}
			})
		}
		wg.Go(func() { // a third of the devices speaks now, whether it was found or not
			for i := sigfox.DeviceID(0); i < devices; i += 3 {
				if err := m.Touch(now, i); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Wait()
		for i := range alerts {
			n := alerts[i].Load()
			switch {
			case i%3 == 0:
				require.LessOrEqual(t, n, int32(1), "device %d, hour %d", i, h)
			case h == 1:
				require.Equal(t, int32(1), n, "device %d", i)
			default:
				require.Zero(t, n, "device %d, hour %d", i, h)
			}
		}
	}
}

// TestTouchWhileGrowing updates devices while others join and their tables move.
func TestTouchWhileGrowing(t *testing.T) {
	t.Parallel()
	const old, joining = 1000, 30_000
	begin := time.Now()
	begin = begin.Add(-time.Duration(begin.Nanosecond())) // a whole second
	m := newMonitor(t, keepalive.Options{Delay: time.Hour, MaxDevices: 1 << 20})
	for i := range sigfox.DeviceID(old) {
		require.NoError(t, m.Touch(begin, i))
	}
	var wg sync.WaitGroup
	var last [old]int64
	done := make(chan struct{})
	wg.Go(func() {
		for n := int64(1); ; n++ {
			i := n % old
			last[i] = n
			now, id := begin.Add(time.Duration(n)*time.Second), sigfox.DeviceID(i)
			err := m.Touch(now.Add(-time.Second/2), id) // counts as heard at now
			if n%2 == 0 {
				err = m.TouchAll(now, []sigfox.DeviceID{id})
			}
			if err != nil {
				t.Error(err)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for i := range sigfox.DeviceID(joining) {
		require.NoError(t, m.Touch(begin, old+i))
	}
	close(done)
	wg.Wait()
	require.Equal(t, old+joining, m.Len())
	for i, n := range last {
		s, ok := m.Lookup(sigfox.DeviceID(i))
		require.True(t, ok)
		require.Equal(t, begin.Round(0).UTC().Add(time.Duration(n)*time.Second), s.LastSeen)
	}
}
