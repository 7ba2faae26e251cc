package bolt

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/go-sigfox/sigfox/store"
)

// Errors of Open and of a closed Store, besides those of package store.
var (
	// ErrLocked means that another process, or another Store of this one, has the file
	// open. It wraps store.ErrUnavailable.
	ErrLocked = fmt.Errorf("bolt: file is in use: %w", store.ErrUnavailable)
	// ErrClosed means that the store was closed. It wraps store.ErrUnavailable.
	ErrClosed = fmt.Errorf("bolt: store is closed: %w", store.ErrUnavailable)
	// ErrForeign means that the file is not one of this package. It is left as it is.
	ErrForeign = errors.New("bolt: not a file of this store")
)

// SchemaError reports that a newer version of this package wrote the file. It is left as
// it is.
type SchemaError struct {
	Path string
	// File is the schema of the file, Known the newest one that this package knows.
	File, Known uint32
}

// Error implements error.
func (e *SchemaError) Error() string {
	return fmt.Sprintf("bolt: %s has schema %d, newer than %d: it needs a newer version of this package",
		e.Path, e.File, e.Known)
}

// noSpace are the errors of a file that cannot grow.
var noSpace = [...]error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, berrors.ErrMaxSizeReached}

// isFull tells whether err says that there is no space. bbolt formats some errors of
// the system into text, so that it has to be looked for there.
func isFull(err error) bool {
	for _, e := range noSpace {
		if errors.Is(err, e) || strings.HasSuffix(err.Error(), e.Error()) {
			return true
		}
	}
	return errors.Is(err, store.ErrFull)
}

// classify gives an error of bbolt, or of the system, the sentinel to branch on. Those
// that have one are left as they are.
func classify(path string, err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{
		store.ErrNotFound, store.ErrExists, store.ErrConflict, store.ErrLost,
		store.ErrFull, store.ErrUnavailable, store.ErrCorrupt, ErrForeign,
	} {
		if errors.Is(err, known) {
			return err
		}
	}
	kind := store.ErrUnavailable
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("%w: %s", ErrLocked, path)
	case isFull(err):
		kind = store.ErrFull
	case errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch):
		kind = store.ErrCorrupt
	}
	return fmt.Errorf("bolt: %s: %w: %w", path, kind, err)
}
