package bolt_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/bolt"
)

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	options, ctx := bolt.Options{Path: filepath.Join(dir, "sigfox.db")}, context.Background()

	s, err := bolt.Open(options)
	if err != nil {
		panic(err)
	}
	inbox, err := s.Queue(ctx, "inbox")
	if err != nil {
		panic(err)
	}
	message := store.Item{ID: "2C30EA.1507396972.1504", Data: []byte("0800")}
	if err := inbox.Put(ctx, time.Now(), message); err != nil {
		panic(err)
	}
	// It is on the disk; whatever happens now, it is not lost.
	if err := s.Close(); err != nil {
		panic(err)
	}

	if s, err = bolt.Open(options); err != nil {
		panic(err)
	}
	defer func() { _ = s.Close() }()
	if inbox, err = s.Queue(ctx, "inbox"); err != nil {
		panic(err)
	}
	claims, err := inbox.Claim(ctx, time.Now(), 10, time.Minute)
	if err != nil {
		panic(err)
	}
	for _, c := range claims {
		fmt.Printf("%s: %s\n", c.ID, c.Data)
	}
	if err := inbox.Done(ctx, claims...); err != nil {
		panic(err)
	}
	// Output: 2C30EA.1507396972.1504: 0800
}

func ExampleStore_Backup() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := bolt.Open(bolt.Options{Path: filepath.Join(dir, "sigfox.db")})
	if err != nil {
		panic(err)
	}
	defer func() { _ = s.Close() }()

	file, err := os.Create(filepath.Join(dir, "backup.db"))
	if err != nil {
		panic(err)
	}
	if err := s.Backup(context.Background(), file); err != nil {
		panic(err)
	}
	fmt.Println(file.Close())
	// Output: <nil>
}
