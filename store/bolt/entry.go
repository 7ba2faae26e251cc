package bolt

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"github.com/go-sigfox/sigfox/store"
)

// state is what a queue knows of an item besides its ID and data.
type state struct {
	at      stamp  // when it may be claimed
	receipt uint64 // of who holds it; 0: nobody
	due     stamp
	since   stamp // when at was set, to know it from the times of a clock that went back
	claims  uint32
}

const (
	sumSize   = 4 // of the checksum of what follows
	stateSize = 8 + 8 + 8 + 8 + 4
	entrySize = sumSize + stateSize + 1 // and then the length of the ID, the ID, and the data
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli) //nolint:gochecknoglobals // a table that is computed once

// seal writes the checksum of what follows it.
func seal(b []byte) { binary.BigEndian.PutUint32(b, crc32.Checksum(b[sumSize:], castagnoli)) }

// sealed tells whether the checksum is right.
func sealed(b []byte) bool {
	return len(b) > sumSize && binary.BigEndian.Uint32(b) == crc32.Checksum(b[sumSize:], castagnoli)
}

// entry is an item as it is stored.
type entry []byte

func newEntry(s state, id string, data []byte) entry {
	e := make(entry, entrySize, entrySize+len(id)+len(data))
	e[entrySize-1] = byte(len(id))
	e = append(append(e, id...), data...)
	e.set(s)
	return e
}

// with returns the entry with another state. What bbolt has returned must not be changed.
func (e entry) with(s state) entry {
	e = bytes.Clone(e)
	e.set(s)
	return e
}

func (e entry) set(s state) {
	b := binary.BigEndian.AppendUint64(e[:sumSize], uint64(s.at))
	b = binary.BigEndian.AppendUint64(b, s.receipt)
	b = binary.BigEndian.AppendUint64(b, uint64(s.due))
	b = binary.BigEndian.AppendUint64(b, uint64(s.since))
	_ = binary.BigEndian.AppendUint32(b, s.claims)
	seal(e)
}

// check returns an error unless the entry is as it was stored, which the other methods
// expect.
func (e entry) check() error {
	if len(e) < entrySize || len(e) < entrySize+int(e[entrySize-1]) || !sealed(e) {
		return corrupt("item of %d bytes", len(e))
	}
	return nil
}

func (e entry) state() state {
	b := e[sumSize:]
	return state{
		at:      stamp(binary.BigEndian.Uint64(b)),
		receipt: binary.BigEndian.Uint64(b[8:]),
		due:     stamp(binary.BigEndian.Uint64(b[16:])),
		since:   stamp(binary.BigEndian.Uint64(b[24:])),
		claims:  binary.BigEndian.Uint32(b[32:]),
	}
}

func (e entry) id() []byte { return e[entrySize : entrySize+int(e[entrySize-1])] }

func (e entry) item() store.Item {
	s := e.state()
	return store.Item{
		ID:     string(e.id()),
		Data:   bytes.Clone(e[entrySize+int(e[entrySize-1]):]),
		Due:    s.due.time(),
		Claims: int(s.claims),
	}
}
