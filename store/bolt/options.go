package bolt

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"time"
)

// Defaults and bounds of Options.
const (
	DefaultMaxBytes     = 1 << 30
	DefaultFileMode     = fs.FileMode(0o600)
	DefaultLockTimeout  = time.Second
	DefaultCompactAbove = 0.5

	minBytes = 1 << 20
)

// Options configure Open.
type Options struct {
	// Path names the file, which is made if there is none; its directory must exist.
	// Compaction needs a second file beside it, named Path + ".compact". Required.
	Path string
	// MaxBytes is how much of the file may be in use before what is new is refused with
	// store.ErrFull. What is there already can always be worked off, so that the file
	// may grow a little larger. At least 1 MiB; math.MaxInt64 leaves it to the disk.
	// Default: 1 GiB.
	MaxBytes int64
	// MaxItems is how many items (waiting or dead) and values there may be. Default:
	// as many as MaxBytes allows.
	MaxItems int
	// FileMode is that of a new file, before umask. Default: 0600.
	FileMode fs.FileMode
	// LockTimeout is how long Open waits for another process to close the file.
	// Default: 1 s.
	LockTimeout time.Duration
	// CompactAbove is the share of the file, of 4 MiB or more, that must be free for Open
	// to compact it; 1 is never. Default: 0.5.
	CompactAbove float64
	// Logger tells of compaction, of failures and of recovery from them. Default: none.
	Logger *slog.Logger

	openFile func(string, int, os.FileMode) (*os.File, error) // tests have it fail
}

func (o Options) withDefaults() (Options, error) {
	if o.Path == "" {
		return o, errors.New("bolt: Options.Path is required")
	}
	o.MaxBytes = cmp.Or(o.MaxBytes, DefaultMaxBytes)
	if o.MaxBytes < minBytes {
		return o, fmt.Errorf("bolt: Options.MaxBytes is %d, not at least %d", o.MaxBytes, minBytes)
	}
	o.MaxItems = cmp.Or(o.MaxItems, math.MaxInt)
	if o.MaxItems < 0 {
		return o, fmt.Errorf("bolt: Options.MaxItems is %d, which is negative", o.MaxItems)
	}
	o.FileMode = cmp.Or(o.FileMode, DefaultFileMode)
	o.LockTimeout = cmp.Or(o.LockTimeout, DefaultLockTimeout)
	if o.LockTimeout < 0 {
		return o, fmt.Errorf("bolt: Options.LockTimeout is %v, which is negative", o.LockTimeout)
	}
	o.CompactAbove = cmp.Or(o.CompactAbove, DefaultCompactAbove)
	if !(o.CompactAbove > 0 && o.CompactAbove <= 1) { // NaN, too
		return o, fmt.Errorf("bolt: Options.CompactAbove is %v, not above 0 and at most 1", o.CompactAbove)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.openFile == nil {
		o.openFile = os.OpenFile
	}
	return o, nil
}
