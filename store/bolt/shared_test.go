package bolt_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/go-sigfox/sigfox/internal/sharedtest"
	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/bolt"
)

// What goroutines or handlers of one process share through the file.
func TestShared(t *testing.T) {
	t.Parallel()
	s := open(t, bolt.Options{Path: path(t)})
	for run := range 30 {
		tables := func(kind string) []store.Table { // each with a clock of its own
			return sharedtest.Tables(t, fmt.Sprint(kind, run), s, s, s)
		}
		t.Run(fmt.Sprint("seen/", run), func(t *testing.T) {
			t.Parallel()
			sharedtest.Seen(t, sharedtest.Random(uint64(run)), run, true, tables("seen")...)
		})
		t.Run(fmt.Sprint("downlinks/", run), func(t *testing.T) {
			t.Parallel()
			sharedtest.Downlinks(t, sharedtest.Random(uint64(run)), run, tables("downlinks")...)
		})
	}
	for name, test := range map[string]func(t sharedtest.T, s store.Store){
		"inbox":   func(t sharedtest.T, s store.Store) { sharedtest.Inbox(t, true, s, s, s) },
		"outbox":  func(t sharedtest.T, s store.Store) { sharedtest.Outbox(t, true, s, s, s) },
		"monitor": func(t sharedtest.T, s store.Store) { sharedtest.Monitor(t, true, s, s, s) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, open(t, bolt.Options{Path: path(t)})) })
		})
	}
}
