package dedup

import "math/bits"

// messageIndex finds a message by its place, which is a hash: open addressing
// with linear probing over cells of 4 bytes, of which 0 is an empty one.
//
//	upper bits         | lower numBits    | 1 bit
//	those of the place | those of the     | 1
//	                   | message's number |
//
// As the upper bits of a place give the cell at which its probe begins, neither
// growth nor deletion has to look at the messages.
type messageIndex struct {
	cells   []uint32
	n       int
	numMask uint32 // covers the number and the last bit
}

const minCells = 32

// limit is how many messages so many cells are used for.
func limit(cells int) int { return cells / 4 * 3 }

// resize makes an index of so many cells for the messages from oldest on.
func (x *messageIndex) resize(cells int, oldest uint64) {
	old := *x
	x.cells = make([]uint32, cells)
	x.numMask = 2<<bits.Len(uint(limit(cells))) - 1
	for _, c := range old.cells {
		if c != 0 {
			x.put(c, old.number(c, oldest))
		}
	}
}

// begin returns the cell at which the probe of a place begins. It grows with the
// place, so that cells stay in order when there are more of them.
func (x *messageIndex) begin(place uint32) int {
	return int(uint64(place&^x.numMask) * uint64(len(x.cells)) >> 32)
}

func (x *messageIndex) after(i int) int {
	if i++; i < len(x.cells) {
		return i
	}
	return 0
}

// matches reports whether the cell may be of a message with this place.
func (x *messageIndex) matches(cell, place uint32) bool { return (cell^place)&^x.numMask == 0 }

// number returns the number of the message of a cell, given one that is no larger.
func (x *messageIndex) number(cell uint32, oldest uint64) uint64 {
	return oldest + uint64((cell&x.numMask>>1-uint32(oldest))&(x.numMask>>1))
}

func (x *messageIndex) cell(place uint32, number uint64) uint32 {
	return place&^x.numMask | (uint32(number)<<1|1)&x.numMask
}

// put writes a cell in the first empty place of its probe.
func (x *messageIndex) put(place uint32, number uint64) {
	i := x.begin(place)
	for x.cells[i] != 0 {
		i = x.after(i)
	}
	x.cells[i] = x.cell(place, number)
}

// insert adds a message, which is not there yet.
func (x *messageIndex) insert(place uint32, number, oldest uint64) {
	if x.n >= limit(len(x.cells)) {
		x.resize(max(minCells, len(x.cells)/4*5), oldest)
	}
	x.put(place, number)
	x.n++
}

// remove deletes a message and moves the cells after it back, so that no probe
// is cut short.
func (x *messageIndex) remove(place uint32, number uint64) {
	gap := x.begin(place)
	for gone := x.cell(place, number); x.cells[gap] != gone; {
		gap = x.after(gap)
	}
	for i := x.after(gap); x.cells[i] != 0; i = x.after(i) {
		if begin := x.begin(x.cells[i]); x.distance(begin, i) >= x.distance(gap, i) {
			x.cells[gap] = x.cells[i]
			gap = i
		}
	}
	x.cells[gap] = 0
	x.n--
}

// distance returns how many steps lead from one cell to another.
func (x *messageIndex) distance(from, to int) int {
	if to < from {
		to += len(x.cells)
	}
	return to - from
}
