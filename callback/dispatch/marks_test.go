package dispatch_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox/callback/dispatch"
)

func TestMarks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 200).Draw(t, "limit")
		numbers := rapid.SliceOfDistinct(rapid.IntRange(0, limit-1), rapid.ID[int]).Draw(t, "numbers")
		start := rapid.IntRange(0, limit).Draw(t, "start")
		set := make(map[int]bool)
		for _, n := range numbers {
			set[n] = true
		}
		slices.Sort(numbers)
		i, _ := slices.BinarySearch(numbers, start)
		require.Equal(t, slices.Concat(numbers[i:], numbers[:i]), dispatch.From(limit, set, start))
	})
}
