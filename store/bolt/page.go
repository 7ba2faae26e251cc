package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"

	"github.com/go-sigfox/sigfox/store"
)

// The format of the pages of bbolt, which has the byte order of the machine. It is read
// here without a memory map and without trust: bbolt itself panics, or worse, on
// damaged pages.
const (
	pageHeader    = 16 // id 8, flags 2, count 2, overflow 4
	elementSize   = 16 // branch: position 4, key 4, page 8; leaf: flags 4, position 4, key 4, value 4
	bucketHeader  = 16 // root page 8, sequence 8
	metaSize      = 64
	metaChecked   = 56 // of which this much is under the checksum
	metaMagic     = 0xED0CDAED
	metaVersion   = 2
	maxOverflow   = 1 << 20
	manyFree      = 0xFFFF // a count that stands in the first element
	noFreelist    = ^uint64(0)
	branchPage    = 0x01
	leafPage      = 0x02
	metaPage      = 0x04
	freelistPage  = 0x10
	bucketElement = 0x01
)

var order = binary.NativeEndian //nolint:gochecknoglobals // the byte order of bbolt's files, a constant

// meta is what a file is at one transaction.
type meta struct {
	pageSize int
	root     uint64 // page of the root bucket
	freelist uint64
	pages    uint64 // that are in use or free
	txid     uint64
}

// image is a file at one transaction.
type image struct {
	meta
	file io.ReaderAt
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %w", store.ErrCorrupt, fmt.Errorf(format, args...))
}

// readImage finds the transaction of that id, or the last one if it is 0. The error is
// ErrForeign if there is no sign of bbolt.
func readImage(file io.ReaderAt, txid uint64) (*image, error) {
	var metas []meta
	size, foreign, failure := 0, true, error(nil)
	read := func(at int64) {
		var b [pageHeader + metaSize]byte
		if _, err := file.ReadAt(b[:], at); err != nil {
			if !errors.Is(err, io.EOF) {
				failure = err
			}
			return
		}
		m, err := parseMeta(b[pageHeader:])
		foreign = foreign && errors.Is(err, ErrForeign)
		if err == nil {
			metas, size = append(metas, m), m.pageSize
		}
	}
	read(0)
	if size != 0 {
		read(int64(size))
	} else { // the first is damaged, so that the size of a page is not known
		for size := 1 << 10; size <= 1<<16 && len(metas) == 0; size <<= 1 {
			read(int64(size))
		}
	}
	var best *meta
	for i, m := range metas {
		if (txid == 0 || m.txid == txid) && (best == nil || m.txid > best.txid) {
			best = &metas[i]
		}
	}
	switch {
	case best != nil:
		return &image{*best, file}, nil
	case failure != nil:
		return nil, failure
	case foreign:
		return nil, ErrForeign
	default:
		return nil, corrupt("no valid meta page")
	}
}

func parseMeta(b []byte) (meta, error) {
	if order.Uint32(b) != metaMagic {
		return meta{}, ErrForeign
	}
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaChecked])
	m := meta{
		pageSize: int(order.Uint32(b[8:])),
		root:     order.Uint64(b[16:]),
		freelist: order.Uint64(b[32:]),
		pages:    order.Uint64(b[40:]),
		txid:     order.Uint64(b[48:]),
	}
	if order.Uint32(b[4:]) != metaVersion || order.Uint64(b[metaChecked:]) != sum.Sum64() ||
		m.pageSize < 1<<10 || m.pageSize > 1<<16 {
		return meta{}, corrupt("meta page")
	}
	return m, nil
}

// page reads a page with what overflows from it.
func (i *image) page(id uint64, flags ...uint16) ([]byte, error) {
	if id < 2 || id >= i.pages {
		return nil, corrupt("page %d is not one of %d", id, i.pages)
	}
	b := make([]byte, i.pageSize)
	if err := i.read(b, id); err != nil {
		return nil, err
	}
	overflow := uint64(order.Uint32(b[12:]))
	known := false
	for _, f := range flags {
		known = known || order.Uint16(b[8:]) == f
	}
	if order.Uint64(b) != id || !known || overflow > maxOverflow || id+overflow >= i.pages {
		return nil, corrupt("page %d has a wrong header", id)
	}
	if overflow == 0 {
		return b, nil
	}
	b = make([]byte, (overflow+1)*uint64(i.pageSize))
	return b, i.read(b, id)
}

func (i *image) read(b []byte, id uint64) error {
	_, err := i.file.ReadAt(b, int64(id)*int64(i.pageSize))
	if errors.Is(err, io.EOF) {
		return corrupt("page %d is beyond the end of the file", id)
	}
	return err
}

// element is an entry of a branch or leaf.
type element struct {
	key, value []byte
	page       uint64 // of a branch
	bucket     bool   // the value is a bucket
}

// elements returns the entries of a page, or of the inline page of a bucket.
func elements(b []byte) ([]element, error) {
	if len(b) < pageHeader {
		return nil, corrupt("page of %d bytes", len(b))
	}
	branch, count := order.Uint16(b[8:]) == branchPage, int(order.Uint16(b[10:]))
	if pageHeader+count*elementSize > len(b) {
		return nil, corrupt("page %d has %d entries", order.Uint64(b), count)
	}
	list := make([]element, count)
	for n := range list {
		at := pageHeader + n*elementSize
		e, head := &list[n], b[at:at+elementSize]
		var from, key, value uint64
		if branch {
			from, key, e.page = uint64(order.Uint32(head)), uint64(order.Uint32(head[4:])), order.Uint64(head[8:])
		} else {
			e.bucket = order.Uint32(head)&bucketElement != 0
			from, key, value = uint64(order.Uint32(head[4:])), uint64(order.Uint32(head[8:])), uint64(order.Uint32(head[12:]))
		}
		from += uint64(at)
		if from+key+value > uint64(len(b)) || key == 0 || e.bucket && value < bucketHeader {
			return nil, corrupt("page %d has a wrong entry %d", order.Uint64(b), n)
		}
		e.key, e.value = b[from:from+key], b[from+key:from+key+value]
		if n > 0 && bytes.Compare(list[n-1].key, e.key) >= 0 {
			return nil, corrupt("page %d has entries out of order", order.Uint64(b))
		}
	}
	return list, nil
}

// free returns the ids of the free pages.
func (i *image) free() ([]uint64, error) {
	if i.freelist == noFreelist {
		return nil, nil
	}
	b, err := i.page(i.freelist, freelistPage)
	if err != nil {
		return nil, err
	}
	count, ids := uint64(order.Uint16(b[10:])), b[pageHeader:]
	if count == manyFree {
		count, ids = order.Uint64(ids), ids[8:]
	}
	if count > uint64(len(ids)/8) {
		return nil, corrupt("freelist has %d entries", count)
	}
	list := make([]uint64, count)
	for n := range list {
		list[n] = order.Uint64(ids[n*8:])
		if id := list[n]; id < 2 || id >= i.pages || n > 0 && id <= list[n-1] {
			return nil, corrupt("freelist has page %d", id)
		}
	}
	return list, nil
}

// openImage opens a file for reading alone.
func openImage(path string) (*image, *os.File, error) {
	file, err := os.Open(path) //nolint:gosec // the file that the caller named
	if err != nil {
		return nil, nil, err
	}
	i, err := readImage(file, 0)
	if err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	return i, file, nil
}
