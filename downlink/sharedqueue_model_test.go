package downlink_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox/internal/sharedtest"
	"github.com/go-sigfox/sigfox/store"
)

func TestSharedQueueModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := store.NewMemory()
		choose := func(label string, n int) int { return rapid.IntRange(0, n-1).Draw(rt, label) }
		sharedtest.Downlinks(rt, choose, 0, sharedtest.Tables(rt, "downlinks", s, s, s)...)
	})
}
