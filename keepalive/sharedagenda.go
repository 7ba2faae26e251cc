package keepalive

import (
	"container/heap"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox"
)

// agenda is when to look at which device: each stands in it once, for the earliest time
// it was given, since one look sees to everything.
type agenda struct {
	mu      sync.Mutex
	tasks   taskHeap
	looks   map[sigfox.DeviceID]time.Time // others in tasks are outdated
	changed chan struct{}                 // told when there is an earlier one
}

// task is a look at a device.
type task struct {
	at time.Time
	id sigfox.DeviceID
	// given is a claim whose alert was given, which the table must be told yet; nil if
	// the device has to be looked at.
	given *claim
}

func newAgenda() *agenda {
	return &agenda{looks: make(map[sigfox.DeviceID]time.Time), changed: make(chan struct{}, 1)}
}

// look has a device looked at.
func (a *agenda) look(at time.Time, id sigfox.DeviceID) { a.push(task{at: at, id: id}) }

func (a *agenda) push(t task) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t.given == nil {
		if at, ok := a.looks[t.id]; ok && !at.After(t.at) {
			return
		}
		a.looks[t.id] = t.at
	}
	heap.Push(&a.tasks, t)
	if a.tasks[0] == t {
		signal(a.changed)
	}
}

// pop takes the first task if its time has come. Otherwise it returns when that is, zero
// for never.
func (a *agenda) pop(now time.Time) (t task, ok bool, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.tasks) > 0 {
		if at = a.tasks[0].at; at.After(now) {
			return t, false, at
		}
		t, _ = heap.Pop(&a.tasks).(task)
		if t.given != nil {
			return t, true, at
		}
		if look, ok := a.looks[t.id]; ok && look.Equal(t.at) {
			delete(a.looks, t.id)
			return t, true, at
		}
	}
	return task{}, false, time.Time{}
}

func (a *agenda) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.tasks)
}

// taskHeap implements heap.Interface.
type taskHeap []task

func (h taskHeap) Len() int           { return len(h) }
func (h taskHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h taskHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *taskHeap) Push(x any) {
	t, _ := x.(task)
	*h = append(*h, t)
}

// Pop implements heap.Interface.
func (h *taskHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	*h = (*h)[:last]
	return t
}
