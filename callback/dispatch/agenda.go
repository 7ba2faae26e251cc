package dispatch

import "container/heap"

// agenda is a heap of what is to happen later, the soonest first.
type agenda[T entry[T]] []T

type entry[T any] interface {
	before(other T) bool
	// moved tells the entry its place, -1 for none, so that it can be found when its time changes.
	moved(place int)
}

func (a *agenda[T]) push(e T) { heap.Push(a, e) }

func (a *agenda[T]) pop() T { return heap.Pop(a).(T) } //nolint:errcheck // it holds nothing else

// Len implements heap.Interface, as do the methods below.
func (a agenda[T]) Len() int { return len(a) }

func (a agenda[T]) Less(i, j int) bool { return a[i].before(a[j]) }

func (a agenda[T]) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].moved(i)
	a[j].moved(j)
}

// Push is called by heap.Push only.
func (a *agenda[T]) Push(x any) {
	e := x.(T) //nolint:errcheck // see pop
	e.moved(len(*a))
	*a = append(*a, e)
}

// Pop is called by heap.Pop only.
func (a *agenda[T]) Pop() any {
	last := len(*a) - 1
	e := (*a)[last]
	var none T
	(*a)[last] = none
	*a = (*a)[:last]
	e.moved(-1)
	return e
}
