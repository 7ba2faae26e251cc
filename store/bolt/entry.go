package bolt

import (
	"bytes"
	"encoding/binary"

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
	stateSize = 8 + 8 + 8 + 8 + 4
	entrySize = stateSize + 1 // and then the length of the ID, the ID, and the data
)

// entry is an item as it is stored.
type entry []byte

func newEntry(s state, id string, data []byte) entry {
	e := make(entry, entrySize, entrySize+len(id)+len(data))
	e.set(s)
	e[stateSize] = byte(len(id))
	e = append(e, id...)
	return append(e, data...)
}

// with returns the entry with another state. What bbolt has returned must not be changed.
func (e entry) with(s state) entry {
	e = bytes.Clone(e)
	e.set(s)
	return e
}

func (e entry) set(s state) {
	b := binary.BigEndian.AppendUint64(e[:0], uint64(s.at))
	b = binary.BigEndian.AppendUint64(b, s.receipt)
	b = binary.BigEndian.AppendUint64(b, uint64(s.due))
	b = binary.BigEndian.AppendUint64(b, uint64(s.since))
	_ = binary.BigEndian.AppendUint32(b, s.claims)
}

// check returns an error unless the entry is complete, which the other methods expect.
func (e entry) check() error {
	if len(e) < entrySize || len(e) < entrySize+int(e[stateSize]) {
		return corrupt("item of %d bytes", len(e))
	}
	return nil
}

func (e entry) state() state {
	return state{
		at:      stamp(binary.BigEndian.Uint64(e)),
		receipt: binary.BigEndian.Uint64(e[8:]),
		due:     stamp(binary.BigEndian.Uint64(e[16:])),
		since:   stamp(binary.BigEndian.Uint64(e[24:])),
		claims:  binary.BigEndian.Uint32(e[32:]),
	}
}

func (e entry) id() []byte { return e[entrySize : entrySize+int(e[stateSize])] }

func (e entry) item() store.Item {
	s := e.state()
	return store.Item{
		ID:     string(e.id()),
		Data:   bytes.Clone(e[entrySize+int(e[stateSize]):]),
		Due:    s.due.time(),
		Claims: int(s.claims),
	}
}
