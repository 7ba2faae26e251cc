package sharedtest_test

import (
	"testing"
	"testing/synctest"

	"github.com/go-sigfox/sigfox/internal/sharedtest"
	"github.com/go-sigfox/sigfox/store"
)

// What needs no table of its own package to be checked on runs here on store.Memory;
// the models of Seen and Downlinks are run by their packages.
func TestMemory(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(t sharedtest.T, s store.Store){
		"inbox":   func(t sharedtest.T, s store.Store) { sharedtest.Inbox(t, true, s, s, s) },
		"outbox":  func(t sharedtest.T, s store.Store) { sharedtest.Outbox(t, true, s, s, s) },
		"monitor": func(t sharedtest.T, s store.Store) { sharedtest.Monitor(t, true, s, s, s) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, store.NewMemory()) })
		})
	}
}
