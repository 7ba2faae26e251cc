package outbox

import "time"

// How long requests wait in the store whose target has as many as it may: it adapts to
// the target, within these bounds.
const (
	minPark = 250 * time.Millisecond
	maxPark = time.Minute
)

// quota is what one target may have of what is held.
type quota struct {
	target string
	held   int
	wait   time.Duration // how long requests wait for which there is no room
	waited bool          // some did since wait was adapted
}

// admit reports whether there is room for one more request.
func (q *quota) admit(limit int) bool {
	if q.waited {
		q.waited = false
		q.adapt(limit)
	}
	if q.held >= limit {
		q.waited = true
		return false
	}
	q.held++
	return true
}

// adapt has the next wait end when about half of what is held has been sent: coming
// back too soon is work for the store, coming back too late is time for the target.
func (q *quota) adapt(limit int) {
	switch free := limit - q.held; {
	case 4*free < limit:
		q.wait = min(2*q.wait, maxPark)
	case 4*free > 3*limit:
		q.wait = max(q.wait/2, minPark)
	}
}

// isForgettable reports whether a new quota would do as well.
func (q *quota) isForgettable() bool { return q.held == 0 && !q.waited }
