package aggregator_test

import (
	"sync"
	"time"

	"github.com/go-sigfox/sigfox/dedup"
)

// valueRing is the best that is built by hand: a map of places in a ring of values.
type valueRing struct {
	mu       sync.Mutex
	places   map[key]uint32
	ring     []message
	oldest   uint32
	n        uint32
	sink     sink
	verdicts tally
}

// tally counts frames by verdict.
type tally [dedup.Full + 1]uint64

func (t *tally) count(v dedup.Verdict) dedup.Verdict {
	t[v]++
	return v
}

func newValueRing(live int, s sink) candidate {
	size := live + live/50
	return &valueRing{places: make(map[key]uint32, size), ring: make([]message, size), sink: s}
}

func (r *valueRing) add(t time.Time, f *dedup.Frame) dedup.Verdict {
	now := int64(t.Sub(epoch))
	r.mu.Lock()
	v := r.verdicts.count(r.merge(now, f))
	r.mu.Unlock()
	return v
}

func (r *valueRing) merge(now int64, f *dedup.Frame) dedup.Verdict {
	for r.n > 0 && (r.ring[r.oldest].over(now) || r.n == uint32(len(r.ring))) {
		m := &r.ring[r.oldest]
		m.emit(r.sink)
		delete(r.places, m.key)
		r.oldest = r.at(1)
		r.n--
	}
	k := keyOf(f)
	if i, ok := r.places[k]; ok {
		return r.ring[i].merge(now, f)
	}
	i := r.at(r.n)
	r.places[k] = i
	r.n++
	return r.ring[i].init(k, now, f)
}

func (r *valueRing) at(i uint32) uint32 {
	i += r.oldest
	if i >= uint32(len(r.ring)) {
		i -= uint32(len(r.ring))
	}
	return i
}

// natural is what comes to mind first: a map of pointers and a queue of them.
type natural struct {
	mu       sync.Mutex
	messages map[key]*message
	queue    []*message
	sink     sink
	verdicts tally
}

func newNatural(_ int, s sink) candidate {
	return &natural{messages: make(map[key]*message), sink: s}
}

func (n *natural) add(t time.Time, f *dedup.Frame) dedup.Verdict {
	now := int64(t.Sub(epoch))
	n.mu.Lock()
	v := n.verdicts.count(n.merge(now, f))
	n.mu.Unlock()
	return v
}

func (n *natural) merge(now int64, f *dedup.Frame) dedup.Verdict {
	for len(n.queue) > 0 && n.queue[0].over(now) {
		m := n.queue[0]
		m.emit(n.sink)
		delete(n.messages, m.key)
		n.queue[0] = nil
		n.queue = n.queue[1:]
	}
	k := keyOf(f)
	if m := n.messages[k]; m != nil {
		return m.merge(now, f)
	}
	m := new(message)
	n.messages[k] = m
	n.queue = append(n.queue, m)
	return m.init(k, now, f)
}

// afterFunc has a timer for each message. As the stream runs faster than the
// clock, the end of the window stops the timer and calls its function.
type afterFunc struct {
	natural
	timers map[key]*time.Timer
}

func newAfterFunc(_ int, s sink) candidate {
	a := &afterFunc{timers: make(map[key]*time.Timer)}
	a.messages, a.sink = make(map[key]*message), s
	return a
}

func (a *afterFunc) add(t time.Time, f *dedup.Frame) dedup.Verdict {
	now := int64(t.Sub(epoch))
	a.mu.Lock()
	for i := 0; i < len(a.queue) && a.queue[i].over(now); i++ {
		k := a.queue[i].key
		a.timers[k].Stop()
		delete(a.timers, k)
	}
	v := a.verdicts.count(a.merge(now, f))
	if v == dedup.First {
		a.timers[keyOf(f)] = time.AfterFunc(time.Hour, func() {})
	}
	a.mu.Unlock()
	return v
}
