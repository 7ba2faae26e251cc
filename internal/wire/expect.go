package wire

// Steps returns the steps that led through the last object.
func (o *Object) Steps() []Step { return o.layout.steps }

// Expected returns the text that is read and the steps that led through the rest of the
// last object. The caller may follow them from Pos itself, as long as the text does,
// and then calls Accept. Next reads on from there.
func (o *Object) Expected() (data []byte, steps []Step) {
	if !o.more || o.nested || o.members > len(o.layout.steps) {
		return o.data, nil
	}
	return o.data, o.layout.steps[o.members:]
}

// Accept goes on after the next n members, whose values the caller has read up to
// offset end.
func (o *Object) Accept(n, end int) { o.members, o.pos = o.members+n, end }

// SetTarget gives a tag and a target to the member that Next read last. The step that
// leads to it in the next object has them.
func (o *Object) SetTarget(tag uint8, target any) {
	i := o.members - 1
	if i >= len(o.layout.steps) {
		return
	}
	s := &o.layout.steps[i]
	s.Tag, s.Target, s.Seen = tag, target, 1<<(tag%64)
	if i > 0 {
		s.Seen |= o.layout.steps[i-1].Seen
	}
}
