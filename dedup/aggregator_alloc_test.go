//go:build !race

package dedup_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// traffic plays messages of four stations each, the last of which is heard
// again, at a constant rate.
type traffic struct {
	*dedup.Aggregator
	step     time.Duration
	timeless bool // the time of messages is unknown, so no table ever becomes empty
	n        int
}

func (p *traffic) play(messages int) {
	for range messages {
		now := start.Add(time.Duration(p.n) * p.step)
		f := frame(sigfox.SeqNumber(p.n%4096), 0)
		f.Device, f.Time = sigfox.DeviceID(p.n*7919), now.Unix()
		if p.timeless {
			f.Time = 0
		}
		for _, station := range []sigfox.StationID{1, 2, 3, 4, 4} {
			f.Station = station
			p.Add(now, f)
		}
		if p.n%100 == 0 {
			for range p.Closed(now) {
			}
		}
		p.n++
	}
}

// These tests measure the heap of the process, so they do not run in parallel.

func TestAggregatorAllocatesNothing(t *testing.T) { //nolint:paralleltest // see above
	for _, timeless := range []bool{false, true} {
		p := &traffic{
			Aggregator: newAggregator(t, dedup.AggregatorOptions{}), step: 5 * time.Millisecond, timeless: timeless,
		}
		p.play(50_000) // the tables reach their size
		require.Zero(t, testing.AllocsPerRun(100, func() { p.play(100) }), "a call of Closed included")
		require.NotZero(t, p.Stats().Closed)
	}
}

func TestAggregatorBytesPerMessage(t *testing.T) { //nolint:paralleltest // see above
	const live = 200_000
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 2, 64} { // for which there are more or fewer tables at a time
		runtime.GOMAXPROCS(cores)
		before := heapInUse()
		p := &traffic{
			Aggregator: newAggregator(t, dedup.AggregatorOptions{
				Retain: dedup.DefaultWindow, MaxMessages: live,
			}),
			step: dedup.DefaultWindow / live,
		}
		p.play(2 * live)
		perMessage := float64(heapInUse()-before) / float64(p.Stats().Open)
		require.LessOrEqual(t, perMessage, 96.0, "%d cores", cores)
		require.Zero(t, p.Stats().FullMessages)
		runtime.KeepAlive(p)
	}
}

func TestSequenceWatchMemory(t *testing.T) { //nolint:paralleltest // see above
	const devices = 200_000
	before := heapInUse()
	w := newWatch(t, dedup.SequenceOptions{})
	for id := range sigfox.DeviceID(devices) {
		w.Observe(start, dedup.Numbered{Device: id})
	}
	require.LessOrEqual(t, float64(heapInUse()-before)/devices, 32.0)
	seq := sigfox.SeqNumber(0)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		seq++
		w.Observe(start, dedup.Numbered{Device: 1, Seq: seq})
	}))
	runtime.KeepAlive(w)
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}
