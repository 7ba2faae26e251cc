package dispatch

import (
	"context"
	"fmt"
	"time"
)

// Journal keeps what was accepted beyond the life of the process. After a restart
// the deliveries that were accepted and not settled are given to
// Dispatcher.Restore. Its methods are called concurrently, but for one request in
// order; a panic counts as an error. Requests of Send are not in the journal.
//
// The Target of a request is to be stored by its ID and found again by it.
type Journal interface {
	// Accept is called before Enqueue returns, which returns its error: nothing is
	// accepted then.
	Accept(ctx context.Context, d []Delivery) error
	// Update is called after a failed attempt, with its record and the time of the
	// next.
	Update(ctx context.Context, d []Delivery) error
	// Settle is called when requests were delivered, for which cause is empty, or
	// dropped. It is not called for what DrainError gives back.
	Settle(ctx context.Context, d []Delivery, cause DropCause) error
}

// Delivery is everything that is known of an accepted request.
type Delivery struct {
	// Request is the request.
	Request Request
	// Attempts are those made, oldest first. Only the last one has its answer.
	Attempts []Attempt
	// Accepted is when the request was accepted.
	Accepted time.Time
	// Due is when it is to be sent; zero if it was not attempted yet.
	Due time.Time
	// Batch is, for the channel BATCH_URL, the ID of the request in which the line
	// was sent, together with the others with this Batch; empty if not sent yet.
	Batch string
}

// JournalError reports that a journal could not note what became of requests, which
// will be sent again if they are restored from it.
type JournalError struct {
	// Op is "update" or "settle".
	Op string
	// Deliveries are what was to be noted.
	Deliveries []Delivery
	// Err is the reason.
	Err error
}

// DrainError gives back what was accepted and neither delivered nor dropped when
// Run ended. It can be given to Restore of another Dispatcher.
type DrainError struct {
	// Deliveries are the requests, in the order in which they were accepted.
	Deliveries []Delivery
}

// Error implements error.
func (e *DrainError) Error() string {
	return fmt.Sprintf("dispatch: %d requests not delivered at the end of Run", len(e.Deliveries))
}

func (d *Dispatcher) journalAccept(ctx context.Context, sh *shipment) (err error) {
	defer recoverTo(&err)
	return d.options.Journal.Accept(ctx, sh.deliveries())
}

func (d *Dispatcher) journalUpdate(sh *shipment) {
	if d.options.Journal == nil || sh.direct {
		return
	}
	d.note(sh, "update", d.options.Journal.Update)
}

func (d *Dispatcher) journalSettle(sh *shipment, cause DropCause) {
	if d.options.Journal == nil || sh.direct {
		return
	}
	d.note(sh, "settle", func(ctx context.Context, list []Delivery) error {
		return d.options.Journal.Settle(ctx, list, cause)
	})
}

// note writes to the journal. What fails is told, since nobody waits for it.
func (d *Dispatcher) note(sh *shipment, op string, write func(context.Context, []Delivery) error) {
	list := sh.deliveries()
	err := func() (err error) {
		defer recoverTo(&err)
		return tellable(write(sh.ctx, list))
	}()
	if err == nil {
		return
	}
	d.logJournal(sh, op, err)
	if hook := d.options.Hooks.OnJournalError; hook != nil {
		defer d.logPanic(sh.ctx, "OnJournalError")
		hook(JournalError{Op: op, Deliveries: list, Err: err})
	}
}
