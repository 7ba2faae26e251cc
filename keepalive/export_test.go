package keepalive

import (
	"encoding/binary"
	"hash/crc32"
	"iter"
	"time"

	"github.com/go-sigfox/sigfox"
)

// Slots returns the number of slots of all tables.
func (m *Monitor) Slots() int {
	n := 0
	for i := range m.segments.tables {
		n += len(m.segments.tables[i].Load().lines) * lineSlots
	}
	return n
}

// Strays returns the number of devices that are in no slot.
func (m *Monitor) Strays() int {
	n := 0
	for i := range m.segments.tables {
		n += len(m.segments.tables[i].Load().strays)
	}
	return n
}

// Crowd returns n devices whose home is the same, in tables of any size.
func Crowd(n int) []sigfox.DeviceID {
	var ids []sigfox.DeviceID
	for id := sigfox.DeviceID(0); len(ids) < n; id++ {
		if hash(id)>>50 == 1 {
			ids = append(ids, id)
		}
	}
	return ids
}

// Sealed returns the snapshot with a checksum that is right.
func Sealed(snapshot []byte) []byte {
	body := snapshot[:max(0, len(snapshot)-4)]
	return binary.LittleEndian.AppendUint32(append([]byte{}, body...), crc32.Checksum(body, castagnoli()))
}

// Queue is the queue of alerts.
type Queue[T any] struct{ q queue[T] }

// Push, Pop and All call the methods of the queue.
func (q *Queue[T]) Push(x T)         { q.q.push(x) }
func (q *Queue[T]) Pop() (T, bool)   { return q.q.pop() }
func (q *Queue[T]) All() iter.Seq[T] { return q.q.all() }

// StoredRecord decodes what a SharedMonitor stores of a device and returns it encoded
// again, after all that is done with one.
func StoredRecord(value []byte, o Options) (again []byte, err error) {
	r, err := decodeRecord(value)
	if err != nil {
		return nil, err
	}
	used := r
	used.next(o.withDefaults(), time.Second)
	used.ticks(o.withDefaults())
	used.claim(o.withDefaults(), 1, time.UnixMilli(used.last))
	used.hear(used.last + 1)
	used.settle(false, time.UnixMilli(0))
	used.settle(true, time.Time{})
	return r.append(nil), nil
}
