package wire

// Array calls yield with each element of the JSON array at offset, in the order of
// the text, and returns the offset after the array. It stops early if yield
// returns false.
func Array(data []byte, offset int, yield func(m *Member) bool) (end int, err *SyntaxError) {
	o := Object{data: data, pos: offset, more: true}
	if o.peek() != '[' {
		o.fail("array expected")
		return o.pos, o.err
	}
	var m Member
	for first := true; o.element(first); first = false {
		if !o.value(&m) || !o.Text(&m) || !yield(&m) {
			break
		}
	}
	return o.pos, o.err
}

// element reads the bracket before the first element or the comma before another.
// It returns false after the bracket at the end.
func (o *Object) element(first bool) bool {
	o.space()
	switch c := o.peek(); {
	case first:
		o.pos++
		o.space()
		if o.peek() != ']' {
			return true
		}
	case c == ',':
		o.pos++
		o.space()
		return true
	case c != ']':
		return o.fail("comma or end expected")
	}
	o.pos++
	return false
}
