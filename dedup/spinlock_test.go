package dedup_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/dedup"
)

// TestSpinLockExcludes has goroutines count without atomic instructions: none is
// lost, and what each wrote under the lock the next one sees.
func TestSpinLockExcludes(t *testing.T) {
	t.Parallel()
	const goroutines, times = 8, 20_000
	var (
		lock  dedup.SpinLock
		wg    sync.WaitGroup
		words [64]int
	)
	for range goroutines {
		wg.Go(func() {
			for range times {
				lock.Lock()
				for i := range words {
					words[i]++
				}
				lock.Unlock()
			}
		})
	}
	wg.Wait()
	for _, n := range words {
		require.Equal(t, goroutines*times, n)
	}
	require.True(t, lock.TryLock())
	require.False(t, lock.TryLock())
}
