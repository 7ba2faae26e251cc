package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"github.com/go-sigfox/sigfox/store"
)

// Items and dead ones are stored by number, so that those that come together are in the
// same pages, and IDs, which come in any order, apart from them in small entries.

// Buckets of a queue, of which the names begin and end so.
const (
	queuePrefix   = "queue/"
	itemsSuffix   = "/items"   // number to entry; its sequence counts them
	idsSuffix     = "/ids"     // ID to number
	dueSuffix     = "/due"     // time and number of each item, to where a held one was; its sequence numbers items and receipts
	deadSuffix    = "/dead"    // number to entry; its sequence counts them
	deadIDsSuffix = "/deadids" // ID to number; its sequence numbers the dead
)

// clockTolerance is how far the clock may seem to go back, between callers who have read
// it at about the same time.
const clockTolerance = stamp(time.Minute)

// appendFill is how full a page of a bucket gets to which is mostly appended.
const appendFill = 0.9

// queueTx is a queue in a transaction.
type queueTx struct {
	*batch
	items, ids, due, dead, deadIDs *bbolt.Bucket
	wake                           bool // an item may have become due earlier than any was
}

func (q *Queue) view(tx *bbolt.Tx) (*queueTx, error) {
	t := &queueTx{}
	for i, to := range []**bbolt.Bucket{&t.items, &t.ids, &t.due, &t.dead, &t.deadIDs} {
		b, err := bucket(tx, q.names[i])
		if err != nil {
			return nil, err
		}
		*to = b
	}
	return t, nil
}

// begin returns the queue in the transaction of a batch.
func (q *Queue) begin(b *batch) (*queueTx, error) {
	if t := b.queues[q]; t != nil {
		return t, nil
	}
	t, err := q.view(b.tx)
	if err != nil {
		return nil, err
	}
	t.batch = b
	t.items.FillPercent, t.due.FillPercent, t.dead.FillPercent = appendFill, appendFill, appendFill
	if b.queues == nil {
		b.queues = make(map[*Queue]*queueTx)
	}
	b.queues[q] = t
	return t, nil
}

func numberKey(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }

func dueKey(at stamp, number uint64) []byte {
	return binary.BigEndian.AppendUint64(at.appendTo(make([]byte, 0, 16)), number)
}

// get returns the entry of a number, which the index has.
func get(in *bbolt.Bucket, number []byte) (uint64, entry, error) {
	if len(number) != 8 {
		return 0, nil, corrupt("number of %d bytes", len(number))
	}
	e := entry(in.Get(number))
	return binary.BigEndian.Uint64(number), e, e.check()
}

// place stores an item, and puts it where it belongs in the order. From is what from
// returned, nil if it is not held.
func (t *queueTx) place(number uint64, e entry, from []byte) error {
	if err := t.put(t.due, dueKey(e.state().at, number), from); err != nil {
		return err
	}
	return t.put(t.items, numberKey(number), e)
}

// add puts a new item in.
func (t *queueTx) add(e entry) error {
	t.wake = true
	number, err := t.due.NextSequence()
	if err != nil {
		return err
	}
	if err := t.put(t.ids, e.id(), numberKey(number)); err != nil {
		return err
	}
	if err := t.place(number, e, nil); err != nil {
		return err
	}
	return t.count(t.items, 1)
}

// addNew puts in those of which the ID is not there, all or none.
func (t *queueTx) addNew(entries []entry) error {
	size := int64(0)
	fresh := make([]entry, 0, len(entries))
	seen := make(map[string]bool)
	for _, e := range entries {
		if id := e.id(); t.ids.Get(id) == nil && !seen[string(id)] {
			fresh = append(fresh, e)
			size += cost(e.id(), e)
			seen[string(id)] = true
		}
	}
	if err := t.admit(len(fresh), size); err != nil {
		return err
	}
	for _, e := range fresh {
		if err := t.add(e); err != nil {
			return err
		}
	}
	return nil
}

// rewind gives those items another time of which the time was set by a clock that has
// gone back since: they would have to wait until it is there again.
func (t *queueTx) rewind(now stamp) error {
	t.wake = true
	var numbers [][]byte
	c := t.due.Cursor()
	for key, _ := c.Seek(dueKey(now+1, 0)); key != nil; key, _ = c.Next() {
		if len(key) != 16 {
			return corrupt("time of %d bytes", len(key))
		}
		numbers = append(numbers, bytes.Clone(key[8:]))
	}
	for _, key := range numbers {
		number, e, err := get(t.items, key)
		if err != nil {
			return err
		}
		s := e.state()
		if s.since <= now+clockTolerance {
			continue
		}
		at := now
		if s.due > s.since { // it was to wait until then
			at = max(now, s.due)
		}
		s.since = now
		if err := t.move(number, e, s, at, t.from(number, s)); err != nil {
			return err
		}
	}
	return nil
}

func (t *queueTx) claim(now, end stamp, n int) (claims []store.Claim, err error) {
	var numbers [][]byte
	c := t.due.Cursor()
	for key, _ := c.First(); key != nil && len(numbers) < n; key, _ = c.Next() {
		at, err := stampOfKey(key)
		if err != nil {
			return nil, err
		}
		if at > now {
			break
		}
		numbers = append(numbers, bytes.Clone(key[8:]))
	}
	for _, key := range numbers {
		number, e, err := get(t.items, key)
		if err != nil {
			return nil, err
		}
		s := e.state()
		from := s.at.appendTo(nil)
		if s.receipt, err = t.due.NextSequence(); err != nil {
			return nil, err
		}
		item := e.item()
		item.Due = s.at.time()
		claims = append(claims, store.Claim{Item: item, Receipt: receiptOf(s)})
		s.claims++
		s.since = now
		if err := t.move(number, e, s, end, from); err != nil {
			return nil, err
		}
	}
	return claims, nil
}

func receiptOf(s state) string { return strconv.FormatUint(s.receipt, 36) }

// move stores an item that is in the order at s.at, to be claimed at another time.
func (t *queueTx) move(number uint64, e entry, s state, at stamp, from []byte) error {
	if err := t.remove(t.due, dueKey(s.at, number)); err != nil {
		return err
	}
	s.at = at
	return t.place(number, e.with(s), from)
}

// held returns the item that someone holds.
func (t *queueTx) held(h held) (number uint64, e entry, err error) {
	key := t.ids.Get([]byte(h.id))
	if key == nil {
		return 0, nil, store.ErrLost
	}
	number, e, err = get(t.items, key)
	if err == nil && (e.state().receipt == 0 || receiptOf(e.state()) != h.receipt) {
		err = store.ErrLost
	}
	return number, e, err
}

func (t *queueTx) extend(now, end stamp, list []held) (lost bool, err error) {
	for _, h := range list {
		number, e, err := t.held(h)
		if errors.Is(err, store.ErrLost) {
			lost = true
			continue
		}
		if err == nil {
			s := e.state()
			s.since = now
			err = t.move(number, e, s, end, t.from(number, s))
		}
		if err != nil {
			return lost, err
		}
	}
	return lost, nil
}

// done removes an item, if it is there.
func (t *queueTx) done(id string) error {
	key := t.ids.Get([]byte(id))
	if key == nil {
		return nil
	}
	number, e, err := get(t.items, key)
	if err != nil {
		return err
	}
	return t.drop(number, e)
}

func (t *queueTx) drop(number uint64, e entry) error {
	err := errors.Join(
		t.remove(t.due, dueKey(e.state().at, number)),
		t.remove(t.ids, e.id()),
		t.remove(t.items, numberKey(number)))
	if err != nil {
		return err
	}
	return t.count(t.items, -1)
}

// save replaces an item by another form of it, which knows when to give it back.
func (t *queueTx) save(h held, saved entry, hold bool) error {
	number, e, err := t.held(h)
	if err != nil {
		return err
	}
	s, back := e.state(), saved.state()
	s.due = back.due
	if hold {
		return t.place(number, saved.with(s), back.at.appendTo(nil))
	}
	s.receipt, s.since = 0, back.since
	t.wake = true
	return t.move(number, saved, s, back.at, nil)
}
