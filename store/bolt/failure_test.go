package bolt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/bolt"
)

// TestRecovery takes the file away from the store, as a disk does that is gone.
func TestRecovery(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	var file *os.File
	var refuse error
	o := bolt.Options{Path: path(t), Logger: slog.New(slog.NewTextHandler(&log, nil))}
	o.OnOpen(func(f *os.File) error {
		file = f
		return refuse
	})
	s := open(t, o)
	ctx, now := t.Context(), time.Now()
	q, err := s.Queue(ctx, "q")
	require.NoError(t, err)
	require.NoError(t, q.Put(ctx, now, store.Item{ID: "before"}))

	require.NoError(t, file.Close())
	refuse = syscall.EIO
	err = q.Put(ctx, now, store.Item{ID: "lost"})
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, o.Path)
	for range 2 { // which tries to open the file
		require.ErrorIs(t, q.Put(ctx, now, store.Item{ID: "lost"}), store.ErrUnavailable)
		_, _, err = q.Len(ctx)
		require.ErrorIs(t, err, syscall.EIO)
	}
	require.ErrorIs(t, s.Check(ctx), syscall.EIO)

	refuse = nil
	require.NoError(t, q.Put(ctx, now, store.Item{ID: "after"}))
	claims, err := q.Claim(ctx, now, 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, claims, 2)
	require.Equal(t, "before", claims[0].ID)
	require.Equal(t, "after", claims[1].ID)
	require.NoError(t, s.Check(ctx))
	require.Contains(t, log.String(), "store could not commit")
	require.Contains(t, log.String(), "store was opened again")
}

// sample makes a file with something in every bucket.
func sample(t *testing.T) string {
	t.Helper()
	o := bolt.Options{Path: path(t)}
	s := open(t, o)
	q := fill(t, s, 500)
	claims, err := q.Claim(t.Context(), time.Now(), 60, time.Hour)
	require.NoError(t, err)
	for _, c := range claims[:20] {
		require.NoError(t, q.Bury(t.Context(), time.Now(), c))
	}
	require.NoError(t, q.Done(t.Context(), claims[20:40]...))
	table, err := s.Table(t.Context(), "t")
	require.NoError(t, err)
	for i := range 20 {
		_, err := table.Create(t.Context(), time.Now(), fmt.Sprint("key", i), make([]byte, 300), time.Duration(i%2)*time.Hour)
		require.NoError(t, err)
	}
	require.NoError(t, s.Check(t.Context()))
	require.NoError(t, s.Close())
	require.NoError(t, bolt.Compact(o)) // so that what is damaged is in use
	return o.Path
}

// use does what can be done with a store, and returns the errors.
func use(t *testing.T, s *bolt.Store) (errs []error) {
	t.Helper()
	ctx, now := t.Context(), time.Now().Add(2*time.Hour)
	note := func(err error) { errs = append(errs, err) }
	q, err := s.Queue(ctx, "q")
	note(err)
	table, err := s.Table(ctx, "t")
	note(err)
	if q == nil || table == nil {
		return errs
	}
	_, _, err = q.Len(ctx)
	note(err)
	for _, err := range q.Dead(ctx) {
		note(err)
	}
	for _, err := range table.All(ctx, now) {
		note(err)
	}
	claims, err := q.Claim(ctx, now, 4000, time.Minute)
	note(err)
	note(q.Extend(ctx, now, time.Hour, claims...))
	if len(claims) > 0 {
		_, err = q.Save(ctx, now, claims[0], false)
		note(err)
		note(q.Bury(ctx, now, claims[len(claims)-1]))
	}
	note(q.Done(ctx, claims...))
	note(q.Revive(ctx, now, id(0)))
	note(q.Put(ctx, now, store.Item{ID: "new"}))
	_, err = table.Create(ctx, now, "new", nil, time.Hour)
	note(err)
	return errs
}

// TestCorrupt damages pages in many ways: there is no panic, and no other error than
// that the file is corrupt, unless what was damaged is not needed.
func TestCorrupt(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile(sample(t))
	require.NoError(t, err)
	const page = 4096
	random := rand.New(rand.NewPCG(1, 2))
	damages := map[string]func(b []byte){
		"zeros": func(b []byte) {
			at := random.IntN(len(b)/page) * page
			clear(b[at : at+page])
		},
		"other page": func(b []byte) {
			to, from := random.IntN(len(b)/page)*page, random.IntN(len(b)/page)*page
			copy(b[to:to+page], b[from:from+page])
		},
		"bit of a header": func(b []byte) {
			at := (2+random.IntN(len(b)/page-2))*page + random.IntN(64)
			b[at] ^= 1 << random.IntN(8)
		},
		"bits": func(b []byte) {
			for range 20 {
				b[2*page+random.IntN(len(b)-2*page)] ^= 1 << random.IntN(8)
			}
		},
		"end is missing": func(b []byte) { clear(b[len(b)/2:]) },
	}
	found, rounds := 0, 20+crashes()
	for name, damage := range damages {
		for range rounds {
			b := append([]byte(nil), good...)
			damage(b)
			if useDamaged(t, name, b) {
				found++
			}
		}
	}
	t.Logf("%d of %d damages found", found, rounds*len(damages))
	require.NotZero(t, found)
}

// useDamaged tells whether the damage was found.
func useDamaged(t *testing.T, name string, content []byte) bool {
	t.Helper()
	o := bolt.Options{Path: path(t)}
	require.NoError(t, os.WriteFile(o.Path, content, 0o600))
	defer func() { _ = os.Remove(o.Path) }()
	s, err := bolt.Open(o)
	if err != nil {
		require.True(t, errors.Is(err, store.ErrCorrupt) || errors.Is(err, bolt.ErrForeign), "%s: %v", name, err)
		return true
	}
	found := s.Check(t.Context())
	if found != nil {
		require.ErrorIs(t, found, store.ErrCorrupt, name)
	}
	corrupt := found != nil
	for _, err := range use(t, s) {
		if err == nil || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrLost) {
			continue
		}
		require.ErrorIs(t, err, store.ErrCorrupt, name)
		corrupt = true
	}
	_ = s.Close()
	return corrupt
}

// TestCheck_Freelist damages the list of free pages, which has no checksum.
func TestCheck_Freelist(t *testing.T) {
	t.Parallel()
	file := path(t)
	s, err := bolt.Open(bolt.Options{Path: file})
	require.NoError(t, err)
	q := fill(t, s, 500)
	claims, err := q.Claim(t.Context(), time.Now(), 400, time.Hour)
	require.NoError(t, err)
	require.NoError(t, q.Done(t.Context(), claims...))
	require.NoError(t, s.Close())
	good, err := os.ReadFile(file)
	require.NoError(t, err)
	const page, header = 4096, 16
	meta := good[header:]
	if other := good[page+header:]; binary.NativeEndian.Uint64(other[48:]) > binary.NativeEndian.Uint64(meta[48:]) {
		meta = other
	}
	list := binary.NativeEndian.Uint64(meta[32:]) * page
	root := binary.NativeEndian.Uint64(meta[16:])
	count := binary.NativeEndian.Uint16(good[list+10:])
	require.Greater(t, count, uint16(100))
	for name, test := range map[string]struct {
		damage func(b []byte) // of the page
		opens  bool
	}{
		"one is missing": {func(b []byte) { binary.NativeEndian.PutUint16(b[10:], count-1) }, true},
		"in use": {func(b []byte) {
			ids := make([]uint64, count)
			for i := range ids {
				ids[i] = binary.NativeEndian.Uint64(b[header+8*i:])
			}
			ids[0] = root
			slices.Sort(ids)
			for i, id := range ids {
				binary.NativeEndian.PutUint64(b[header+8*i:], id)
			}
		}, true},
		"many": {func(b []byte) {
			binary.NativeEndian.PutUint16(b[10:], 0xFFFF)
			binary.NativeEndian.PutUint64(b[header:], 1<<40)
		}, false},
		"out of order": {func(b []byte) { copy(b[header:header+8], b[header+8:]) }, false},
		"other page":   {func(b []byte) { b[8] = 2 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bytes.Clone(good)
			test.damage(b[list : list+page])
			o := bolt.Options{Path: path(t)}
			require.NoError(t, os.WriteFile(o.Path, b, 0o600))
			s, err := bolt.Open(o)
			if err == nil {
				require.True(t, test.opens)
				err = s.Check(t.Context())
				require.NoError(t, s.Close())
			}
			require.ErrorIs(t, err, store.ErrCorrupt)
		})
	}
}

func TestOpen_Truncated(t *testing.T) {
	t.Parallel()
	file := sample(t)
	require.NoError(t, os.Truncate(file, 100_000))
	_, err := bolt.Open(bolt.Options{Path: file})
	require.ErrorIs(t, err, store.ErrCorrupt)
	require.ErrorIs(t, bolt.Compact(bolt.Options{Path: file}), store.ErrCorrupt)
}

// TestOpen_OneMeta finds the transaction before if the last meta page is damaged.
func TestOpen_OneMeta(t *testing.T) {
	t.Parallel()
	for _, at := range []int64{20, 4096 + 20} {
		file := sample(t)
		f, err := os.OpenFile(file, os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = f.WriteAt([]byte{255, 255}, at)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		s := open(t, bolt.Options{Path: file})
		require.NoError(t, s.Check(t.Context()))
	}
}
