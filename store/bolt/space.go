package bolt

import (
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/go-sigfox/sigfox/store"
)

// bbolt never writes to a page that is in use, so that even a removal needs free pages,
// and on a full disk there might be none. Therefore what is new is only let in while
// some pages of the file are free; when they get few, more are written at its end, where
// bbolt takes them from, which is when a full disk is noticed. A page that was written
// before is also quicker to sync than one that makes the file larger.
const (
	sparePages = 64
	growPages  = 256 // at once: those who wait for their commit wait for this, too
)

// freePages returns how many pages are free now or after the next transaction.
func (s *Store) freePages() int64 {
	stats := s.db.Stats()
	return int64(stats.FreePageN + stats.PendingPageN)
}

func (s *Store) pageSize() int64 { return int64(s.db.Info().PageSize) }

// end returns where the last page ends that was ever in use. What the file has after it
// may be a hole.
func (s *Store) end() (end int64, err error) {
	return end, s.view(func(tx *bbolt.Tx) error {
		end = tx.Size()
		return nil
	})
}

// reserve sees to it that there are free pages for what a group adds. The error tells why
// there are none.
func (s *Store) reserve(group []*change) error {
	var adds int64
	for _, c := range group {
		adds += c.adds
	}
	if adds == 0 {
		return nil
	}
	end, err := s.end()
	if err != nil {
		return err
	}
	s.written = max(s.written, end)
	ahead := (s.written - end) / s.pageSize()
	pages := adds/s.pageSize() + int64(2*len(group)) + sparePages - s.freePages() - ahead
	if pages <= 0 {
		return nil
	}
	enough := s.written + pages*s.pageSize()
	if s.options.MaxBytes-s.fileSize() > growPages*s.pageSize() {
		pages = max(pages, growPages)
	}
	err = classify(s.options.Path, s.grow(pages*s.pageSize()))
	if errors.Is(err, store.ErrFull) && s.written >= enough {
		return nil
	}
	s.failed(err, 0)
	return err
}

// grow writes that many bytes more, and syncs them with the size of the file. What could
// be written counts, even if it is not all.
func (s *Store) grow(n int64) (err error) {
	zeros := make([]byte, min(n, 64<<10))
	before := s.written
	for end := before + n; err == nil && s.written < end; {
		var wrote int
		wrote, err = s.file.WriteAt(zeros[:min(end-s.written, int64(len(zeros)))], s.written)
		s.written += int64(wrote)
	}
	if failure := s.file.Sync(); failure != nil {
		s.written = before
		return failure
	}
	return err
}

// room returns how much may be added.
func (s *Store) room(tx *bbolt.Tx) int64 {
	used := tx.Size() - s.freePages()*s.pageSize()
	return s.options.MaxBytes - used - sparePages*s.pageSize()
}

// admit returns an error unless there is room for n more items or values of that size.
func (b *batch) admit(n int, size int64) error {
	o := &b.store.options
	switch {
	case n == 0:
		return nil
	case b.full != nil:
		return b.full
	case n > o.MaxItems-b.store.items-b.items:
		return fmt.Errorf("bolt: %s: %w: more than %d items and values", o.Path, store.ErrFull, o.MaxItems)
	case size > b.room:
		return fmt.Errorf("bolt: %s: %w: more than %d bytes", o.Path, store.ErrFull, o.MaxBytes)
	}
	b.room -= size
	return nil
}

// cost is what a key and a value take in the file at most: pages are at least half full,
// and the key is in an index, too.
func cost(key, value []byte) int64 { return 2 * int64(len(value)+2*len(key)+64) }
