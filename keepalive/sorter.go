package keepalive

// sorter is for a bucket that opened and holds so many ids that many of their
// devices lie on the same page of memory. It sorts the ids by the part of the
// segments that the devices are in: then to look at them does not wait for memory
// once per device.
type sorter struct {
	level   int  // of the bucket
	filling bool // some ids of the bucket are not sorted yet
	next    int  // the first part that may hold ids
	parts   [sortParts]list
}

const (
	sortParts = 1 << sortBits
	sortBits  = 8
	// longBucket is how many chunks are worth sorting: two for each part.
	longBucket = 2 * sortParts
)

// sort sorts one chunk of a bucket that is open and long. It reports whether there
// was one; then it is to be called again before next.
func (w *wheel) sort(s *segments) bool {
	if !w.sorter.filling && !w.beginSort() {
		return false
	}
	open := &w.open[w.sorter.level]
	i := w.pop(open)
	c := w.chunk(i)
	for _, id := range c.ids[:c.n] {
		w.add(&w.sorter.parts[s.part(id)], id)
	}
	w.release(i)
	w.sorter.filling = open.n > 0
	return true
}

// beginSort looks for a bucket to sort, if all that was sorted has been taken out.
func (w *wheel) beginSort() bool {
	if w.sorter.next < sortParts {
		return false
	}
	for level, open := range w.open {
		if open.n >= longBucket {
			w.sorter.level, w.sorter.filling, w.sorter.next = level, true, 0
			return true
		}
	}
	return false
}

// nextSorted returns the list of the next ids in order, nil if there are none.
func (w *wheel) nextSorted() *list {
	for ; w.sorter.next < sortParts; w.sorter.next++ {
		if l := &w.sorter.parts[w.sorter.next]; l.n > 0 {
			return l
		}
	}
	return nil
}
