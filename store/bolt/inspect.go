package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// inspect looks at a file before anything is done to it, and returns which share of it
// is free.
func inspect(o *Options) (free float64, err error) {
	info, err := os.Stat(o.Path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	// For the lock: nobody may change what is looked at.
	err = guard(func() error {
		db, err := bbolt.Open(o.Path, 0, &bbolt.Options{ReadOnly: true, Timeout: o.LockTimeout})
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		free, err = inspectImage(o.Path, info.Size())
		return err
	})
	if err == nil || errors.Is(err, berrors.ErrTimeout) {
		return free, err
	}
	if _, better := inspectImage(o.Path, info.Size()); better != nil {
		err = better
	}
	return 0, err
}

func inspectImage(path string, size int64) (free float64, err error) {
	i, file, err := openImage(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	if size < int64(i.pages)*int64(i.pageSize) {
		return 0, corrupt("%d bytes of %d pages", size, i.pages)
	}
	header, used := map[string]string{}, false
	_, err = i.walk(context.Background(), topLevels, func(bucket string, es []element) {
		used = used || len(es) > 0
		if bucket == string(headerBucket) {
			for _, e := range es {
				header[string(e.key)] = string(e.value)
			}
		}
	})
	if err != nil {
		return 0, err
	}
	if used {
		if err := checkHeader(path, header); err != nil {
			return 0, err
		}
	}
	ids, err := i.free()
	if int64(i.pages)*int64(i.pageSize) < minCompact {
		return 0, err
	}
	return float64(len(ids)) / float64(i.pages), err
}

func checkHeader(path string, header map[string]string) error {
	version := header[string(schemaKey)]
	if header[string(appKey)] != application || len(version) != 4 {
		return fmt.Errorf("%w: %s", ErrForeign, path)
	}
	if v := binary.BigEndian.Uint32([]byte(version)); v > schema {
		return &SchemaError{Path: path, File: v, Known: schema}
	}
	return nil
}
