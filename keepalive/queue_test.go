package keepalive_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox/keepalive"
)

func TestQueue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var q keepalive.Queue[int]
		var want []int
		next := 0
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				for range rapid.IntRange(1, 600).Draw(t, "n") {
					q.Push(next)
					want = append(want, next)
					next++
				}
			},
			"pop": func(t *rapid.T) {
				for range rapid.IntRange(1, 600).Draw(t, "n") {
					x, ok := q.Pop()
					if ok != (len(want) > 0) || ok && x != want[0] {
						t.Fatalf("%d, %t", x, ok)
					}
					want = want[min(1, len(want)):]
				}
			},
			"": func(t *rapid.T) {
				if got := slices.Collect(q.All()); !slices.Equal(want, got) {
					t.Fatalf("%d, want %d", got, want)
				}
			},
		})
	})
}
