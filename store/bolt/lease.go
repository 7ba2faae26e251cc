package bolt

import (
	"bytes"
	"strings"

	"go.etcd.io/bbolt"
)

// from returns where an item that is held was in the order, or is to be as of its last
// Save; nil if it is not held. It stands in the order beside the item.
func (t *queueTx) from(number uint64, s state) []byte {
	return bytes.Clone(t.due.Get(dueKey(s.at, number)))
}

// lease is an item that is held.
type lease struct {
	queue        string
	number, from []byte
}

// endLeases gives back what was held when the file was closed, as nobody can hold it any
// more: to its place in the order, before what has come since, as Save would.
func (s *Store) endLeases() error {
	var leases []lease
	err := s.view(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, due *bbolt.Bucket) error {
			queue, ok := strings.CutSuffix(string(name), dueSuffix)
			if !ok {
				return nil
			}
			c := due.Cursor()
			for key, from := c.First(); key != nil; key, from = c.Next() {
				if len(from) > 0 && len(key) == 16 {
					leases = append(leases, lease{strings.TrimPrefix(queue, queuePrefix), bytes.Clone(key[8:]), bytes.Clone(from)})
				}
			}
			return nil
		})
	})
	if err != nil || len(leases) == 0 {
		return err
	}
	return s.update(func(tx *bbolt.Tx) (changed bool, err error) {
		for _, l := range leases {
			if err := s.endLease(tx, l); err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

func (s *Store) endLease(tx *bbolt.Tx, l lease) error {
	at, err := stampOfKey(l.from)
	if err != nil {
		return err
	}
	t, err := newQueue(s, l.queue).view(tx)
	if err != nil {
		return err
	}
	t.batch = &batch{tx: tx, store: s}
	number, e, err := get(t.items, l.number)
	if err != nil {
		return err
	}
	state := e.state()
	state.receipt, state.due = 0, at
	return t.move(number, e, state, at, nil)
}
