package callback

import "github.com/go-sigfox/sigfox/internal/wire"

// readExpected is the short cut of reading JSON: it reads the object at offset pos of
// data if it looks as p says, with plain values, and returns the offset behind it.
// Otherwise it returns 0, and o is where the short cut ended: all else, and every error,
// is left to the general path, Next and assign, which would have read the same. seen has
// a bit for each tag that was met.
func (r *reader) readExpected(o *wire.Object, p *plan, data []byte, pos int) (end int, seen uint64) {
	n, end := r.follow(p.steps, data, pos)
	if n == 0 {
		o.Reset(data, pos)
		return 0, 0
	}
	end, ok := p.valueEnd(data, n, end)
	if ok && n == len(p.steps) && startsWith(data, end, '}') {
		return end + 1, p.steps[n-1].seen
	}
	o.Reset(data, pos)
	if !ok { // what was stored will be replaced
		return 0, 0
	}
	o.Accept(n, end)
	return 0, p.steps[n-1].seen
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
	n, end := r.follow(p.steps[i:], data, pos)
	if n == 0 {
		return 0
	}
	end, ok = p.valueEnd(data, i+n, end)
	if !ok {
		return 0
	}
	o.Accept(i+n, end)
	return tags(p.steps[i : i+n])
}

// tags returns a bit for the tag of each step.
func tags(steps []step) (bits uint64) {
	for i := range steps {
		bits |= 1 << (steps[i].tag % 64)
	}
	return bits
}
