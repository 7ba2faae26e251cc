package aggregator_test

import (
	"slices"
	"testing"
)

// BenchmarkAggregatorRatio plays the candidates in turns, a short slice each, so that all
// of them meet the same machine. It reports the medians: ns of CPU for each
// reception, those of the stream included, and by what factor ours is faster.
func BenchmarkAggregatorRatio(b *testing.B) {
	const slice = 200_000
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			var loads []*load
			for _, c := range candidates[:7] {
				loads = append(loads, newLoad(size.live, c.make))
			}
			costs := make([][]float64, len(loads))
			for b.Loop() {
				for i, l := range loads {
					start := cpuTime()
					l.play(slice)
					costs[i] = append(costs[i], float64(cpuTime()-start)/slice)
				}
			}
			for i, c := range candidates[:len(loads)] {
				b.ReportMetric(median(costs[i]), c.name+"-ns")
				if i > 0 {
					ratios := make([]float64, len(costs[i]))
					for r := range ratios {
						ratios[r] = costs[i][r] / costs[1][r]
					}
					b.ReportMetric(median(ratios), c.name+"/ours")
				}
				loads[i].check(b)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
