package nats_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/go-sigfox/sigfox/internal/sharedtest"
	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/nats"
)

// What three replicas share, each with a connection of its own.
func TestShared(t *testing.T) {
	t.Parallel()
	for _, nodes := range []int{1, 3} {
		t.Run(strconv.Itoa(nodes), func(t *testing.T) {
			t.Parallel()
			c := start(t, nodes)
			var stores []store.Store
			for range 3 {
				stores = append(stores, open(t, connect(t, c), nats.Options{}))
			}
			for name, test := range map[string]func(sharedtest.T){
				"inbox":   func(t sharedtest.T) { sharedtest.Inbox(t, false, stores...) },
				"outbox":  func(t sharedtest.T) { sharedtest.Outbox(t, false, stores...) },
				"monitor": func(t sharedtest.T) { sharedtest.Monitor(t, false, stores...) },
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t)
				})
			}
			for run := range 10 {
				t.Run(fmt.Sprint("seen/", run), func(t *testing.T) {
					t.Parallel()
					sharedtest.Seen(t, sharedtest.Random(uint64(run)), run, false, sharedtest.Tables(t, "seen", stores...)...)
				})
				t.Run(fmt.Sprint("downlinks/", run), func(t *testing.T) {
					t.Parallel()
					sharedtest.Downlinks(t, sharedtest.Random(uint64(run)), run, sharedtest.Tables(t, "downlinks", stores...)...)
				})
			}
		})
	}
}
