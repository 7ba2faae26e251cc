package template_test

import (
	"testing"
	"time"

	"github.com/go-sigfox/sigfox/template"
)

// candidate is one way to do the work that is compared.
type candidate struct {
	name string
	work func() ([]byte, error)
}

func parse(tb testing.TB, src string, place template.Place) *template.Template {
	tb.Helper()
	t, err := template.Parse(src, template.Options{Place: place, Layout: layout})
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// runAll benchmarks the candidates one after the other. All must return want.
func runAll(b *testing.B, candidates []candidate, want string) {
	b.Helper()
	for _, c := range candidates {
		b.Run(c.name, func(b *testing.B) {
			if got, err := c.work(); err != nil || string(got) != want {
				b.Fatalf("got %s, %v, want %s", got, err, want)
			}
			b.ReportAllocs()
			for b.Loop() {
				_, _ = c.work()
			}
		})
	}
}

// runInTurns is for a machine that is not quiet: the candidates take turns of a
// few microseconds, and the fastest turn of each is reported, in ns, and how
// many times that of the first candidate it is.
func runInTurns(b *testing.B, candidates []candidate) {
	b.Helper()
	const turns, calls = 3000, 100
	best := make([]time.Duration, len(candidates))
	for b.Loop() {
		for turn := range turns {
			for i, c := range candidates {
				start := time.Now()
				for range calls {
					_, _ = c.work()
				}
				if d := time.Since(start); turn == 0 || d < best[i] {
					best[i] = d
				}
			}
		}
	}
	for i, c := range candidates {
		b.ReportMetric(float64(best[i].Nanoseconds())/calls, c.name+"-ns")
		b.ReportMetric(float64(best[i])/float64(best[0]), c.name+"/"+candidates[0].name)
	}
}
