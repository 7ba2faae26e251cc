package keepalive

import "github.com/go-sigfox/sigfox"

// The functions of this file need Monitor.mu.

// add puts a new device into its segment.
func (s *segments) add(id sigfox.DeviceID, last uint32, m meta) {
	p := s.place(id)
	t := s.table(p)
	if t.full() {
		t = s.grow(p.segment)
	}
	t.add(p.hash, newSlot(id, last), m)
}

// full reports whether one more device would make searches long: beyond 4/5 of
// the slots, too many searches would need a second cache line.
func (t *table) full() bool { return t.used*5 >= len(t.lines)*lineSlots*4 }

// grow moves a segment to a table with room for more devices. Removed devices
// are left behind. Those whose home slot is free come first, so that as many as
// possible are at home: the processor guesses well if most searches end there.
func (s *segments) grow(segment uint32) *table {
	old := s.tables[segment].Load()
	grown := newTable(nextLines(len(old.lines), old.live))
	type stray struct {
		slot slot
		meta meta
	}
	strays := make([]stray, 0, old.live/2)
	for n := range old.lines {
		for k := range old.lines[n] {
			// A device that is updated in this moment is updated before the
			// swap, or finds slotMoved.
			v := slot(old.lines[n][k].Swap(uint64(slotMoved)))
			if v.live() && !grown.addHome(s.place(v.id()).hash, v, old.metas[n][k]) {
				strays = append(strays, stray{v, old.metas[n][k]})
			}
		}
	}
	for _, d := range strays {
		grown.add(s.place(d.slot.id()).hash, d.slot, d.meta)
	}
	s.tables[segment].Store(grown)
	return grown
}

// pageLines is the number of lines in a page of the heap. Large tables are whole
// pages, as the heap would round them up anyway.
const pageLines = 128

// nextLines returns the size of the table that takes the place of a full one: a
// sixteenth more, or the same if many of its devices were removed.
func nextLines(lines, live int) int {
	if live*4 < lines*lineSlots*3 {
		return lines
	}
	lines += max(1, lines/16)
	if lines > 4*pageLines {
		lines = (lines + pageLines - 1) &^ (pageLines - 1)
	}
	return lines
}

// add puts a slot into the first place that is free. There must be one.
func (t *table) add(hash uint32, v slot, m meta) {
	n := t.first(hash)
	for {
		for i := range uint32(lineSlots) {
			k := (i + hash) % lineSlots
			if !slot(t.lines[n][k].Load()).live() {
				t.put(t.at(n, k), v, m)
				return
			}
		}
		if n++; n == len(t.lines) {
			n = 0
		}
	}
}

// addHome puts a slot into its home, unless that is taken. It reports whether it did.
func (t *table) addHome(hash uint32, v slot, m meta) bool {
	c := t.home(hash)
	free := !slot(c.slot().Load()).live()
	if free {
		t.put(c, v, m)
	}
	return free
}

// put fills a place that is free.
func (t *table) put(c cursor, v slot, m meta) {
	if slot(c.slot().Load()) == slotEmpty {
		t.used++
	}
	t.live++
	*c.meta() = m
	c.slot().Store(uint64(v))
}

// remove frees the slot of a device.
func (c cursor) remove() {
	c.slot().Store(uint64(slotRemoved))
	c.t.live--
}
