package callback

import "github.com/go-sigfox/sigfox/internal/wire"

// readExpected is the short cut of reading JSON: it reads the object at offset pos of
// data if it looks as p says, with plain values, and returns the offset after it.
// Otherwise it returns 0, and o is where the short cut ended: all else, and every error,
// is left to the general path, Next and assign, which would have read the same. seen has
// a bit for each tag that was met.
func (r *reader) readExpected(o *wire.Object, p *plan, data []byte, pos int) (end int, seen uint64) {
	p.outer, p.close.next = nil, nil
	next, end := r.follow(p.from(0), data, pos)
	n := p.count(next)
	if n == 0 {
		o.Reset(data, pos)
		return 0, 0
	}
	last := &p.steps[n-1]
	if next == nil {
		return end, last.seen
	}
	end, ok := last.valueEnd(data, end)
	o.Reset(data, pos)
	if !ok { // what was stored will be replaced
		return 0, 0
	}
	o.Accept(n, end)
	return 0, last.seen
}

// readMore takes the short cut again, behind the members that o has read.
func (r *reader) readMore(o *wire.Object, p *plan, data []byte) (seen uint64) {
	i, pos, ok := o.Between()
	if !ok || i >= len(p.steps) {
		return 0
	}
	if p.steps[i-1].quoted {
		pos--
	}
	p.outer, p.close.next = nil, nil
	next, end := r.follow(p.from(i), data, pos)
	n := p.count(next)
	if n == i {
		return 0
	}
	if next == nil {
		end-- // the brace is left
	} else if end, ok = p.steps[n-1].valueEnd(data, end); !ok {
		return 0
	}
	o.Accept(n, end)
	return tags(p.steps[i:n])
}

// tags returns a bit for the tag of each step.
func tags(steps []step) (bits uint64) {
	for i := range steps {
		bits |= 1 << (steps[i].tag % 64)
	}
	return bits
}
