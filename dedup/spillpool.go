package dedup

import "math"

// spillLine holds stations beyond those of the record: one cache line.
type spillLine struct {
	heard [inSpill]heard
	reps  uint32
	older uint16 // the line of the stations before, or the next free line
}

// spillPool holds the stations that do not fit in the records of a table: for
// each message a chain of lines, of which only the first may have room. Lines
// are named by their index plus 1, so that 0 is none.
type spillPool struct {
	lines []spillLine
	free  uint16 // chain of lines not in use
}

// used is how many stations the first line of a chain of n stations holds.
func used(n int) int { return (n-1)%inSpill + 1 }

// merge adds a copy to its station, if it is one of the n in the chain.
func (p *spillPool) merge(line uint16, n int, f *arrival) bool {
	for k := used(n); line != 0; k = inSpill {
		l := &p.lines[line-1]
		for i := range l.heard[:k] {
			if l.heard[i].station == f.station {
				l.heard[i].improve(f)
				l.reps |= f.rep << (i * repBits)
				return true
			}
		}
		line = l.older
	}
	return false
}

// add adds a station to a chain of n, unless there is no room.
func (p *spillPool) add(line *uint16, n int, f *arrival) bool {
	i := n % inSpill
	if i == 0 && !p.push(line) {
		return false
	}
	l := &p.lines[*line-1]
	l.heard[i] = f.heard
	l.reps |= f.rep << (i * repBits)
	return true
}

// push puts an empty line before a chain.
func (p *spillPool) push(line *uint16) bool {
	if p.free == 0 && !p.grow() {
		return false
	}
	l := &p.lines[p.free-1]
	free := p.free
	p.free = l.older
	*l = spillLine{older: *line}
	*line = free
	return true
}

func (p *spillPool) grow() bool {
	size := len(p.lines)
	larger := make([]spillLine, min(size+max(16, size/8), math.MaxUint16))
	copy(larger, p.lines)
	p.lines = larger
	for i := len(larger); i > size; i-- {
		p.lines[i-1].older = p.free
		p.free = uint16(i)
	}
	return p.free != 0
}

// release returns the lines of a chain to the pool.
func (p *spillPool) release(line *uint16) {
	for *line != 0 {
		l := &p.lines[*line-1]
		*line, l.older, p.free = l.older, p.free, *line
	}
}
