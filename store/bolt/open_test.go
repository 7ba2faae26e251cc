package bolt_test

import (
	"bufio"
	"encoding/binary"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/bolt"
)

func TestOpen_Options(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]bolt.Options{
		"no path":             {},
		"few bytes":           {Path: "x", MaxBytes: 1<<20 - 1},
		"negative items":      {Path: "x", MaxItems: -1},
		"negative timeout":    {Path: "x", LockTimeout: -1},
		"negative compaction": {Path: "x", CompactAbove: -0.1},
		"much compaction":     {Path: "x", CompactAbove: 1.1},
		"no compaction":       {Path: "x", CompactAbove: math.NaN()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := bolt.Open(o)
			require.ErrorContains(t, err, "bolt: Options.")
			require.ErrorContains(t, bolt.Compact(o), "bolt: Options.")
		})
	}
}

func TestOpen_FileMode(t *testing.T) {
	t.Parallel()
	for want, o := range map[fs.FileMode]bolt.Options{0o600: {}, 0o640: {FileMode: 0o640}} {
		o.Path = path(t)
		open(t, o)
		info, err := os.Stat(o.Path)
		require.NoError(t, err)
		require.Equal(t, want, info.Mode().Perm())
	}
}

func TestOpen_NoDirectory(t *testing.T) {
	t.Parallel()
	o := bolt.Options{Path: filepath.Join(t.TempDir(), "none", "store.db")}
	_, err := bolt.Open(o)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, bolt.Compact(o), fs.ErrNotExist)
	o.Path = t.TempDir()
	_, err = bolt.Open(o)
	require.ErrorIs(t, err, store.ErrUnavailable)
}

// holdChild keeps the file open until it is told to end.
func holdChild(path string, _ int) error {
	s, err := bolt.Open(bolt.Options{Path: path})
	if err != nil {
		return err
	}
	say("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	return s.Close()
}

func TestOpen_Locked(t *testing.T) {
	t.Parallel()
	o := bolt.Options{Path: path(t), LockTimeout: time.Millisecond}
	holder := start(t, "hold", o.Path, 0)
	require.Equal(t, "ready", holder.line())
	_, err := bolt.Open(o)
	require.ErrorIs(t, err, bolt.ErrLocked)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, o.Path)
	require.ErrorIs(t, bolt.Compact(o), bolt.ErrLocked)

	// Who waits gets it.
	o.LockTimeout = time.Minute
	opened := make(chan *bolt.Store)
	go func() {
		s, err := bolt.Open(o)
		if err != nil {
			t.Error(err)
		}
		opened <- s
	}()
	require.NoError(t, holder.in.Close())
	require.NoError(t, holder.Wait())
	s := <-opened
	require.NoError(t, s.Close())
}

// alter changes a file by bbolt alone.
func alter(t *testing.T, path string, fn func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(fn))
	require.NoError(t, db.Close())
}

func TestOpen_Foreign(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, path string) {
		t.Helper()
		before, err := os.ReadFile(path)
		require.NoError(t, err)
		_, err = bolt.Open(bolt.Options{Path: path})
		require.ErrorIs(t, err, bolt.ErrForeign)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, before, after)
	}
	for name, content := range map[string][]byte{
		"text":  []byte("not a database"),
		"zeros": make([]byte, 1<<16),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := path(t)
			require.NoError(t, os.WriteFile(file, content, 0o600))
			check(t, file)
		})
	}
	t.Run("bbolt", func(t *testing.T) {
		t.Parallel()
		file := path(t)
		alter(t, file, func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket([]byte("other"))
			return err
		})
		check(t, file)
	})
	t.Run("other application", func(t *testing.T) {
		t.Parallel()
		file := path(t)
		require.NoError(t, open(t, bolt.Options{Path: file}).Close())
		alter(t, file, func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("sigfox")).Put([]byte("application"), []byte("other"))
		})
		check(t, file)
	})
}

// TestOpen_Begun finds files whose maker was killed early.
func TestOpen_Begun(t *testing.T) {
	t.Parallel()
	empty := path(t)
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	open(t, bolt.Options{Path: empty})
	bare := path(t)
	alter(t, bare, func(*bbolt.Tx) error { return nil })
	open(t, bolt.Options{Path: bare})
}

func TestOpen_Schema(t *testing.T) {
	t.Parallel()
	file := path(t)
	require.NoError(t, open(t, bolt.Options{Path: file}).Close())
	alter(t, file, func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("sigfox"))
		require.EqualValues(t, 1, binary.BigEndian.Uint32(b.Get([]byte("schema"))))
		return b.Put([]byte("schema"), []byte{0, 0, 0, 2})
	})
	_, err := bolt.Open(bolt.Options{Path: file})
	var newer *bolt.SchemaError
	require.ErrorAs(t, err, &newer)
	require.Equal(t, bolt.SchemaError{Path: file, File: 2, Known: 1}, *newer)
	require.ErrorContains(t, err, "needs a newer version")
}

func TestClose(t *testing.T) {
	t.Parallel()
	s := open(t, bolt.Options{Path: path(t)})
	ctx, now := t.Context(), time.Now()
	q, err := s.Queue(ctx, "q")
	require.NoError(t, err)
	table, err := s.Table(ctx, "t")
	require.NoError(t, err)
	require.Equal(t, store.Synced, s.Durability())
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())

	_, err = s.Queue(ctx, "other")
	require.ErrorIs(t, err, bolt.ErrClosed)
	_, err = s.Table(ctx, "other")
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorIs(t, q.Put(ctx, now, store.Item{ID: "a"}), bolt.ErrClosed)
	_, err = q.Claim(ctx, now, 1, time.Minute)
	require.ErrorIs(t, err, bolt.ErrClosed)
	require.ErrorIs(t, q.Next(ctx, now), bolt.ErrClosed)
	_, _, err = q.Len(ctx)
	require.ErrorIs(t, err, bolt.ErrClosed)
	for _, err := range q.Dead(ctx) {
		require.ErrorIs(t, err, bolt.ErrClosed)
	}
	for _, err := range table.All(ctx, now) {
		require.ErrorIs(t, err, bolt.ErrClosed)
	}
	_, err = table.Get(ctx, now, "k")
	require.ErrorIs(t, err, bolt.ErrClosed)
	require.ErrorIs(t, s.Check(ctx), bolt.ErrClosed)
	require.ErrorIs(t, s.Backup(ctx, nil), bolt.ErrClosed)
	require.Zero(t, s.Stats().FileBytes)
}
