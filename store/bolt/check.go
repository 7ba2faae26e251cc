package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"
)

// How much of each bucket to visit: all of it, or what takes no time.
const (
	allLevels = 64
	topLevels = 2
)

// walker visits the pages of the buckets of a file, each once.
type walker struct {
	*image
	seen   []bool
	levels int                               // how many of each bucket to visit
	leaf   func(bucket string, es []element) // is given what is found
}

func (i *image) walk(ctx context.Context, levels int, leaf func(string, []element)) (*walker, error) {
	w := &walker{image: i, levels: levels, leaf: leaf}
	w.seen = make([]bool, i.pages)
	return w, w.visit(ctx, "", i.root, span{}, 0)
}

// span is the keys that a page may have: from low to before high, nil for any.
type span struct{ low, high []byte }

func (w *walker) visit(ctx context.Context, bucket string, id uint64, keys span, level int) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	b, err := w.page(id, branchPage, leafPage)
	if err != nil {
		return err
	}
	for n := range uint64(len(b) / w.pageSize) {
		if w.seen[id+n] {
			return corrupt("page %d is used twice", id+n)
		}
		w.seen[id+n] = true
	}
	es, err := elements(b)
	if err != nil {
		return err
	}
	if n := len(es); n > 0 && (bytes.Compare(es[0].key, keys.low) < 0 ||
		keys.high != nil && bytes.Compare(es[n-1].key, keys.high) >= 0) {
		return corrupt("page %d has keys of another page", id)
	}
	if order.Uint16(b[8:]) == leafPage {
		return w.visitLeaf(ctx, bucket, es)
	}
	if len(es) == 0 {
		return corrupt("page %d has no children", id)
	}
	if level+1 >= w.levels && bucket != "" {
		return nil
	}
	for n, e := range es {
		child := span{e.key, keys.high}
		if n+1 < len(es) {
			child.high = es[n+1].key
		}
		if err := w.visit(ctx, bucket, e.page, child, level+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) visitLeaf(ctx context.Context, bucket string, es []element) error {
	w.leaf(bucket, es)
	for _, e := range es {
		if !e.bucket {
			continue
		}
		root, name := order.Uint64(e.value), string(e.key)
		if bucket != "" {
			return corrupt("bucket %q in bucket %q", name, bucket)
		}
		if root != 0 {
			if err := w.visit(ctx, name, root, span{}, 0); err != nil {
				return fmt.Errorf("bucket %q: %w", name, err)
			}
			continue
		}
		inline, err := elements(e.value[bucketHeader:])
		if err != nil {
			return fmt.Errorf("bucket %q: %w", name, err)
		}
		w.leaf(name, inline)
	}
	return nil
}

// whole checks that each page is in use once or free.
func (w *walker) whole() error {
	free, err := w.free()
	if err != nil {
		return err
	}
	list, err := w.page(w.freelist, freelistPage)
	if err != nil {
		return err
	}
	for n := range uint64(len(list) / w.pageSize) {
		free = append(free, w.freelist+n)
	}
	for _, id := range free {
		if w.seen[id] {
			return corrupt("page %d is in use and free", id)
		}
		w.seen[id] = true
	}
	for id := uint64(2); id < w.pages; id++ {
		if !w.seen[id] {
			return corrupt("page %d is neither in use nor free", id)
		}
	}
	return nil
}

// Check reads the whole file and returns an error that wraps store.ErrCorrupt if
// anything is wrong with its structure, or with the checksum of an item or value. It
// looks at a snapshot, while the store is used; if that is sound, bbolt has a look at
// its pages, too, for which all that changes something waits.
func (s *Store) Check(ctx context.Context) error {
	tx, i, err := s.snapshot(ctx)
	if err != nil {
		return err
	}
	err = i.check(ctx)
	s.release(tx)
	if err != nil {
		return err
	}
	return s.exclusively(ctx, func(db *bbolt.DB) error {
		tx, err := db.Begin(true)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		for found := range tx.Check() {
			if err == nil {
				err = corrupt("%w", found)
			}
		}
		return err
	})
}

// snapshot begins a transaction for reading, with the image that belongs to it: its meta
// page is overwritten by the second commit from then. To be released.
func (s *Store) snapshot(ctx context.Context) (tx *bbolt.Tx, i *image, err error) {
	err = s.exclusively(ctx, func(db *bbolt.DB) error {
		if tx, err = db.Begin(false); err != nil {
			return err
		}
		if i, err = readImage(s.file, uint64(tx.ID())); err != nil {
			_ = tx.Rollback()
			return err
		}
		s.dbMu.RLock()
		return nil
	})
	return tx, i, err
}

func (s *Store) release(tx *bbolt.Tx) {
	_ = tx.Rollback()
	s.dbMu.RUnlock()
}

func (i *image) check(ctx context.Context) error {
	var wrong error
	w, err := i.walk(ctx, allLevels, func(bucket string, es []element) {
		for _, e := range es {
			if err := checkValue(bucket, e.value); err != nil && wrong == nil {
				wrong = fmt.Errorf("bucket %q: %w", bucket, err)
			}
		}
	})
	if err != nil {
		return err
	}
	return errors.Join(w.whole(), wrong)
}

// checkValue checks what has a checksum.
func checkValue(bucket string, v []byte) error {
	switch {
	case strings.HasSuffix(bucket, itemsSuffix), strings.HasSuffix(bucket, deadSuffix):
		return entry(v).check()
	case strings.HasSuffix(bucket, valuesSuffix):
		return value(v).check()
	default:
		return nil
	}
}
