//go:build !race

package dedup_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/dedup"
)

// These tests count allocations of the whole process, so they are not parallel.

func TestSeenAllocatesNothing(t *testing.T) {
	s := newSeen(t, dedup.SeenOptions{MaxMessages: 10_000})
	i := 0
	operation := func() {
		now, k := seenTime(i), seenKey(i)
		s.Begin(now, k)
		s.Begin(now, k)
		s.Abort(now, k)
		s.Begin(now, k)
		s.Commit(now, k)
		s.Add(now, seenKey(i/2))
		i++
	}
	for range 100_000 {
		operation() // the table has grown as far as it may
	}
	require.Zero(t, testing.AllocsPerRun(100_000, operation))
}

// TestSeenBytesPerMessage fills a Seen and asks the runtime what it takes.
func TestSeenBytesPerMessage(t *testing.T) {
	const n = 1_000_000
	before := heapInUse()
	s := newSeen(t, dedup.SeenOptions{MaxMessages: n})
	for i := range n {
		s.Add(seenTime(i), seenKey(i))
	}
	require.LessOrEqual(t, float64(heapInUse()-before)/n, 16.0)
	require.Equal(t, n, s.Stats().Messages)
}
