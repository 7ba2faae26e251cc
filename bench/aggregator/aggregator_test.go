package aggregator_test

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"
)

var sizes = []struct {
	name string
	live int
}{{"10k", 10_000}, {"100k", 100_000}, {"1M", 1_000_000}}

// BenchmarkAggregator is the cost of a reception, emission included, with as many
// messages in the window as the name says.
func BenchmarkAggregator(b *testing.B) {
	for _, size := range sizes {
		for _, c := range candidates {
			b.Run(fmt.Sprintf("%s/%s", size.name, c.name), func(b *testing.B) {
				before := heapInUse()
				l := newLoad(size.live, c.make)
				bytes := float64(heapInUse()-before) / float64(size.live)
				gc := gcMillis()
				b.ReportAllocs()
				cpu := cpuTime()
				for b.Loop() {
					l.play(1)
				}
				b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N), "cpu-ns/op")
				b.ReportMetric(bytes, "B/live")
				b.ReportMetric(gc, "gc-ms")
				l.check(b)
			})
		}
	}
}

// load is a candidate with a full window and the stream that keeps it full.
type load struct {
	candidate
	ticker // nil if it needs none
	*counter
	stream *stream
}

func newLoad(live int, construct func(int, sink) candidate) *load {
	n := new(counter)
	l := newLoadInto(n, live, construct)
	l.counter = n
	l.play(2 * live * copies)
	return l
}

func newLoadInto(s sink, live int, construct func(int, sink) candidate) *load {
	l := &load{candidate: construct(live, s), stream: newStream(newTicket(live))}
	l.ticker, _ = l.candidate.(ticker)
	return l
}

// fork returns a load for another goroutine, of the same stream and candidate.
func (l *load) fork() *load {
	f := *l
	f.stream = newStream(l.stream.ticket)
	return &f
}

// play plays so many receptions.
func (l *load) play(receptions int) {
	for range receptions {
		a := l.nextArrival()
		l.add(a.now, &a.frame)
	}
}

// playTo plays until a message of the stream is reached, together with the other
// goroutines that do.
func (l *load) playTo(message int64) {
	for l.stream.end < message {
		l.play(block * copies)
	}
}

// nextArrival returns the next arrival, after a tick if it is time for one.
func (l *load) nextArrival() *arrival {
	if l.stream.next == len(l.stream.arrivals) {
		l.nextBlock()
	}
	a := &l.stream.arrivals[l.stream.next]
	l.stream.next++
	return a
}

func (l *load) nextBlock() {
	l.stream.fill()
	if l.ticker != nil && l.stream.ticks {
		l.tick(l.stream.arrivals[0].now)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// gcMillis is the median time of a garbage collection.
func gcMillis() float64 {
	var times []float64
	for range 5 {
		start := time.Now()
		runtime.GC()
		times = append(times, time.Since(start).Seconds()*1000)
	}
	return median(times)
}

// cpuTime is what the process has used of all cores. Unlike the time that has
// passed it does not depend on what else the machine does.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
