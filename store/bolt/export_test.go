package bolt

import (
	"context"
	"os"
	"time"

	"go.etcd.io/bbolt"
)

// Exclusively runs fn while nothing is written.
func (s *Store) Exclusively(fn func()) error {
	return s.exclusively(context.Background(), func(*bbolt.DB) error {
		fn()
		return nil
	})
}

// Waiting returns how many changes wait for a commit.
func (s *Store) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending)
}

// Last has it be as if that many callers had been in the last commit, which took that long.
func (s *Store) Last(callers int, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callers, s.took = callers, took
}

// OnOpen has fn be told of files that are opened, or fail it.
func (o *Options) OnOpen(fn func(*os.File) error) {
	o.openFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
		f, err := os.OpenFile(name, flag, mode)
		if err == nil {
			err = fn(f)
		}
		return f, err
	}
}

// Bbolt gives the database itself away.
func (s *Store) Bbolt() *bbolt.DB { return s.db }
