package keepalive

import (
	"encoding/binary"
	"hash/crc32"
	"iter"
)

// Slots returns the number of slots of all tables.
func (m *Monitor) Slots() int {
	n := 0
	for i := range m.segments.tables {
		n += len(m.segments.tables[i].Load().lines) * lineSlots
	}
	return n
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
