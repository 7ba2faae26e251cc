package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/bolt"
)

func init() { //nolint:gochecknoinits // adds to what other systems have
	roles["limit"], roles["tmpfs"] = limitChild, tmpfsChild
}

// putUntil puts items until there is an error, and returns how many were put.
func putUntil(q store.Queue, prefix string) (n int, err error) {
	data := make([]byte, recordSize)
	for n < 1_000_000 {
		var items []store.Item
		for i := range 10 {
			items = append(items, store.Item{ID: fmt.Sprint(prefix, n+i), Data: data})
		}
		if err := q.Put(context.Background(), time.Now(), items...); err != nil {
			return n, err
		}
		n += len(items)
	}
	return n, errors.New("the disk did not get full")
}

// workOff claims and removes all items, some at a time, and returns how many there were.
func workOff(q store.Queue) (n int, err error) {
	ctx := context.Background()
	for {
		claims, err := q.Claim(ctx, time.Now(), 10, time.Minute)
		if err != nil || len(claims) == 0 {
			return n, err
		}
		if claims[0], err = q.Save(ctx, time.Now(), claims[0], true); err != nil {
			return n, err
		}
		if err := q.Done(ctx, claims...); err != nil {
			return n, err
		}
		n += len(claims)
	}
}

func openQueue(path string) (*bolt.Store, store.Queue, error) {
	s, err := bolt.Open(bolt.Options{Path: path})
	if err != nil {
		return nil, nil, err
	}
	q, err := s.Queue(context.Background(), "q")
	return s, q, err
}

// fullChild fills the disk, works off half of what is there while it is full, has more
// space made, and fills that.
func fullChild(path string, grow func() error) error {
	s, q, err := openQueue(path)
	if err != nil {
		return err
	}
	put, err := putUntil(q, "first")
	if !errors.Is(err, store.ErrFull) {
		return fmt.Errorf("full after %d: %w", put, err)
	}
	if free := s.Stats().FreeBytes; free > 512<<10 {
		return fmt.Errorf("full with %d bytes free", free)
	}
	if n, err := workOff(q); err != nil || n != put {
		return fmt.Errorf("worked off %d of %d while the disk was full: %w", n, put, err)
	}
	// What became free is used again.
	again, err := putUntil(q, "second")
	if !errors.Is(err, store.ErrFull) || again < put/2 {
		return fmt.Errorf("full again after %d: %w", again, err)
	}
	if err := grow(); err != nil {
		return err
	}
	more, err := putUntil(q, "third")
	if !errors.Is(err, store.ErrFull) || more < put/2 {
		return fmt.Errorf("full after %d more: %w", more, err)
	}
	if waiting, _, err := q.Len(context.Background()); err != nil || waiting != again+more {
		return fmt.Errorf("%d of %d waiting: %w", waiting, again+more, err)
	}
	say("put %d, again %d, more %d", put, again, more)
	return errors.Join(s.Check(context.Background()), s.Close())
}

// limitChild has a limit on the size of files.
func limitChild(path string, _ int) error {
	set := func(mb uint64) error {
		return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: mb << 20, Max: 64 << 20})
	}
	if err := set(6); err != nil {
		return err
	}
	return fullChild(path, func() error { return set(12) })
}

func TestFull_FileSizeLimit(t *testing.T) {
	t.Parallel()
	child := start(t, "limit", path(t), 0)
	t.Log(child.line())
	require.NoError(t, child.Wait())
}

// tmpfsChild has a small disk, in a name space of its own, which is read-only for a while
// in the end.
func tmpfsChild(dir string, _ int) error {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=6m"); err != nil {
		return err
	}
	path := filepath.Join(dir, "store.db")
	grow := func() error { return syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=12m") }
	if err := fullChild(path, grow); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		return err
	}
	_, err := bolt.Open(bolt.Options{Path: path})
	if !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("read-only: %w", err)
	}
	say("%v", err)
	if err := grow(); err != nil { // which has it be written to as well
		return err
	}
	return writable(path)
}

// writable opens a store that was read-only, and claims and removes all that is there.
func writable(path string) error {
	s, q, err := openQueue(path)
	if err != nil {
		return err
	}
	waiting, _, err := q.Len(context.Background())
	if err != nil {
		return err
	}
	if n, err := workOff(q); err != nil || n == 0 || n != waiting {
		return fmt.Errorf("worked off %d of %d after it was read-only: %w", n, waiting, err)
	}
	return errors.Join(s.Check(context.Background()), s.Close())
}

func TestFull_Disk(t *testing.T) {
	t.Parallel()
	child := start(t, "tmpfs", t.TempDir(), 0, func(c *exec.Cmd) {
		c.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
	})
	for line := child.line(); line != ""; line = child.line() {
		t.Log(line)
	}
	require.NoError(t, child.Wait())
}

// TestFull_Hole opens a file of which the end was never written, as one may be whose
// process was killed while it grew: that is no reserve for a full disk.
func TestFull_Hole(t *testing.T) {
	t.Parallel()
	file := path(t)
	require.NoError(t, open(t, bolt.Options{Path: file}).Close())
	require.NoError(t, os.Truncate(file, 8<<20))
	blocks := func() int64 {
		var stat syscall.Stat_t
		require.NoError(t, syscall.Stat(file, &stat))
		return stat.Blocks * 512
	}
	s, q, err := openQueue(file)
	require.NoError(t, err)
	before := blocks()
	require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: "a"}))
	require.GreaterOrEqual(t, blocks(), before+1<<20)
	require.EqualValues(t, 8<<20, s.Stats().FileBytes)
	require.NoError(t, s.Check(t.Context()))
	require.NoError(t, s.Close())
}
