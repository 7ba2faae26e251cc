package store_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox/internal/sharedtest"
	"github.com/go-sigfox/sigfox/store"
)

func TestSeenModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := store.NewMemory()
		choose := func(label string, n int) int { return rapid.IntRange(0, n-1).Draw(rt, label) }
		sharedtest.Seen(rt, choose, 0, true, sharedtest.Tables(rt, "seen", s, s, s)...)
	})
}
