package bolt

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/go-sigfox/sigfox/store"
)

var _ store.Store = (*Store)(nil)

// Store is a store.Store in a file. It is safe for concurrent use.
type Store struct {
	options Options

	// mu protects what waits, and what is counted.
	mu         sync.Mutex
	pending    []*change
	committing bool
	callers    int           // how many there were at the last commit
	gathered   chan struct{} // receives when there are as many again
	items      int           // in queues, dead ones included, and values; changed by who commits
	commits    uint64
	changes    uint64
	queues     map[string]*Queue
	tables     map[string]*Table

	// dbMu protects db and file from being closed while they are used. Only who commits
	// locks it for writing.
	dbMu   sync.RWMutex
	db     *bbolt.DB // nil when closed, or when it could not be opened again
	file   *os.File  // of db
	absent error     // why db is nil

	// Only who commits uses these.
	took    time.Duration // the last commit
	hasty   int           // how many groups are not to wait for others
	written int64         // up to where the file has no holes; at least
	closed  bool
	stuck   bool  // db cannot be closed
	damaged error // why nothing more is written
	suspect error // why db must be opened again
}

// Durability implements store.Store: it is store.Synced.
func (*Store) Durability() store.Durability { return store.Synced }

// Queue implements store.Store.
func (s *Store) Queue(ctx context.Context, name string) (store.Queue, error) {
	if err := store.CheckName(name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	q := s.queues[name]
	s.mu.Unlock()
	if q != nil {
		return q, nil
	}
	q = newQueue(s, name)
	if err := s.makeBuckets(ctx, q.names[:]); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if first := s.queues[name]; first != nil {
		return first, nil
	}
	s.queues[name] = q
	return q, nil
}

// Table implements store.Store.
func (s *Store) Table(ctx context.Context, name string) (store.Table, error) {
	if err := store.CheckName(name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	t := s.tables[name]
	s.mu.Unlock()
	if t != nil {
		return t, nil
	}
	t = newTable(s, name)
	if err := s.makeBuckets(ctx, t.names[:]); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if first := s.tables[name]; first != nil {
		return first, nil
	}
	s.tables[name] = t
	return t, nil
}

func (s *Store) makeBuckets(ctx context.Context, names [][]byte) error {
	return s.do(ctx, &change{apply: func(b *batch) error {
		for _, name := range names {
			if b.tx.Bucket(name) != nil {
				continue
			}
			b.dirty = true
			if _, err := b.tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return nil
	}})
}

// bucket returns a bucket that was made with the queue or table.
func bucket(tx *bbolt.Tx, name []byte) (*bbolt.Bucket, error) {
	b := tx.Bucket(name)
	if b == nil {
		return nil, corrupt("bucket %q is gone", name)
	}
	return b, nil
}

// Close waits for what is under way, backups included, and closes the file. What comes
// later gets ErrClosed.
func (s *Store) Close() error {
	return s.do(context.Background(), &change{alone: func() error {
		if s.closed {
			return nil
		}
		s.dbMu.Lock()
		defer s.dbMu.Unlock()
		s.closed, s.absent = true, ErrClosed
		db := s.db
		s.db = nil
		if db == nil || s.stuck {
			return nil
		}
		return db.Close()
	}})
}

// Backup writes a copy of the file as it is now, which can be opened as it is, while the
// store is used. Until it is done, pages that become free are not used again, so that
// the file grows, and Close waits. The error of w is wrapped.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	to := &contextWriter{ctx: ctx, w: w}
	err := s.view(func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(to)
		return err
	})
	if to.err != nil {
		return fmt.Errorf("bolt: backup: %w", to.err)
	}
	return err
}

// contextWriter writes until its context ends.
type contextWriter struct {
	ctx context.Context //nolint:containedctx // of one call
	w   io.Writer
	err error
}

func (w *contextWriter) Write(p []byte) (n int, err error) {
	if w.ctx.Err() != nil {
		w.err = context.Cause(w.ctx)
		return 0, w.err
	}
	n, w.err = w.w.Write(p)
	return n, w.err
}

// Stats is how a store is doing.
type Stats struct {
	// Items counts items, waiting and dead, and values, expired ones that are not yet
	// removed included.
	Items int
	// FileBytes is the size of the file, FreeBytes how much of it is not in use.
	FileBytes, FreeBytes int64
	// Commits counts transactions that were synced since Open, and Changes what was
	// changed by them: Changes/Commits callers share a sync on average.
	Commits, Changes uint64
}

// Stats reads counters; it is quick.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	stats := Stats{Items: s.items, Commits: s.commits, Changes: s.changes}
	s.mu.Unlock()
	_ = s.view(func(tx *bbolt.Tx) error {
		stats.FileBytes = s.fileSize()
		stats.FreeBytes = stats.FileBytes - tx.Size() + s.freePages()*s.pageSize()
		return nil
	})
	return stats
}

func (s *Store) fileSize() int64 {
	info, err := s.file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// Path returns the name of the file.
func (s *Store) Path() string { return s.options.Path }
