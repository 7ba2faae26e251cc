package dispatch

import (
	"iter"
	"math/bits"
)

// marks is a set of the numbers below a limit.
type marks []uint64

const wordBits = 64

func newMarks(limit int) marks { return make(marks, (limit+wordBits-1)/wordBits) }

func (m marks) add(n int) { m[n/wordBits] |= 1 << (n % wordBits) }

func (m marks) remove(n int) { m[n/wordBits] &^= 1 << (n % wordBits) }

// next returns the smallest number from n on, and false if there is none.
func (m marks) next(n int) (int, bool) {
	for i := n / wordBits; i < len(m); i++ {
		if word := m[i] >> (n % wordBits); word != 0 {
			return n + bits.TrailingZeros64(word), true
		}
		n = (i + 1) * wordBits
	}
	return 0, false
}

// from returns the numbers from start on, and then those before it. Numbers may be
// removed meanwhile.
func (m marks) from(start int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for n, ok := m.next(start); ok; n, ok = m.next(n + 1) {
			if !yield(n) {
				return
			}
		}
		for n, ok := m.next(0); ok && n < start; n, ok = m.next(n + 1) {
			if !yield(n) {
				return
			}
		}
	}
}
