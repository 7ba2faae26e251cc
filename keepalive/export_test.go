package keepalive

import (
	"encoding/binary"
	"hash/crc32"
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
