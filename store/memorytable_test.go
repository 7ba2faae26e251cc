package store_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/store"
)

func TestMemory_forgetsWhatHasEnded(t *testing.T) {
	table, err := store.NewMemory().Table(t.Context(), "t")
	require.NoError(t, err)
	now := time.Unix(1_700_000_000, 0)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for n := range 200_000 { // none is ever looked at again
		_, err := table.Create(t.Context(), now, fmt.Sprint("key-", n), nil, time.Minute)
		require.NoError(t, err)
		now = now.Add(time.Second)
	}
	require.Less(t, heap()-min(before, heap()), uint64(4<<20))
	runtime.KeepAlive(table)
}
