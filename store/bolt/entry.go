package bolt

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"github.com/go-sigfox/sigfox/store"
)

// stamp is a time in nanoseconds since 1970. Those before 1678 are always, and those after
// 2261 never.
type stamp int64

const (
	always stamp = math.MinInt64 // the zero time, too
	never  stamp = math.MaxInt64
)

func stampOf(t time.Time) stamp {
	switch year := t.Year(); {
	case year < 1678:
		return always
	case year > 2261:
		return never
	default:
		return stamp(t.UnixNano())
	}
}

func (s stamp) time() time.Time {
	if s == always {
		return time.Time{}
	}
	return time.Unix(0, int64(s))
}

// before returns the earlier of both times.
func (s stamp) before(t time.Time) time.Time {
	if at := s.time(); s != never && at.Before(t) {
		return at
	}
	return t
}

// appendTo appends a stamp so that bytes have the order of time.
func (s stamp) appendTo(b []byte) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(s)^1<<63)
}

func stampOfKey(key []byte) (stamp, error) {
	if len(key) < 8 {
		return 0, corrupt("time of %d bytes", len(key))
	}
	return stamp(binary.BigEndian.Uint64(key) ^ 1<<63), nil
}

// state is what a queue knows of an item besides its data.
type state struct {
	at      stamp  // when it may be claimed
	number  uint64 // its place among those of the same time
	receipt uint64 // of who holds it; 0: nobody
	due     stamp
	claims  uint32
}

const stateSize = 8 + 8 + 8 + 8 + 4

// dueKey is the item's place in the order of due items.
func (s *state) dueKey() []byte {
	return binary.BigEndian.AppendUint64(s.at.appendTo(make([]byte, 0, 16)), s.number)
}

// entry is an item as it is stored: its state, and then its data.
type entry struct {
	id    string
	value []byte
}

func newEntry(id string, s state, data []byte) entry {
	e := entry{id, make([]byte, stateSize+len(data))}
	copy(e.value[stateSize:], data)
	e.set(s)
	return e
}

// with returns the entry with another state. Values that bbolt has returned must not be
// changed.
func (e entry) with(s state) entry {
	e.value = bytes.Clone(e.value)
	e.set(s)
	return e
}

func (e entry) set(s state) {
	b := binary.BigEndian.AppendUint64(e.value[:0], uint64(s.at))
	b = binary.BigEndian.AppendUint64(b, s.number)
	b = binary.BigEndian.AppendUint64(b, s.receipt)
	b = binary.BigEndian.AppendUint64(b, uint64(s.due))
	_ = binary.BigEndian.AppendUint32(b, s.claims)
}

func (e entry) state() (state, error) {
	v := e.value
	if len(v) < stateSize {
		return state{}, corrupt("item %q has %d bytes", e.id, len(v))
	}
	return state{
		at:      stamp(binary.BigEndian.Uint64(v)),
		number:  binary.BigEndian.Uint64(v[8:]),
		receipt: binary.BigEndian.Uint64(v[16:]),
		due:     stamp(binary.BigEndian.Uint64(v[24:])),
		claims:  binary.BigEndian.Uint32(v[32:]),
	}, nil
}

func (e entry) item(s state) store.Item {
	return store.Item{ID: e.id, Data: bytes.Clone(e.value[stateSize:]), Due: s.due.time(), Claims: int(s.claims)}
}
