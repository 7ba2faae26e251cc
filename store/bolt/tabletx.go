package bolt

import (
	"bytes"
	"encoding/binary"

	"go.etcd.io/bbolt"
)

// value is a value as it is stored: its checksum, revision and end, and then its data.
type value []byte

func newValue(data []byte, end stamp) value {
	v := end.appendTo(make([]byte, sumSize+8, valueHeader+len(data)))
	return append(v, data...)
}

// with returns the value with a revision.
func (v value) with(revision uint64) value {
	v = bytes.Clone(v)
	binary.BigEndian.PutUint64(v[sumSize:], revision)
	seal(v)
	return v
}

// check returns an error unless the value is as it was stored, which the other methods
// expect.
func (v value) check() error {
	if len(v) < valueHeader || !sealed(v) {
		return corrupt("value of %d bytes", len(v))
	}
	return nil
}

func (v value) revision() uint64 { return binary.BigEndian.Uint64(v[sumSize:]) }
func (v value) end() stamp       { return stamp(binary.BigEndian.Uint64(v[sumSize+8:]) ^ 1<<63) }

// tableTx is a table in a transaction.
type tableTx struct {
	*batch
	values, ends *bbolt.Bucket
}

func (t *Table) view(tx *bbolt.Tx) (x tableTx, err error) {
	if x.values, err = bucket(tx, t.names[0]); err != nil {
		return x, err
	}
	x.ends, err = bucket(tx, t.names[1])
	return x, err
}

// find returns a value even if its time is over; nil if there is none.
func (x *tableTx) find(key string) (value, error) {
	v := value(x.values.Get([]byte(key)))
	if v == nil {
		return nil, nil
	}
	return v, v.check()
}

// get returns a value of which the time is not over; nil if there is none.
func (x *tableTx) get(now stamp, key string) (value, error) {
	v, err := x.find(key)
	if err != nil || v == nil || v.end() <= now {
		return nil, err
	}
	return v, nil
}

// sweep removes some values of which the time is over, once in a transaction.
func (t *Table) sweep(x *tableTx, now stamp) error {
	if x.swept[t] {
		return nil
	}
	if x.swept == nil {
		x.swept = make(map[*Table]bool)
	}
	x.swept[t] = true
	var over [][]byte
	c := x.ends.Cursor()
	for key, _ := c.First(); key != nil && len(over) < sweep; key, _ = c.Next() {
		if end, err := stampOfKey(key); err != nil || end > now {
			if err != nil {
				return err
			}
			break
		}
		over = append(over, bytes.Clone(key))
	}
	for _, key := range over {
		if err := x.drop(string(key[8:])); err != nil {
			return err
		}
	}
	return nil
}

// drop removes a value, if it is there.
func (x *tableTx) drop(key string) error {
	v, err := x.find(key)
	if err != nil || v == nil {
		return err
	}
	if v.end() != never {
		if err := x.remove(x.ends, endKey(v.end(), key)); err != nil {
			return err
		}
	}
	if err := x.remove(x.values, []byte(key)); err != nil {
		return err
	}
	return x.count(x.ends, -1)
}

func endKey(end stamp, key string) []byte { return append(end.appendTo(nil), key...) }

// set stores a value under a key that has none, with the next revision.
func (x *tableTx) set(key string, v value) (revision uint64, err error) {
	if revision, err = x.values.NextSequence(); err != nil {
		return 0, err
	}
	if v.end() != never {
		if err := x.put(x.ends, endKey(v.end(), key), nil); err != nil {
			return 0, err
		}
	}
	if err := x.put(x.values, []byte(key), v.with(revision)); err != nil {
		return 0, err
	}
	return revision, x.count(x.ends, 1)
}
