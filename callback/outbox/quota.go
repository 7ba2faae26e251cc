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
	until  time.Time     // when those that had to wait are back; zero if none had to
	wait   time.Duration // how long they wait
}

// admit reports whether there is room for one more request, and if not until when it
// waits. So do those that come meanwhile, which would overtake it.
func (q *quota) admit(now time.Time, limit int) (until time.Time, ok bool) {
	if now.Before(q.until) {
		return q.until, false
	}
	if !q.until.IsZero() {
		q.adapt(limit)
	}
	if q.held < limit {
		q.until = time.Time{}
		q.held++
		return time.Time{}, true
	}
	q.until = now.Add(q.wait)
	return q.until, false
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
func (q *quota) isForgettable() bool { return q.held == 0 && q.until.IsZero() }
