package radio

import (
	"container/heap"
	"time"
)

// agenda holds what is to happen, in order of time and, at the same time, of entry.
type agenda struct {
	entries entries
	count   int
}

type entry struct {
	at    time.Time
	order int
	do    func(at time.Time)
}

// add has do called at the given time.
func (a *agenda) add(at time.Time, do func(at time.Time)) {
	a.count++
	heap.Push(&a.entries, entry{at, a.count, do})
}

// next returns the time of the first entry.
func (a *agenda) next() (at time.Time, ok bool) {
	if len(a.entries) == 0 {
		return time.Time{}, false
	}
	return a.entries[0].at, true
}

// runUntil calls what is due at now, and what that adds if it is due too.
func (a *agenda) runUntil(now time.Time) {
	for len(a.entries) > 0 && !a.entries[0].at.After(now) {
		e, _ := heap.Pop(&a.entries).(entry)
		e.do(e.at)
	}
}

// entries implements heap.Interface.
type entries []entry

func (e entries) Len() int { return len(e) }

func (e entries) Less(i, j int) bool {
	if !e[i].at.Equal(e[j].at) {
		return e[i].at.Before(e[j].at)
	}
	return e[i].order < e[j].order
}

func (e entries) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

func (e *entries) Push(x any) {
	one, _ := x.(entry)
	*e = append(*e, one)
}

func (e *entries) Pop() any {
	last := len(*e) - 1
	one := (*e)[last]
	(*e)[last] = entry{} // let go of its function
	*e = (*e)[:last]
	return one
}
