package bolt

import (
	"fmt"
	"log/slog"
	"os"

	"go.etcd.io/bbolt"
)

const (
	minCompact    = 4 << 20
	compactCommit = 4 << 20 // bytes in one transaction
	compactSuffix = ".compact"
)

// Compact rewrites a file that is not open without what is free in it. The new file takes
// the place of the old one when it is complete and synced. Of o, it uses Path,
// LockTimeout and Logger. Errors are those of Open; the file is then as it was.
func Compact(o Options) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	if _, err := os.Stat(o.Path); err != nil {
		return classify(o.Path, err)
	}
	if _, err := inspect(&o); err != nil {
		return classify(o.Path, err)
	}
	src, file, err := openLocked(&o)
	if err != nil {
		return classify(o.Path, err)
	}
	defer func() { _ = guard(src.Close) }()
	before, err := file.Stat()
	if err != nil {
		return classify(o.Path, err)
	}
	name := o.Path + compactSuffix
	if err := compactTo(name, src, before.Mode()); err != nil {
		_ = os.Remove(name)
		return classify(o.Path, fmt.Errorf("compact: %w", err))
	}
	// Whoever waits for the lock of the old file sees then that it is not at its place.
	if err := os.Rename(name, o.Path); err != nil {
		_ = os.Remove(name)
		return classify(o.Path, err)
	}
	if after, err := os.Stat(o.Path); err == nil {
		o.Logger.Info("store was compacted", slog.String("path", o.Path),
			slog.Int64("before", before.Size()), slog.Int64("after", after.Size()))
	}
	return classify(o.Path, syncDir(o.Path))
}

func compactTo(name string, src *bbolt.DB, mode os.FileMode) error {
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) { // of a process that was killed
		return err
	}
	dst, err := bbolt.Open(name, mode.Perm(), &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = guard(func() error { return bbolt.Compact(dst, src, compactCommit) })
	if closing := dst.Close(); err == nil {
		err = closing
	}
	return err
}
