package seen_test

import (
	"slices"
	"testing"
)

// BenchmarkSeenRatio runs ours and the leaders in turns, in one process, and
// reports the median of the ratios of turns that follow each other: on a busy
// machine such ratios are steadier than those of separate runs.
func BenchmarkSeenRatio(b *testing.B) {
	const turn = 50_000
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			leaders := leadersAt(size.n)
			sets := make([]*filled, len(leaders))
			streams := make([]*stream, len(leaders))
			for i, c := range leaders {
				streams[i] = newStream(size.n, 1, 0)
				sets[i] = fill(c, size.n, streams[i:i+1])
			}
			costs := make([][]float64, len(leaders))
			for b.Loop() {
				for i, st := range streams {
					start := cpuTime()
					for range turn {
						k, _ := st.message()
						sets[i].seen(st, k)
					}
					costs[i] = append(costs[i], float64(cpuTime()-start)/turn)
				}
			}
			for i, c := range leaders {
				b.ReportMetric(median(costs[i]), c.name+"-ns")
				ratios := make([]float64, len(costs[i]))
				for turn, ours := range costs[0] {
					ratios[turn] = costs[i][turn] / ours
				}
				b.ReportMetric(median(ratios), c.name+"/ours")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// leadersAt returns ours and the peers that come near it, and the claims.
func leadersAt(n int) []candidate {
	names := []string{"ours", "ours-claim", "freelru.Synced", "map+ring", "xsync", "cockroachdb-swiss"}
	return slices.DeleteFunc(slices.Clone(candidates), func(c candidate) bool {
		return c.max < n || !slices.Contains(names, c.name)
	})
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
