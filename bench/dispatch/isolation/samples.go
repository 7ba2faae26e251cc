package main

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// sample is a latency in microseconds, of a block.
type sample struct {
	micros float32
	block  int32
}

// samples are those of an arm, the slowest first once they are sorted.
type samples []sample

func (s *samples) add(block int, micros []float32) {
	for _, m := range micros {
		*s = append(*s, sample{m, int32(block)})
	}
}

func (s samples) sort() {
	slices.SortFunc(s, func(a, b sample) int { return cmp.Compare(b.micros, a.micros) })
}

// quantile returns the latency that the part q of the samples does not exceed, where
// those of a block count as often as weights says. All blocks have as many.
func (s samples) quantile(q float64, weights []int) float64 {
	total := 0
	for _, w := range weights {
		total += w
	}
	above := int((1 - q) * float64(total) * float64(len(s)/len(weights)))
	for i := range s {
		if above -= weights[s[i].block]; above < 0 {
			return float64(s[i].micros)
		}
	}
	return 0
}

// byBlock returns the quantile of each block.
func (s samples) byBlock(q float64, blocks int) []float64 {
	all := make([]float64, blocks)
	for i := range all {
		weights := make([]int, blocks)
		weights[i] = 1
		all[i] = s.quantile(q, weights)
	}
	return all
}

// estimate is a ratio of quantiles with its interval.
type estimate struct{ ratio, low, high float64 }

// comparer returns what the ratio of two arms is when blocks count as often as weights says.
type comparer func(weights []int) float64

// pooled compares the quantiles of all samples.
func pooled(s, base samples, q float64) comparer {
	return func(weights []int) float64 { return s.quantile(q, weights) / base.quantile(q, weights) }
}

// typical is the median of the ratios of the blocks, which a few bad moments of the
// machine do not change.
func typical(s, base samples, blocks int, q float64) comparer {
	a, b := s.byBlock(q, blocks), base.byBlock(q, blocks)
	return func(weights []int) float64 {
		var ratios []float64
		for block, w := range weights {
			for range w {
				ratios = append(ratios, a[block]/b[block])
			}
		}
		slices.Sort(ratios)
		return (ratios[(len(ratios)-1)/2] + ratios[len(ratios)/2]) / 2
	}
}

const draws = 2000

// estimate draws blocks whole, for what the machine does in one hits all its arms.
func (ratio comparer) estimate(blocks int) estimate {
	weights := slices.Repeat([]int{1}, blocks)
	e := estimate{ratio: ratio(weights)}
	random := rand.New(rand.NewPCG(1, 1))
	drawn := make([]float64, draws)
	for i := range drawn {
		clear(weights)
		for range blocks {
			weights[random.IntN(blocks)]++
		}
		drawn[i] = ratio(weights)
	}
	slices.Sort(drawn)
	e.low, e.high = drawn[draws*25/1000], drawn[draws*975/1000]
	return e
}
