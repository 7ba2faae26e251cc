package dispatch

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/go-sigfox/sigfox/callback"
)

// shipment is what an attempt carries: one request, or the lines of a batch. It is
// owned by the lane it waits in or by the goroutine that attempts it.
type shipment struct {
	ctx    context.Context // of the one who enqueued it, for its values only
	id     string          // of the HTTP request
	target *Target
	direct bool // by Send: it is in no queue

	requests []Request
	accepted []time.Time       // of each request, the oldest first
	others   []context.Context // of the requests behind the first, if they have their own
	request  [1]Request        // where the slices begin
	at       [1]time.Time

	out      *callback.Outgoing // rendered when first attempted
	attempts []Attempt
	due      time.Time // zero if not attempted yet
	done     func(error)
	next     *shipment // in a queue
}

func newShipment(ctx context.Context, r *Request, now time.Time) *shipment {
	sh := &shipment{ctx: &endless{ctx}, id: r.ID, target: r.Target}
	sh.request[0], sh.at[0] = *r, now
	sh.requests, sh.accepted = sh.request[:], sh.at[:]
	return sh
}

func (sh *shipment) isLine() bool { return sh.target.isBatch() }

func (sh *shipment) before(other *shipment) bool {
	if sh.due.Equal(other.due) {
		return sh.accepted[0].Before(other.accepted[0])
	}
	return sh.due.Before(other.due)
}

func (*shipment) moved(int) {}

// tries counts the attempts that the retry policy knows of. One that was cut short
// by the end of Run says nothing about the target.
func (sh *shipment) tries() (n int) {
	for i := range sh.attempts {
		if sh.attempts[i].Reason != ReasonCanceled {
			n++
		}
	}
	return n
}

// record adds an attempt. Only the last one keeps the answer, which matters for the
// memory of thousands that wait.
func (sh *shipment) record(a Attempt) {
	all := make([]Attempt, len(sh.attempts)+1) // the old ones may have been kept by a journal
	copy(all, sh.attempts)
	if last := len(all) - 2; last >= 0 && !sh.direct {
		all[last].Answer = nil
	}
	all[len(all)-1] = a
	sh.attempts = all
}

// collect makes a batch of a line and those behind it in a queue.
func (sh *shipment) collect(q *queue, o BatchOptions) {
	sh.id = rand.Text()
	size := len(sh.requests[0].Line)
	for next := q.head; next != nil && next.target == sh.target; next = q.head {
		size += len(next.requests[0].Line) + 1
		if len(sh.requests) >= o.MaxLines || size > o.MaxBytes {
			return
		}
		q.pop()
		sh.requests = append(sh.requests, next.requests[0])
		sh.accepted = append(sh.accepted, next.accepted[0])
		sh.others = append(sh.others, next.ctx)
	}
}

// contexts returns the context of each request.
func (sh *shipment) contexts() []context.Context {
	all := append([]context.Context{sh.ctx}, sh.others...)
	for len(all) < len(sh.requests) { // those of a batch that was restored have one
		all = append(all, sh.ctx)
	}
	return all
}

// splitOlder takes away the requests that were accepted before limit. It returns
// nil if there are none, and the shipment itself if there are no others.
func (sh *shipment) splitOlder(limit time.Time) *shipment {
	n := 0
	for n < len(sh.accepted) && sh.accepted[n].Before(limit) {
		n++
	}
	switch n {
	case 0:
		return nil
	case len(sh.requests):
		return sh
	}
	old := *sh
	old.requests, old.accepted = sh.requests[:n:n], sh.accepted[:n:n]
	sh.requests, sh.accepted, sh.out = sh.requests[n:], sh.accepted[n:], nil
	if sh.others != nil {
		old.others, sh.ctx, sh.others = sh.others[:n-1:n-1], sh.others[n-1], sh.others[n:]
	}
	return &old
}

// deliveries tells all that is known of the requests.
func (sh *shipment) deliveries() []Delivery {
	list := make([]Delivery, len(sh.requests))
	for i := range list {
		list[i] = Delivery{Request: sh.requests[i], Attempts: sh.attempts, Accepted: sh.accepted[i], Due: sh.due}
		if sh.isLine() && len(sh.attempts) > 0 {
			list[i].Batch = sh.id
		}
	}
	return list
}

// queue is a queue of shipments.
type queue struct{ head, tail *shipment }

func (q *queue) push(sh *shipment) {
	sh.next = nil
	if q.head == nil {
		q.head = sh
	} else {
		q.tail.next = sh
	}
	q.tail = sh
}

// pop returns nil if the queue is empty.
func (q *queue) pop() *shipment {
	sh := q.head
	if sh != nil {
		q.head, sh.next = sh.next, nil
	}
	return sh
}
