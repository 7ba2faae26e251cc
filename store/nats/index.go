package nats

import (
	"cmp"
	"container/heap"
	"maps"
	"slices"
	"sync"
	"time"
)

// index is what a process knows of a queue, without the data: which items there are, and
// when they can be claimed. It is heard from the stream and may be behind; whoever acts
// on it states the sequence it has seen, and is refused if that is old.
type index struct {
	mu      sync.Mutex
	entries map[string]*entry // by ID
	order   order             // the same
	dead    map[string]buried // by ID
	round   uint32            // how often the whole stream was begun to be heard
	heard   uint64            // the last sequence of it
	loaded  bool              // all of it was heard once
	err     error             // why nothing is heard now
	changed chan struct{}     // closed when an item may have become due, or err was changed
}

type entry struct {
	id       string
	sequence uint64
	origin   uint64
	holder   string
	lease    time.Duration
	at       time.Time // when it can be claimed
	place    int       // in the order
	round    uint32
}

type buried struct {
	sequence uint64
	round    uint32
}

func newIndex() *index {
	return &index{entries: map[string]*entry{}, dead: map[string]buried{}, changed: make(chan struct{})}
}

func (x *index) signal() {
	close(x.changed)
	x.changed = make(chan struct{})
}

// learn takes what was written at a sequence, unless something newer is known, or nobody
// listens to the stream and would hear when it changes.
func (x *index) learn(id string, sequence uint64, r *record, at time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.round == 0 {
		return
	}
	e := x.entries[id]
	if e != nil && e.sequence == sequence {
		e.round = x.round
		return
	}
	if e != nil && e.sequence > sequence {
		return
	}
	if e != nil {
		x.remove(e)
	}
	if r.state == done {
		return
	}
	e = &entry{
		id: id, sequence: sequence, origin: cmp.Or(r.origin, sequence), holder: r.holder, lease: r.lease,
		at: at, round: x.round,
	}
	x.entries[id] = e
	heap.Push(&x.order, e)
	x.signal()
}

func (x *index) remove(e *entry) {
	delete(x.entries, e.id)
	heap.Remove(&x.order, e.place)
}

// learnDead is learn for the dead.
func (x *index) learnDead(id string, sequence uint64, state string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.round == 0 || x.dead[id].sequence > sequence {
		return
	}
	if state == done {
		delete(x.dead, id)
	} else {
		x.dead[id] = buried{sequence, x.round}
	}
}

// forget removes an item that turned out not to be there any more.
func (x *index) forget(id string, sequence uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if e := x.entries[id]; e != nil && e.sequence <= sequence {
		x.remove(e)
	}
}

// forgetDead is forget for the dead.
func (x *index) forgetDead(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.dead, id)
}

// begin starts a round of hearing everything.
func (x *index) begin() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.round++
	x.heard = 0
}

// complete ends a round: what was not heard of in it is gone.
func (x *index) complete() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.entries {
		if e.round != x.round && e.sequence <= x.heard {
			x.remove(e)
		}
	}
	for id, b := range x.dead {
		if b.round != x.round && b.sequence <= x.heard {
			delete(x.dead, id)
		}
	}
	x.loaded, x.err = true, nil
	x.signal()
}

// broken tells why nothing is heard.
func (x *index) broken(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.err = err
	x.signal()
}

// pick takes up to n items that can be claimed, and hides them until then, so that no
// other caller of this process picks them. It passes over the first ones.
func (x *index) pick(now time.Time, n, over int, until time.Time) (picked []entry) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var passed []*entry
	for len(picked) < n && len(x.order) > 0 && !x.order[0].at.After(now) {
		if over > 0 {
			over--
			e, _ := heap.Pop(&x.order).(*entry)
			passed = append(passed, e)
			continue
		}
		e := x.order[0]
		picked = append(picked, *e)
		e.at = until
		heap.Fix(&x.order, 0)
	}
	for _, e := range passed {
		heap.Push(&x.order, e)
	}
	return picked
}

// unpick shows an item again that could not be claimed, unless it has changed.
func (x *index) unpick(picked *entry) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if e := x.entries[picked.id]; e != nil && e.sequence == picked.sequence {
		e.at = picked.at
		heap.Fix(&x.order, e.place)
		x.signal()
	}
}

// get returns what is known of an item.
func (x *index) get(id string) (e entry, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if p := x.entries[id]; p != nil {
		return *p, true
	}
	return e, false
}

// deadIDs returns the IDs of the dead, oldest first.
func (x *index) deadIDs() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	ids := slices.Collect(maps.Keys(x.dead))
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(x.dead[a].sequence, x.dead[b].sequence) })
	return ids
}

// order is a heap of items: first those that can be claimed first, and of these the ones
// that were put first.
type order []*entry

func (o order) Len() int { return len(o) }

func (o order) Less(i, j int) bool {
	return cmp.Or(o[i].at.Compare(o[j].at), cmp.Compare(o[i].origin, o[j].origin)) < 0
}

func (o order) Swap(i, j int) {
	o[i], o[j] = o[j], o[i]
	o[i].place, o[j].place = i, j
}

// Push implements heap.Interface.
func (o *order) Push(x any) {
	e, _ := x.(*entry)
	e.place = len(*o)
	*o = append(*o, e)
}

// Pop implements heap.Interface.
func (o *order) Pop() any {
	last := len(*o) - 1
	e := (*o)[last]
	(*o)[last] = nil
	*o = (*o)[:last]
	return e
}
