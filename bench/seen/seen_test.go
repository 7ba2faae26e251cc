// Package seen_test measures dedup.Seen against what Go developers use to tell
// messages that were seen before. The sub-benchmarks are named <size>/<candidate>,
// the size being the number of messages that are remembered.
package seen_test

import (
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-sigfox/sigfox"
)

var sizes = []struct {
	name string
	n    int
}{{"10k", 10_000}, {"100k", 100_000}, {"1M", 1_000_000}, {"10M", 10_000_000}}

// run is one sub-benchmark.
type run struct {
	candidate
	n    int
	name string
}

// runs gives each candidate at each size.
func runs(yield func(run) bool) {
	for _, size := range sizes {
		for _, c := range candidates {
			if size.n <= c.max && !yield(run{c, size.n, size.name + "/" + c.name}) {
				return
			}
		}
	}
}

// filled is a candidate that has been in use for a while.
type filled struct {
	set
	bytesPerEntry, gcMillis float64
	cpu                     time.Duration
}

func fill(c candidate, n int, streams []*stream) *filled {
	before := heap()
	f := &filled{set: c.build(n)}
	for range 5 * n / 2 / len(streams) {
		for _, st := range streams { // in turns, as they share the clock
			f.seen(st, st.first())
		}
	}
	f.bytesPerEntry = float64(heap()-before) / float64(n)
	t := time.Now()
	runtime.GC()
	f.gcMillis = float64(time.Since(t).Microseconds()) / 1000
	f.cpu = cpuTime()
	return f
}

func (f *filled) report(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(cpuTime()-f.cpu)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(f.bytesPerEntry, "B/entry")
	b.ReportMetric(f.gcMillis, "gc-ms")
	runtime.KeepAlive(f.set)
}

// cpuTime is the processor time of this process. Other than the time on the
// clock, it leaves out what other processes of a busy machine take.
func cpuTime() time.Duration {
	var u syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// BenchmarkSeen is one question "was this message seen before?".
func BenchmarkSeen(b *testing.B) {
	for r := range runs {
		b.Run(r.name, func(b *testing.B) {
			st := newStream(r.n, 1, 0)
			s := fill(r.candidate, r.n, []*stream{st})
			wrong := 0
			b.ReportAllocs()
			for b.Loop() {
				k, isNew := st.message()
				if s.seen(st, k) == isNew {
					wrong++
				}
			}
			s.report(b)
			b.ReportMetric(float64(wrong)/float64(b.N)*1e6, "wrong-ppm")
		})
	}
}

// BenchmarkHarness is the cost of making up the messages.
func BenchmarkHarness(b *testing.B) {
	st := newStream(1_000_000, 1, 0)
	wrong := 0
	for b.Loop() {
		if k, isNew := st.message(); (k.Seq == sigfox.NoSeqNumber) == isNew {
			wrong++
		}
	}
}

// BenchmarkCores is BenchmarkSeen from as many goroutines as -cpu says. They
// share the table, but not the messages.
func BenchmarkCores(b *testing.B) {
	for r := range runs {
		b.Run(r.name, func(b *testing.B) {
			if r.candidate.name == "otter-ttl" {
				b.Skip("its clock is not safe for concurrent use here")
			}
			procs := runtime.GOMAXPROCS(0)
			streams := make([]*stream, procs)
			for i := range streams {
				streams[i] = newStream(r.n, procs, i)
			}
			s := fill(r.candidate, r.n, streams)
			var id atomic.Int32
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				st := *streams[id.Add(1)-1] // on a stack of its own
				for pb.Next() {
					k, _ := st.message()
					s.seen(&st, k)
				}
			})
			s.report(b)
		})
	}
}

// BenchmarkSkewed is BenchmarkSeen with few devices that send most, and reports
// the 99th percentile of a call. Each call is timed, which takes part of it.
func BenchmarkSkewed(b *testing.B) {
	for r := range runs {
		b.Run(r.name, func(b *testing.B) {
			st := newSkewed(r.n)
			s := r.build(r.n)
			for range 6 * r.n {
				k := st.message()
				s.seen(st.stream, k)
			}
			var calls latencies
			for b.Loop() {
				k := st.message()
				t := time.Now()
				s.seen(st.stream, k)
				calls.add(time.Since(t))
			}
			calls.report(b)
		})
	}
}

// BenchmarkGrow fills an empty table, and reports the longest call: nobody likes
// to wait while a table is moved.
func BenchmarkGrow(b *testing.B) {
	for r := range runs {
		b.Run(r.name, func(b *testing.B) {
			var calls latencies
			for b.Loop() {
				st := newStream(r.n, 1, 0)
				s := r.build(r.n)
				for range r.n {
					k := st.first()
					t := time.Now()
					s.seen(st, k)
					calls.add(time.Since(t))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(r.n), "ns/op") // not the whole filling
			calls.report(b)
		})
	}
}

// latencies is a histogram of up to 8 ms in steps of 16 ns, and the longest.
type latencies struct {
	count   [1 << 19]uint32
	total   int
	longest []time.Duration
}

func (l *latencies) add(d time.Duration) {
	l.count[min(int(d)>>4, len(l.count)-1)]++
	l.total++
	if d > 100*time.Microsecond {
		l.longest = append(l.longest, d)
	}
}

func (l *latencies) quantile(q float64) time.Duration {
	rest := int(q * float64(l.total))
	for i, c := range l.count {
		if rest -= int(c); rest < 0 {
			return time.Duration(i<<4 + 8)
		}
	}
	return time.Duration(len(l.count) << 4)
}

func (l *latencies) report(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(l.quantile(0.99)), "p99-ns")
	b.ReportMetric(float64(l.quantile(0.9999)), "p99.99-ns")
	if len(l.longest) > 0 {
		b.ReportMetric(float64(slices.Max(l.longest)), "max-ns")
	}
}
