package bolt

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/go-sigfox/sigfox/store"
)

const (
	application = "github.com/go-sigfox/sigfox/store/bolt"
	schema      = 1

	allocSize = 1 << 20
	mapMargin = 64 << 20
	maxMap    = 4 << 30
)

var (
	headerBucket = []byte("sigfox")
	appKey       = []byte("application")
	schemaKey    = []byte("schema")
)

// Open opens the file, or makes it, and locks it until Close. It looks at the top of the
// file's structure, and compacts the file if too much of it is free. Leases end: as no
// other process can hold an item, what was held is back in its place in the queue.
//
// The error is ErrLocked if the file is in use, ErrForeign if it is something else, a
// *SchemaError if it is of a newer version, and otherwise wraps store.ErrCorrupt,
// store.ErrFull or store.ErrUnavailable.
func Open(o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Store{
		options:  o,
		gathered: make(chan struct{}, 1),
		queues:   make(map[string]*Queue),
		tables:   make(map[string]*Table),
	}
	free, err := inspect(&o)
	if err != nil {
		return nil, classify(o.Path, err)
	}
	if free > o.CompactAbove {
		switch err := Compact(o); {
		case errors.Is(err, store.ErrCorrupt), errors.Is(err, ErrLocked):
			return nil, err
		case err != nil:
			o.Logger.Warn("store could not be compacted", slog.Any("error", err))
		}
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	if err := s.update(s.setUp); err != nil {
		_ = guard(s.db.Close)
		return nil, err
	}
	if err := s.endLeases(); err != nil { // they end by themselves
		o.Logger.Warn("what was held is not given back before its lease ends", slog.Any("error", err))
	}
	return s, nil
}

// open opens the database. The caller has what protects s.db.
func (s *Store) open() error {
	db, file, err := openLocked(&s.options)
	if err == nil {
		if err = settle(file); err != nil {
			_ = guard(db.Close)
		}
	}
	if err != nil {
		return classify(s.options.Path, err)
	}
	s.db, s.file, s.written = db, file, 0
	return nil
}

// openLocked opens a database of which nobody else has the file.
func openLocked(o *Options) (db *bbolt.DB, file *os.File, err error) {
	created := false
	options := &bbolt.Options{
		Timeout:         o.LockTimeout,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: mapSize(o.MaxBytes),
		OpenFile: func(path string, flag int, mode os.FileMode) (*os.File, error) {
			_, err := os.Stat(path)
			created = errors.Is(err, fs.ErrNotExist)
			file, err = o.openFile(path, flag, mode)
			return file, err
		},
	}
	for {
		err = guard(func() error {
			db, err = bbolt.Open(o.Path, o.FileMode, options)
			return err
		})
		if err != nil {
			if file != nil {
				_ = file.Close() // which bbolt has left if it has panicked
			}
			return nil, nil, err
		}
		db.AllocSize = allocSize
		if isAt(file, o.Path) {
			break
		}
		_ = db.Close() // the file was replaced by its compacted copy while this waited for the lock
	}
	if created {
		if err := syncDir(o.Path); err != nil {
			_ = db.Close()
			return nil, nil, err
		}
	}
	return db, file, nil
}

func isAt(file *os.File, path string) bool {
	a, err := file.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}

// syncDir syncs the directory of a file, without which a new name in it may be lost.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	return dir.Sync()
}

// settle writes the meta pages as they were read, and syncs them. A process that was
// killed, or an error, may have left a meta page that the system shows but that is not
// on the disk; what is built on it would be lost with it.
func settle(file *os.File) error {
	i, err := readImage(file, 0)
	if err != nil {
		return err
	}
	b := make([]byte, 2*i.pageSize)
	if _, err := file.ReadAt(b, 0); err != nil {
		return err
	}
	if _, err := file.WriteAt(b, 0); err != nil {
		return err
	}
	return file.Sync()
}

// mapSize returns how much of the file to map into memory at first: when the file
// outgrows it, bbolt waits until nobody reads, be it a backup.
func mapSize(maxBytes int64) int {
	if runtime.GOOS == "windows" || ^uint(0)>>32 == 0 { // where it would make the file large, or is too much
		return 0
	}
	return int(min(maxBytes, maxMap) + mapMargin)
}

// setUp writes the header of a new file, and counts what is in an old one.
func (s *Store) setUp(tx *bbolt.Tx) (changed bool, err error) {
	header := tx.Bucket(headerBucket)
	if header == nil {
		if header, err = tx.CreateBucket(headerBucket); err != nil {
			return false, err
		}
		changed = true
		err = errors.Join(header.Put(appKey, []byte(application)),
			header.Put(schemaKey, binary.BigEndian.AppendUint32(nil, schema)))
		if err != nil {
			return false, err
		}
	}
	return changed, tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		if isCounted(string(name)) {
			s.items += int(b.Sequence())
		}
		return nil
	})
}

func isCounted(bucket string) bool {
	return strings.HasSuffix(bucket, itemsSuffix) || strings.HasSuffix(bucket, deadSuffix) ||
		strings.HasSuffix(bucket, endsSuffix)
}
