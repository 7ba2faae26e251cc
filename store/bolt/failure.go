package bolt

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"go.etcd.io/bbolt"

	"github.com/go-sigfox/sigfox/store"
)

// guard calls fn and turns its panics into errors: bbolt panics on a damaged page, or
// follows it to where no memory is.
func guard(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("bolt: %w: %v", store.ErrCorrupt, p)
		}
	}()
	return fn()
}

// view reads. What fn has found is valid until it returns.
func (s *Store) view(fn func(*bbolt.Tx) error) error {
	s.dbMu.RLock()
	defer s.dbMu.RUnlock()
	if s.db == nil {
		return s.absent
	}
	return classify(s.options.Path, guard(func() error { return s.db.View(fn) }))
}

// update changes what fn says, and commits if it says that it has changed anything. Only
// who commits calls it.
func (s *Store) update(fn func(*bbolt.Tx) (changed bool, err error)) error {
	id := 0
	err := classify(s.options.Path, guard(func() error {
		tx, err := s.db.Begin(true)
		if err != nil {
			return err
		}
		defer func() { s.finish(tx) }()
		changed, err := fn(tx)
		if err != nil || !changed {
			return err
		}
		id = tx.ID()
		return tx.Commit()
	}))
	if err == nil && id != 0 {
		s.mu.Lock()
		s.commits++
		s.mu.Unlock()
	}
	s.failed(err, id)
	return err
}

// finish ends a transaction that may have ended, or have met a damaged page. If not even
// that is possible, bbolt keeps its lock for ever.
func (s *Store) finish(tx *bbolt.Tx) {
	if err := guard(tx.Rollback); errors.Is(err, store.ErrCorrupt) {
		s.stuck = true
	}
}

// failed draws the conclusions of an error: of committing transaction id, or of what was
// to be committed if id is 0.
func (s *Store) failed(err error, id int) {
	switch {
	case err == nil:
	case errors.Is(err, store.ErrCorrupt):
		s.damaged = err
		s.options.Logger.Error("store is corrupt and takes no more changes", slog.Any("error", err))
	case errors.Is(err, store.ErrFull) && (id == 0 || !s.stands(id)):
		// Nothing was changed.
	default:
		// The new meta page may be in the file but not on the disk, or bbolt has lost
		// its memory map. Nothing is known until the file is opened again.
		s.suspect = err
		s.options.Logger.Error("store could not commit", slog.Any("error", err))
	}
}

// stands tells whether transaction id is the last one of the file.
func (s *Store) stands(id int) bool {
	last := id
	err := guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			last = tx.ID()
			return nil
		})
	})
	return err != nil || last == id
}

// ready returns nil if the file can be changed. After a failure it opens the file anew.
func (s *Store) ready() error {
	switch {
	case s.closed:
		return ErrClosed
	case s.damaged != nil:
		return s.damaged
	case s.suspect == nil:
		return nil
	}
	s.dbMu.Lock()
	defer s.dbMu.Unlock()
	if s.db != nil {
		_ = guard(s.db.Close) // what it says was said before
		s.db = nil
	}
	if err := s.open(); err != nil {
		s.absent = err
		return err
	}
	s.options.Logger.Warn("store was opened again", slog.Any("after", s.suspect))
	s.suspect = nil
	return nil
}
