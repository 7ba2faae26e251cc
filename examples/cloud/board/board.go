package board

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// maxRows is how many rows are kept.
const maxRows = 300

// Board is safe for concurrent use.
type Board struct {
	hub hub

	mu         sync.Mutex
	rows       []*Row // oldest first
	lastID     int
	byMessage  map[message]*Row
	asked      map[sigfox.DeviceID]*Row // the last message that listens
	deliveries map[string]place
	changed    map[*Row]struct{} // since pages were last told
	latencies  latencies
	counts     Counts
}

// message is what rows are found by.
type message struct {
	kind   string
	device sigfox.DeviceID
	time   int64
	seq    sigfox.SeqNumber
}

// place is where the delivery with some ID stands.
type place struct {
	row      *Row
	delivery *Delivery
}

// Counts are numbers since the start.
type Counts struct {
	Frames    int `json:"frames"`
	Messages  int `json:"messages"`
	Sent      int `json:"sent"`
	Delivered int `json:"delivered"`
	Failed    int `json:"failed"`
	Retries   int `json:"retries"`
}

// New returns an empty board.
func New() *Board {
	return &Board{
		byMessage:  make(map[message]*Row),
		asked:      make(map[sigfox.DeviceID]*Row),
		deliveries: make(map[string]place),
		changed:    make(map[*Row]struct{}),
	}
}

// Update changes the row of a message, which it makes if it is not there, and tells
// the pages. change is called with the board locked.
func (b *Board) Update(s dispatch.Subject, change func(*Row)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	row := b.row(s)
	change(row)
	b.changed[row] = struct{}{}
}

// row finds or makes the row of a message.
func (b *Board) row(s dispatch.Subject) *Row {
	kind := kindOf(s.Service)
	if kind == kindAcknowledge {
		if row := b.asked[s.Device]; row != nil {
			return row
		}
		kind = KindData
	}
	key := message{kind, s.Device, s.Time.Unix(), s.SeqNumber.Or(sigfox.NoSeqNumber)}
	row := b.byMessage[key]
	if row == nil {
		row = b.add(key, s)
	}
	if s.Ack {
		row.Ask = true
		b.asked[s.Device] = row
	}
	return row
}

func (b *Board) add(key message, s dispatch.Subject) *Row {
	b.lastID++
	row := &Row{
		key: key, ID: b.lastID, Kind: key.kind, Time: s.Time.UnixMilli(), Device: s.Device, DeviceTypeID: s.DeviceTypeID,
		Data: s.Data.String(), Deliveries: []*Delivery{},
	}
	if n, ok := s.SeqNumber.Get(); ok {
		seq := int(n)
		row.Seq = &seq
	}
	b.byMessage[key] = row
	b.rows = append(b.rows, row)
	if key.kind == KindData {
		b.counts.Messages++
	}
	if len(b.rows) > maxRows {
		b.forget(b.rows[0])
		b.rows = b.rows[1:]
	}
	return row
}

// forget drops whatever leads to a row.
func (b *Board) forget(row *Row) {
	delete(b.byMessage, row.key)
	delete(b.changed, row)
	for _, d := range row.Deliveries {
		delete(b.deliveries, d.ID)
	}
	if b.asked[row.Device] == row {
		delete(b.asked, row.Device)
	}
}

// The kinds of rows.
const (
	KindData        = "DATA"
	kindStatus      = "STATUS"
	kindRepeater    = "REPEATER"
	kindAcknowledge = "ACKNOWLEDGE" // part of the row of its message
	kindError       = "ERROR"
	kindEvent       = "EVENT"
)

func kindOf(s callback.Service) string {
	switch s {
	case callback.ServiceStatus:
		return kindStatus
	case callback.ServiceRepeater:
		return kindRepeater
	case callback.ServiceAcknowledge:
		return kindAcknowledge
	case callback.ErrorCallback:
		return kindError
	case callback.EventCallback:
		return kindEvent
	default:
		return KindData
	}
}

// Frames counts copies of messages that stations told.
func (b *Board) Frames(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.Frames += n
}

// Sent is called for a request that was accepted for sending.
func (b *Board) Sent(r *dispatch.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	row := b.row(r.Subject)
	d := newDelivery(r)
	row.Deliveries = append(row.Deliveries, d)
	b.deliveries[r.ID] = place{row, d}
	b.counts.Sent++
	b.changed[row] = struct{}{}
}

// Attempt is called for each attempt, which began at the given time of the network.
func (b *Board) Attempt(e *dispatch.AttemptEnd, start time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.latencies.add(e.Attempt.Duration)
	for i := range e.Requests {
		if e.Attempt.OK() {
			b.counts.Delivered++
		}
		b.change(e.Requests[i].ID, func(d *Delivery) {
			d.Attempts = append(d.Attempts, attemptOf(&e.Attempt, start, len(e.Requests)))
			d.last, d.tried = e.Attempt, true
			d.Next = 0
			if d.State = stateFailed; e.Attempt.OK() {
				d.State = stateOK
			}
		})
	}
}

// Retry is called when a request is to be sent again, at the given time of the
// network.
func (b *Board) Retry(r *dispatch.RetryInfo, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range r.Requests {
		b.counts.Retries++
		b.change(r.Requests[i].ID, func(d *Delivery) { d.State, d.Next = stateRetrying, at.UnixMilli() })
	}
}

// Drop is called for each request that is given up.
func (b *Board) Drop(r *dispatch.Drop) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.Failed++
	b.change(r.Request.ID, func(d *Delivery) { d.State, d.Next = stateFailed, 0 })
}

// change changes a delivery if it is still shown.
func (b *Board) change(id string, do func(*Delivery)) {
	if p, ok := b.deliveries[id]; ok {
		do(p.delivery)
		b.changed[p.row] = struct{}{}
	}
}

// Rows returns all rows as a JSON array, newest first.
func (b *Board) Rows() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	rows := append([]*Row{}, b.rows...) // [], not null, if there are none
	slices.Reverse(rows)
	return json.Marshal(rows)
}

// All returns the rows, newest first. The board is locked during the loop.
func (b *Board) All() iter.Seq[*Row] {
	return func(yield func(*Row) bool) {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, row := range slices.Backward(b.rows) {
			if !yield(row) {
				return
			}
		}
	}
}

// maxTold is how many rows pages are told of at once: what a page can show.
const maxTold = 60

// tellChanges tells the pages of the rows that have changed, of the newest ones if
// there are too many.
func (b *Board) tellChanges() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.changed) == 0 {
		return
	}
	rows := slices.SortedFunc(maps.Keys(b.changed), func(x, y *Row) int { return y.ID - x.ID })
	clear(b.changed)
	b.hub.tell("rows", rows[:min(len(rows), maxTold)])
}

// Counts returns the numbers since the start.
func (b *Board) Counts() Counts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counts
}
