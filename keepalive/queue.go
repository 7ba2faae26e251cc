package keepalive

import "iter"

// queue is a first-in, first-out queue in blocks, so that no push has to move
// what is already there, and what was taken out is given back.
type queue[T any] struct {
	blocks []*[blockItems]T
	head   int // of the first block
	n      int
}

const blockItems = 256

func (q *queue[T]) push(x T) {
	at := q.head + q.n
	if at == len(q.blocks)*blockItems {
		q.blocks = append(q.blocks, new([blockItems]T))
	}
	q.blocks[at/blockItems][at%blockItems] = x
	q.n++
}

func (q *queue[T]) peek() (x T, ok bool) {
	if q.n == 0 {
		return x, false
	}
	return q.blocks[0][q.head], true
}

func (q *queue[T]) pop() (x T, ok bool) {
	if x, ok = q.peek(); !ok {
		return x, false
	}
	q.head++
	q.n--
	switch {
	case q.n == 0:
		q.head = 0
		q.blocks = q.blocks[:min(1, len(q.blocks))] // one block is kept, for the next push
	case q.head == blockItems:
		q.head = 0
		q.blocks[0] = nil
		q.blocks = q.blocks[1:]
	}
	return x, true
}

func (q *queue[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for at := q.head; at < q.head+q.n; at++ {
			if !yield(q.blocks[at/blockItems][at%blockItems]) {
				return
			}
		}
	}
}
