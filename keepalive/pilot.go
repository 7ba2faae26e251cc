package keepalive

import (
	"math/bits"
	"slices"
	"sync/atomic"
)

// A device has a home line, by its hash, and is there or in one of the next seven,
// where its pilot says. A pilot is a byte that devices with the same upper part of the
// hash have in common: there is one for each slot. Its upper bits are the distance
// from home, and all of it together with the hash gives the slot. When a device joins
// and its slot is taken, another pilot is chosen, so that each device that has it gets
// a slot to itself. If there is none, the new device becomes a stray.
//
// So a message needs no search: the slot is known before the line has come from
// memory, and the processor does not guess which one it will be, which it would learn
// only then, but works ahead on the next messages.
type pilots = atomic.Uint64

const (
	linePilots = 8
	slotBits   = 5 // of a pilot; the others are the distance
	reach      = 1 << (8 - slotBits)
)

// home is where the search for a device begins: a line of a table, in the upper half,
// and a pilot of that line, in the next three bits. Those below mean nothing.
type home uint64

func (t *table) home(hash uint64) home { return home(hash >> 32 * uint64(len(t.lines))) }

func (h home) line() uint64 { return uint64(h >> 32) }

// shift is that of the pilot in the pilots of the line.
func (h home) shift() uint { return uint(h >> 26 & 0x38) }

// index numbers the homes of a table.
func (h home) index() int { return int(h >> 29) }

func (t *table) pilot(h home) uint8 { return uint8(t.pilots[h.line()].Load() >> h.shift()) }

func (t *table) setPilot(h home, pilot uint8) {
	p := &t.pilots[h.line()]
	p.Store(p.Load()&^(0xff<<h.shift()) | uint64(pilot)<<h.shift())
}

// away returns the line at the distance from home that a pilot says.
func (h home) away(pilot uint8) uint64 { return h.line() + uint64(pilot>>slotBits) }

// slotIn returns the slot in its line that a pilot gives to a device.
func slotIn(hash uint64, pilot uint8) uint32 {
	return uint32(hash) * (2*uint32(pilot) + 1) >> (32 - lineBits)
}

// seek returns the home of a device, by its hash, and the pilot.
func (t *table) seek(hash uint64) (home, uint8) {
	h := t.home(hash)
	// More than eight in ten are at home: fetch that line before the pilot is known.
	t.lines[h.line()][0].Load()
	return h, t.pilot(h)
}

// slot returns the slot of a device for what seek returned, unless it is a stray.
func (t *table) slot(hash uint64, h home, pilot uint8) *atomic.Uint64 {
	return &t.lines[h.away(pilot)][slotIn(hash, pilot)]
}

// place returns the slot of a device and its meta, unless it is a stray.
func (t *table) place(hash uint64) cursor {
	h := t.home(hash)
	p := t.pilot(h)
	return t.at(h.away(p), slotIn(hash, p))
}

func (t *table) at(line uint64, slot uint32) cursor {
	return cursor{&t.lines[line][slot], &t.metas[line][slot]}
}

// resident is a device on its way to a slot.
type resident struct {
	hash uint64
	slot slot
	meta meta
}

// add puts a device into the table. There must be an empty slot.
func (t *table) add(r resident) {
	t.live++
	if c := t.place(r.hash); c.slot.Load() == uint64(slotEmpty) {
		c.put(r)
		return
	}
	h := t.home(r.hash)
	devices := append(t.vacate(h), r)
	if t.settle(h, devices) {
		return
	}
	for _, o := range devices[:len(devices)-1] {
		t.place(o.hash).put(o)
	}
	s := &stray{meta: r.meta}
	s.slot.Store(uint64(r.slot))
	i, _ := t.stray(r.slot.id())
	t.strays = slices.Insert(t.strays, i, s)
}

// addAll puts devices into the table that have the same home, where nobody is yet.
func (t *table) addAll(devices []resident) {
	if t.settle(t.home(devices[0].hash), devices) {
		t.live += len(devices)
		return
	}
	for _, r := range devices {
		t.add(r)
	}
}

func (c cursor) put(r resident) {
	*c.meta = r.meta
	c.slot.Store(uint64(r.slot))
}

// vacate takes the devices with the same pilot out of their slots.
func (t *table) vacate(h home) []resident {
	devices := make([]resident, 0, lineSlots+1)
	n := h.away(t.pilot(h))
	for k := range uint32(lineSlots) {
		c := t.at(n, k)
		v := slot(c.slot.Load())
		if v == slotEmpty {
			continue
		}
		if x := hash(v.id()); t.home(x).index() == h.index() {
			v = slot(c.slot.Swap(uint64(slotEmpty))) // with the latest message
			devices = append(devices, resident{x, v, *c.meta})
		}
	}
	return devices
}

// settle chooses the pilot for all devices that have it and puts them into their
// slots. It reports whether there was one.
func (t *table) settle(h home, devices []resident) bool {
	for far := range uint8(min(reach, uint64(len(t.lines))-h.line())) {
		free := t.free(h.away(far << slotBits))
		if bits.OnesCount8(free) < len(devices) {
			continue
		}
		for i := range uint8(1 << slotBits) {
			if p := far<<slotBits | i; fits(devices, p, free) {
				t.setPilot(h, p)
				for _, r := range devices {
					t.place(r.hash).put(r)
				}
				return true
			}
		}
	}
	return false
}

// free returns the bit set of the empty slots of a line.
func (t *table) free(line uint64) (free uint8) {
	l := &t.lines[line]
	for k := range l {
		if slot(l[k].Load()) == slotEmpty {
			free |= 1 << k
		}
	}
	return free
}

// fits reports whether a pilot gives a slot of its own to each device.
func fits(devices []resident, pilot, free uint8) bool {
	for _, r := range devices {
		bit := uint8(1) << slotIn(r.hash, pilot)
		if free&bit == 0 {
			return false
		}
		free &^= bit
	}
	return true
}
