package aggregator_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkParallel has the goroutines share one stream, a block of messages at a
// time, so that the copies of a message come from different cores.
func BenchmarkParallel(b *testing.B) {
	for _, c := range candidates[:7] {
		b.Run("1M/"+c.name, func(b *testing.B) {
			l := newLoad(1_000_000, c.make)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for f := l.fork(); pb.Next(); {
					f.play(1)
				}
			})
		})
	}
}

// BenchmarkScaling plays the same slice of work by one goroutine and by two, in
// turns, and reports the median of how much faster the two are: by the time that
// passed, which needs two cores that nobody else uses, and by the CPU used, which
// leaves out what goroutines wait for each other.
func BenchmarkScaling(b *testing.B) {
	const slice = 400_000 // messages
	for _, c := range candidates[:7] {
		b.Run("1M/"+c.name, func(b *testing.B) {
			l := newLoad(1_000_000, c.make)
			other := l.fork()
			var one, two, ratio, cpu []float64
			for b.Loop() {
				start, used := time.Now(), cpuTime()
				l.playTo(l.stream.ticket.next.Load() + slice)
				alone, aloneUsed := time.Since(start), cpuTime()-used
				start, used = time.Now(), cpuTime()
				var wg sync.WaitGroup
				end := l.stream.ticket.next.Load() + slice
				for _, part := range []*load{l, other} {
					wg.Go(func() { part.playTo(end) })
				}
				wg.Wait()
				together, togetherUsed := time.Since(start), cpuTime()-used
				one = append(one, float64(alone)/(slice*copies))
				two = append(two, float64(together)/(slice*copies))
				ratio = append(ratio, float64(alone)/float64(together))
				cpu = append(cpu, 2*float64(aloneUsed)/float64(togetherUsed))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(one), "one-ns")
			b.ReportMetric(median(two), "two-ns")
			b.ReportMetric(median(ratio), "one/two")
			b.ReportMetric(median(cpu), "one/two-by-cpu")
		})
	}
}

// BenchmarkSkew has copies spread over messages by Zipf's law: few messages are
// heard by many stations, most by one. It reports quantiles of the time of a
// call, those of reading the clock included.
func BenchmarkSkew(b *testing.B) {
	const live = 1_000_000
	for _, c := range candidates[:7] {
		b.Run("1M/"+c.name, func(b *testing.B) {
			l := newLoad(live, c.make)
			zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.2, 1, live/10)
			recent := make([]arrival, live/10)
			times := make([]time.Duration, 0, 1<<20)
			for i := 0; b.Loop(); i++ {
				a := l.nextArrival()
				recent[i%len(recent)] = *a
				if old := &recent[(i+len(recent)-int(zipf.Uint64())%len(recent))%len(recent)]; i%2 == 1 && !old.now.IsZero() {
					copied := *old
					copied.now = a.now
					copied.frame.Station = a.frame.Station
					a = &copied
				}
				start := time.Now()
				l.add(a.now, &a.frame)
				if d := time.Since(start); len(times) < cap(times) {
					times = append(times, d)
				} else {
					times[i%len(times)] = d
				}
			}
			slices.Sort(times)
			for _, q := range []float64{0.5, 0.99, 0.999} {
				b.ReportMetric(float64(times[int(q*float64(len(times)-1))]), fmt.Sprintf("p%v-ns", 100*q))
			}
			b.ReportMetric(float64(times[len(times)-1]), "max-ns")
		})
	}
}

// BenchmarkGrowth fills empty tables to a million messages, and reports the calls
// that take most CPU: the time that passes is that of a busy machine.
func BenchmarkGrowth(b *testing.B) {
	const live = 1_000_000
	runtime.LockOSThread()
	for b.Loop() {
		l := newLoadInto(new(counter), live, newOurs)
		times := make([]time.Duration, 0, live*copies)
		for range live * copies {
			a := l.nextArrival()
			start := threadTime()
			l.add(a.now, &a.frame)
			times = append(times, threadTime()-start)
		}
		slices.Sort(times)
		b.ReportMetric(float64(times[len(times)/1000*999]), "p99.9-ns")
		b.ReportMetric(float64(times[len(times)-10]), "tenth-longest-ns")
		b.ReportMetric(float64(times[len(times)-1]), "longest-ns")
	}
}

// threadTime is what the thread has used of its core.
func threadTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}
