package bolt_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/bolt"
	"github.com/go-sigfox/sigfox/store/storetest"
)

// path names a file in a directory of the test.
func path(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "store.db")
}

// open opens a store that the test closes at its end.
func open(t testing.TB, o bolt.Options) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Options{
		Open: func(t *testing.T) store.Store {
			t.Helper()
			return open(t, bolt.Options{Path: path(t)})
		},
		Reopen: func(t *testing.T, s store.Store) store.Store {
			t.Helper()
			require.NoError(t, s.(*bolt.Store).Close())
			return open(t, bolt.Options{Path: s.(*bolt.Store).Path()})
		},
		EndsLeases: true,
	})
}
