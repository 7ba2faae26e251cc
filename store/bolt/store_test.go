package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/bolt"
)

func queue(t testing.TB, s store.Store) store.Queue {
	t.Helper()
	q, err := s.Queue(t.Context(), "q")
	require.NoError(t, err)
	return q
}

func table(t testing.TB, s store.Store) store.Table {
	t.Helper()
	values, err := s.Table(t.Context(), "t")
	require.NoError(t, err)
	return values
}

func TestMaxItems(t *testing.T) {
	t.Parallel()
	o := bolt.Options{Path: path(t), MaxItems: 4}
	s := open(t, o)
	ctx, now := t.Context(), time.Now()
	q, values := queue(t, s), table(t, s)
	items := []store.Item{{ID: "a"}, {ID: "b"}, {ID: "c"}}
	require.NoError(t, q.Put(ctx, now, items...))
	_, err := values.Create(ctx, now, "k", nil, time.Second)
	require.NoError(t, err)
	require.NoError(t, q.Put(ctx, now, items...), "what is there already")
	err = q.Put(ctx, now, store.Item{ID: "a"}, store.Item{ID: "d"})
	require.ErrorIs(t, err, store.ErrFull)
	require.ErrorContains(t, err, "more than 4 items and values")
	_, err = values.Create(ctx, now, "l", nil, 0)
	require.ErrorIs(t, err, store.ErrFull)

	// Dead ones count, what has expired does not, also after opening again.
	claims, err := q.Claim(ctx, now, 1, time.Minute)
	require.NoError(t, err)
	require.NoError(t, q.Bury(ctx, now, claims[0]))
	require.NoError(t, s.Close())
	s = open(t, o)
	q, values = queue(t, s), table(t, s)
	require.Equal(t, 4, s.Stats().Items)
	require.ErrorIs(t, q.Put(ctx, now, store.Item{ID: "d"}), store.ErrFull)
	_, err = values.Create(ctx, now.Add(time.Second), "l", nil, 0)
	require.NoError(t, err)
	require.NoError(t, q.Purge(ctx, "a"))
	require.NoError(t, q.Put(ctx, now, store.Item{ID: "d"}))
}

func TestMaxBytes(t *testing.T) {
	t.Parallel()
	const limit = 4 << 20
	o := bolt.Options{Path: path(t), MaxBytes: limit}
	s := open(t, o)
	ctx, now := t.Context(), time.Now()
	q := queue(t, s)
	put := func(prefix string) (n int) {
		for {
			item := store.Item{ID: fmt.Sprint(prefix, n), Data: make([]byte, 50_000)}
			if err := q.Put(ctx, now, item); err != nil {
				require.ErrorIs(t, err, store.ErrFull)
				require.ErrorContains(t, err, "more than 4194304 bytes")
				return n
			}
			n++
		}
	}
	first := put("first")
	require.Greater(t, first*50_000, limit/2)
	require.LessOrEqual(t, s.Stats().FileBytes, int64(limit+2<<20))
	_, err := table(t, s).Create(ctx, now, "k", make([]byte, 100_000), 0)
	require.ErrorIs(t, err, store.ErrFull)
	for range first {
		claims, err := q.Claim(ctx, now, 1, time.Minute)
		require.NoError(t, err)
		require.NoError(t, q.Done(ctx, claims...))
	}
	require.Greater(t, put("second"), first*3/4)
	require.LessOrEqual(t, s.Stats().FileBytes, int64(limit+2<<20))
}

// TestSharedCommits has callers wait for each other's commits, and some give up.
func TestSharedCommits(t *testing.T) {
	t.Parallel()
	s := open(t, bolt.Options{Path: path(t)})
	q := queue(t, s)
	before := s.Stats()
	const callers = 50
	var group sync.WaitGroup
	given, cancel := context.WithCancelCause(t.Context())
	gaveUp := errors.New("gave up")
	require.NoError(t, s.Exclusively(func() {
		for n := range callers {
			group.Go(func() {
				ctx, want := t.Context(), error(nil)
				if n%2 == 0 {
					ctx, want = given, gaveUp
				}
				if err := q.Put(ctx, time.Now(), store.Item{ID: strconv.Itoa(n)}); !errors.Is(err, want) {
					t.Error(err)
				}
			})
		}
		for s.Waiting() < callers {
			runtime.Gosched()
		}
		cancel(gaveUp)
		for s.Waiting() > callers/2 {
			runtime.Gosched()
		}
	}))
	group.Wait()
	waiting, _, err := q.Len(t.Context())
	require.NoError(t, err)
	require.Equal(t, callers/2, waiting)
	after := s.Stats()
	require.EqualValues(t, callers/2, after.Changes-before.Changes)
	require.EqualValues(t, 1, after.Commits-before.Commits)
}

// TestAwaitOthers has a group wait for those who were in the last one, but not time and
// again if they do not come.
func TestAwaitOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, bolt.Options{Path: path(t)})
		q := queue(t, s)
		put := func(id string) {
			if err := q.Put(t.Context(), time.Now(), store.Item{ID: id}); err != nil {
				t.Error(err)
			}
		}
		// took puts one item after there were two callers, and another one a while later.
		took := func(id string, later time.Duration) time.Duration {
			s.Last(2, 8*time.Second)
			start := time.Now()
			var other sync.WaitGroup
			other.Go(func() {
				time.Sleep(later)
				put(id + "-later")
			})
			put(id)
			defer other.Wait()
			return time.Since(start)
		}
		for n := range 3 {
			require.Equal(t, time.Second/2, took(fmt.Sprint("in-time-", n), time.Second/2))
		}
		for round := range 2 {
			require.Equal(t, time.Second, took(fmt.Sprint("in-vain-", round), 3*time.Second))
			for n := range 16 {
				require.Zero(t, took(fmt.Sprint("not-again-", round, "-", n), 3*time.Second))
			}
		}
	})
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	s := open(t, bolt.Options{Path: path(t)})
	q, values := queue(t, s), table(t, s)
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	now := time.Now()
	require.ErrorIs(t, q.Put(ctx, now, store.Item{ID: "a"}), gone)
	_, err := q.Claim(ctx, now, 1, time.Minute)
	require.ErrorIs(t, err, gone)
	require.ErrorIs(t, q.Next(ctx, now), gone)
	_, _, err = q.Len(ctx)
	require.ErrorIs(t, err, gone)
	_, err = values.Get(ctx, now, "k")
	require.ErrorIs(t, err, gone)
	for _, err := range q.Dead(ctx) {
		require.ErrorIs(t, err, gone)
	}
	for _, err := range values.All(ctx, now) {
		require.ErrorIs(t, err, gone)
	}
	require.ErrorIs(t, s.Check(ctx), gone)
	require.ErrorIs(t, s.Backup(ctx, &bytes.Buffer{}), gone)
}

// TestRefusals has changes that are refused share a commit with others, which they do not
// disturb.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := open(t, bolt.Options{Path: path(t)})
	values := table(t, s)
	ctx, now := t.Context(), time.Now()
	_, err := values.Create(ctx, now, "there", nil, 0)
	require.NoError(t, err)
	var group sync.WaitGroup
	require.NoError(t, s.Exclusively(func() {
		for n := range 10 {
			group.Go(func() {
				key, want := strconv.Itoa(n), error(nil)
				if n%2 == 0 {
					key, want = "there", store.ErrExists
				}
				if _, err := values.Create(ctx, now, key, nil, 0); !errors.Is(err, want) {
					t.Error(err)
				}
			})
		}
		for s.Waiting() < 10 {
			runtime.Gosched()
		}
	}))
	group.Wait()
	require.Equal(t, 6, s.Stats().Items)
	commits := s.Stats().Commits
	_, err = values.Create(ctx, now, "there", nil, 0)
	require.ErrorIs(t, err, store.ErrExists)
	require.Equal(t, commits, s.Stats().Commits, "what changes nothing is not committed")
}

func TestBackup(t *testing.T) {
	t.Parallel()
	s := open(t, bolt.Options{Path: path(t)})
	q := fill(t, s, 2000)
	copied := path(t)
	file, err := os.Create(copied)
	require.NoError(t, err)
	w := &hookWriter{File: file, hook: func() { // while the store is used
		require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: "later"}))
	}}
	require.NoError(t, s.Backup(t.Context(), w))
	require.NoError(t, file.Close())
	require.NoError(t, s.Check(t.Context()))

	backup := open(t, bolt.Options{Path: copied})
	require.NoError(t, backup.Check(t.Context()))
	require.Equal(t, 2000, backup.Stats().Items)
	waiting, _, err := queue(t, backup).Len(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2000, waiting)

	full := errors.New("tape is full")
	err = s.Backup(t.Context(), &hookWriter{err: full})
	require.ErrorIs(t, err, full)
	require.NotErrorIs(t, err, store.ErrUnavailable)
}

type hookWriter struct {
	*os.File
	hook func()
	err  error
}

func (w *hookWriter) Write(b []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	if w.hook != nil {
		w.hook()
		w.hook = nil
	}
	return w.File.Write(b)
}

// TestCompact makes a file large, empties most of it, and opens it again.
func TestCompact(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	o := bolt.Options{Path: path(t), Logger: slog.New(slog.NewTextHandler(&log, nil)), CompactAbove: 1}
	s := open(t, o)
	q := fill(t, s, 20_000)
	claims, err := q.Claim(t.Context(), time.Now(), 19_000, time.Hour)
	require.NoError(t, err)
	require.NoError(t, q.Done(t.Context(), claims...))
	require.NoError(t, s.Close())
	size := func() int64 {
		info, err := os.Stat(o.Path)
		require.NoError(t, err)
		return info.Size()
	}
	large := size()
	require.NoError(t, open(t, o).Close())
	require.Equal(t, large, size(), "1 is never")
	// What a killed process has left is no obstacle.
	require.NoError(t, os.WriteFile(o.Path+".compact", []byte("half"), 0o600))

	o.CompactAbove = 0
	s = open(t, o)
	require.Less(t, size(), large/4)
	require.Contains(t, log.String(), "store was compacted")
	require.NoError(t, s.Check(t.Context()))
	require.Equal(t, 1000, s.Stats().Items)
	claims, err = queue(t, s).Claim(t.Context(), time.Now(), 2000, time.Hour)
	require.NoError(t, err)
	require.Len(t, claims, 1000)
	require.Equal(t, id(19_000), claims[0].ID, "the order is kept")
	names, err := filepath.Glob(filepath.Join(filepath.Dir(o.Path), "*"))
	require.NoError(t, err)
	require.Equal(t, []string{o.Path}, names)
}

// TestCompact_NoSpace opens a file that cannot be compacted.
func TestCompact_NoSpace(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	o := bolt.Options{Path: path(t), Logger: slog.New(slog.NewTextHandler(&log, nil))}
	s := open(t, o)
	q := fill(t, s, 20_000)
	claims, err := q.Claim(t.Context(), time.Now(), 20_000, time.Hour)
	require.NoError(t, err)
	require.NoError(t, q.Done(t.Context(), claims...))
	require.NoError(t, s.Close())
	require.NoError(t, os.MkdirAll(filepath.Join(o.Path+".compact", "x"), 0o700)) // is in the way
	s = open(t, o)
	require.Contains(t, log.String(), "store could not be compacted")
	require.NoError(t, queue(t, s).Put(t.Context(), time.Now(), store.Item{ID: "a"}))
}

// TestGrowth has the file grow, without any further commit.
func TestGrowth(t *testing.T) {
	t.Parallel()
	s := open(t, bolt.Options{Path: path(t)})
	q := queue(t, s)
	const step, puts = 1 << 20, 40
	before, sizes := s.Stats(), map[int64]bool{}
	for n := range puts {
		require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: strconv.Itoa(n), Data: make([]byte, 100_000)}))
		after := s.Stats()
		require.Greater(t, after.FreeBytes, int64(0))
		sizes[after.FileBytes] = true
	}
	after := s.Stats()
	require.EqualValues(t, puts, after.Commits-before.Commits)
	require.LessOrEqual(t, len(sizes), puts*100_000/step+2)
	require.Less(t, after.FreeBytes, int64(2*step))
	require.NoError(t, s.Check(t.Context()))
}

// TestClock has the clock go ahead for a day, and back.
func TestClock(t *testing.T) {
	t.Parallel()
	o := bolt.Options{Path: path(t)}
	s := open(t, o)
	ctx, now := t.Context(), time.Unix(1_500_000_000, 0)
	day := now.AddDate(0, 0, 1)
	q := queue(t, s)
	require.NoError(t, q.Put(ctx, now, store.Item{ID: "held"}, store.Item{ID: "later", Due: now.Add(time.Hour)}))
	require.NoError(t, q.Put(ctx, day, store.Item{ID: "ahead"}))
	claims, err := q.Claim(ctx, day, 1, time.Minute)
	require.NoError(t, err)
	require.Equal(t, "held", claims[0].ID)

	// Neither what was put in nor what was handed out has to wait for a day.
	now = now.Add(time.Second)
	claims, err = q.Claim(ctx, now, 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, claims, 2)
	require.Equal(t, "held", claims[0].ID)
	require.Equal(t, "ahead", claims[1].ID)
	again, err := q.Claim(ctx, now.Add(-time.Second), 10, time.Minute)
	require.NoError(t, err)
	require.Empty(t, again, "they are held")
	claims, err = q.Claim(ctx, now.Add(time.Hour), 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, claims, 3)

	// Also after opening again.
	require.NoError(t, q.Done(ctx, claims...))
	require.NoError(t, q.Put(ctx, day, store.Item{ID: "ahead"}, store.Item{ID: "due", Due: day.Add(time.Hour)}))
	require.NoError(t, s.Close())
	s = open(t, o)
	q = queue(t, s)
	claims, err = q.Claim(ctx, now, 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, claims, 1)
	require.Equal(t, "ahead", claims[0].ID)

	// Nor does what was given back to its place.
	require.NoError(t, q.Done(ctx, claims...))
	claims, err = q.Claim(ctx, day.Add(time.Hour), 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, claims, 1)
	require.Equal(t, day.Add(time.Hour), claims[0].Due.UTC().In(day.Location()))
	_, err = q.Save(ctx, day.Add(time.Hour), claims[0], false)
	require.NoError(t, err)
	claims, err = q.Claim(ctx, now, 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, claims, 1)
	require.NoError(t, s.Check(ctx))
}

// TestTimes has times that nanoseconds cannot tell.
func TestTimes(t *testing.T) {
	t.Parallel()
	s := open(t, bolt.Options{Path: path(t)})
	q, now := queue(t, s), time.Now()
	require.NoError(t, q.Put(t.Context(), now,
		store.Item{ID: "never", Due: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)},
		store.Item{ID: "old", Due: time.Date(1, 2, 3, 0, 0, 0, 0, time.UTC)}))
	claims, err := q.Claim(t.Context(), now, 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, claims, 1)
	require.Equal(t, "old", claims[0].ID)
	require.NoError(t, q.Next(t.Context(), time.Now()))
}

// TestMany reads more dead and more values than are read at once, and removes what has
// expired.
func TestMany(t *testing.T) {
	t.Parallel()
	s := open(t, bolt.Options{Path: path(t)})
	q, values := fill(t, s, 200), table(t, s)
	ctx, now := t.Context(), time.Now()
	claims, err := q.Claim(ctx, now, 200, time.Hour)
	require.NoError(t, err)
	var group sync.WaitGroup
	for i, c := range claims {
		group.Go(func() {
			if err := q.Bury(ctx, now, c); err != nil {
				t.Error(err)
			}
		})
		for n := range 3 {
			group.Go(func() {
				if _, err := values.Create(ctx, now, fmt.Sprint(i, "-", n), nil, time.Duration(n)*time.Minute); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	n := 0
	for _, err := range q.Dead(ctx) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 200, n)
	for after, want := range map[time.Duration]int{0: 600, time.Minute: 400, 2 * time.Minute: 200} {
		n := 0
		for _, err := range values.All(ctx, now.Add(after)) {
			require.NoError(t, err)
			n++
		}
		require.Equal(t, want, n)
	}
	for i := range 10 {
		require.NoError(t, values.Delete(ctx, now.Add(time.Hour), fmt.Sprint("none", i), 0))
	}
	require.Equal(t, 400, s.Stats().Items)
	require.NoError(t, s.Check(ctx))
}
