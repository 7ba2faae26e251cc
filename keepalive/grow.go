package keepalive

import (
	"iter"
	"slices"
	"sync"

	"github.com/go-sigfox/sigfox"
)

// The functions of this file need Monitor.mu.

// add puts a new device into its segment.
func (s *segments) add(id sigfox.DeviceID, last uint32, m meta) {
	h := hash(id)
	t := s.table(h)
	if t.full() {
		t = s.grow(t)
		s.tables[uint32(h)&s.mask].Store(t)
	}
	t.add(resident{h, newSlot(id, last), m})
}

// full reports whether one more device would make too many of them strays.
func (t *table) full() bool { return t.live*6 >= len(t.lines)*lineSlots*5 }

// grow moves the devices to a table with room for more: all that will have the same
// pilot at once, so that none moves twice.
func (s *segments) grow(t *table) *table {
	w, _ := s.movers.Get().(*mover)
	defer s.movers.Put(w)
	grown := newTable(len(t.lines) + max(1, len(t.lines)/16))
	w.takeAll(t)
	for cell := range w.cells(grown) {
		grown.addAll(cell)
	}
	return grown
}

// mover holds the devices of a table that moves, and lists those that will have the
// same pilot. It is used again, for what it takes is more than a small table.
type mover struct {
	devices []resident
	first   []int32 // of each list: the number of a device, from 1
	next    []int32
	cell    []resident
}

func newMovers() *sync.Pool { return &sync.Pool{New: func() any { return &mover{} }} }

// takeAll takes all devices out of a table.
func (w *mover) takeAll(t *table) {
	w.devices = w.devices[:0]
	for n := range uint64(len(t.lines)) {
		for k := range uint32(lineSlots) {
			c := t.at(n, k)
			if slot(c.slot.Load()) == slotEmpty {
				continue
			}
			// A device that is updated in this moment is updated before the
			// swap, or not found.
			v := slot(c.slot.Swap(uint64(slotEmpty)))
			w.devices = append(w.devices, resident{hash(v.id()), v, *c.meta})
		}
	}
	for _, s := range t.strays {
		v := slot(s.slot.Load())
		w.devices = append(w.devices, resident{hash(v.id()), v, s.meta})
	}
}

// cells returns the devices that will have the same pilot in a table, for each pilot.
func (w *mover) cells(t *table) iter.Seq[[]resident] {
	return func(yield func([]resident) bool) {
		w.first = resized(w.first, len(t.lines)*linePilots)
		clear(w.first)
		w.next = resized(w.next, len(w.devices)+1)
		for i, r := range w.devices {
			n := t.home(r.hash).index()
			w.next[i+1], w.first[n] = w.first[n], int32(i+1)
		}
		for _, i := range w.first {
			w.cell = w.cell[:0]
			for ; i != 0; i = w.next[i] {
				w.cell = append(w.cell, w.devices[i-1])
			}
			if len(w.cell) > 0 && !yield(w.cell) {
				return
			}
		}
	}
}

func resized(s []int32, n int) []int32 { return slices.Grow(s[:0], n)[:n] }

// remove forgets a device. It reports whether it was in the table.
func (t *table) remove(hash uint64, id sigfox.DeviceID) bool {
	if c := t.place(hash); slot(c.slot.Load()).holds(id) {
		c.slot.Store(uint64(slotEmpty))
	} else if i, ok := t.stray(id); ok {
		t.strays = slices.Delete(t.strays, i, i+1)
	} else {
		return false
	}
	t.live--
	return true
}
