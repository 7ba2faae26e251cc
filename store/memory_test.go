package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/storetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Options{Open: func(*testing.T) store.Store { return store.NewMemory() }})
}

func TestDurability_String(t *testing.T) {
	t.Parallel()
	for d, want := range map[store.Durability]string{
		store.Volatile:   "volatile: gone with the process",
		store.CrashSafe:  "crash safe: survives the process, not the loss of power",
		store.Synced:     "synced: survives the loss of power, not of the disk",
		store.Replicated: "replicated: survives the loss of a machine",
		9:                "unknown",
	} {
		require.Equal(t, want, d.String())
	}
}
