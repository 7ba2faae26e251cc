package bolt

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"

	"go.etcd.io/bbolt"

	"github.com/go-sigfox/sigfox/store"
)

// queueTx is a queue in a transaction.
type queueTx struct {
	*batch
	items, due, dead, order *bbolt.Bucket
}

func (q *Queue) view(tx *bbolt.Tx) (*queueTx, error) {
	t := &queueTx{}
	for i, to := range []**bbolt.Bucket{&t.items, &t.due, &t.dead, &t.order} {
		b, err := bucket(tx, q.names[i])
		if err != nil {
			return nil, err
		}
		*to = b
	}
	return t, nil
}

func (q *Queue) begin(b *batch) (*queueTx, error) {
	t, err := q.view(b.tx)
	if err != nil {
		return nil, err
	}
	t.batch = b
	if !slices.Contains(b.wake, q) {
		b.wake = append(b.wake, q)
	}
	return t, nil
}

// get returns the item of that ID; ok is false if there is none.
func (t *queueTx) get(id string) (e entry, s state, ok bool, err error) {
	e = entry{id, t.items.Get([]byte(id))}
	if e.value == nil {
		return e, s, false, nil
	}
	s, err = e.state()
	return e, s, true, err
}

// place stores an entry whose state is s, and puts it where it belongs in the order.
func (t *queueTx) place(e entry, s state) error {
	id := []byte(e.id)
	if err := t.put(t.due, s.dueKey(), id); err != nil {
		return err
	}
	return t.put(t.items, id, e.value)
}

func (t *queueTx) add(entries []entry) error {
	size := int64(0)
	fresh := make([]entry, 0, len(entries))
	for _, e := range entries {
		same := func(f entry) bool { return f.id == e.id }
		if t.items.Get([]byte(e.id)) == nil && !slices.ContainsFunc(fresh, same) {
			fresh = append(fresh, e)
			size += cost(e.id, e.value)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := t.admit(len(fresh), size); err != nil {
		return err
	}
	for _, e := range fresh {
		s, err := e.state()
		if err != nil {
			return err
		}
		if s.number, err = t.due.NextSequence(); err != nil {
			return err
		}
		if err := t.place(e.with(s), s); err != nil {
			return err
		}
	}
	return t.count(t.items, len(fresh))
}

func (t *queueTx) claim(now, end stamp, n int) (claims []store.Claim, err error) {
	var ids []string
	c := t.due.Cursor()
	for key, id := c.First(); key != nil && len(ids) < n; key, id = c.Next() {
		if at, err := stampOfKey(key); err != nil || at > now {
			if err != nil {
				return nil, err
			}
			break
		}
		ids = append(ids, string(id))
	}
	for _, id := range ids {
		e, s, ok, err := t.get(id)
		if err == nil && !ok {
			err = corrupt("item %q is due, but gone", id)
		}
		if err != nil {
			return nil, err
		}
		claim := store.Claim{Item: e.item(s)}
		if s.receipt, err = t.due.NextSequence(); err != nil {
			return nil, err
		}
		claim.Receipt = receiptOf(s)
		s.claims++
		if err := t.move(e, s, end); err != nil {
			return nil, err
		}
		claims = append(claims, claim)
	}
	return claims, nil
}

func receiptOf(s state) string { return strconv.FormatUint(s.receipt, 36) }

// move stores an entry with the state s, to be claimed at another time than that of s.
func (t *queueTx) move(e entry, s state, at stamp) error {
	if err := t.remove(t.due, s.dueKey()); err != nil {
		return err
	}
	s.at = at
	return t.place(e.with(s), s)
}

// held returns the item that someone holds.
func (t *queueTx) held(h held) (entry, state, error) {
	e, s, ok, err := t.get(h.id)
	if err == nil && (!ok || s.receipt == 0 || receiptOf(s) != h.receipt) {
		err = store.ErrLost
	}
	return e, s, err
}

func (t *queueTx) extend(end stamp, list []held) (lost bool, err error) {
	for _, h := range list {
		e, s, err := t.held(h)
		if err == store.ErrLost {
			lost = true
			continue
		}
		if err != nil {
			return false, err
		}
		if err := t.move(e, s, end); err != nil {
			return false, err
		}
	}
	return lost, nil
}

// done removes an item, if it is there.
func (t *queueTx) done(id string) error {
	_, s, ok, err := t.get(id)
	if err != nil || !ok {
		return err
	}
	return t.drop(id, s)
}

func (t *queueTx) drop(id string, s state) error {
	if err := t.remove(t.due, s.dueKey()); err != nil {
		return err
	}
	if err := t.remove(t.items, []byte(id)); err != nil {
		return err
	}
	return t.count(t.items, -1)
}

func (t *queueTx) save(h held, saved entry, hold bool) error {
	_, old, err := t.held(h)
	if err != nil {
		return err
	}
	s, err := saved.state()
	if err != nil {
		return err
	}
	back := s.at
	s.at, s.number, s.claims, s.receipt = old.at, old.number, old.claims, old.receipt
	if hold {
		return t.put(t.items, []byte(saved.id), saved.with(s).value)
	}
	s.receipt = 0
	return t.move(saved, s, back)
}

func (t *queueTx) bury(h held, buried entry) error {
	_, s, err := t.held(h)
	if err != nil {
		return err
	}
	if err := t.drop(h.id, s); err != nil {
		return err
	}
	if _, _, err := t.takeDead(h.id); err != nil && err != store.ErrNotFound {
		return err
	}
	if s.number, err = t.order.NextSequence(); err != nil {
		return err
	}
	s.receipt = 0
	id := []byte(h.id)
	if err := t.put(t.order, deadKey(s), id); err != nil {
		return err
	}
	if err := t.put(t.dead, id, buried.with(s).value); err != nil {
		return err
	}
	return t.count(t.dead, 1)
}

func deadKey(s state) []byte { return binary.BigEndian.AppendUint64(nil, s.number) }

// takeDead removes an item from the dead.
func (t *queueTx) takeDead(id string) (entry, state, error) {
	e := entry{id, bytes.Clone(t.dead.Get([]byte(id)))}
	if e.value == nil {
		return e, state{}, store.ErrNotFound
	}
	s, err := e.state()
	if err != nil {
		return e, s, err
	}
	if err := t.remove(t.order, deadKey(s)); err != nil {
		return e, s, err
	}
	if err := t.remove(t.dead, []byte(id)); err != nil {
		return e, s, err
	}
	return e, s, t.count(t.dead, -1)
}

func (t *queueTx) revive(now stamp, id string) error {
	if t.items.Get([]byte(id)) != nil {
		return store.ErrExists
	}
	e, _, err := t.takeDead(id)
	if err != nil {
		return err
	}
	s := state{at: now, due: always}
	if s.number, err = t.due.NextSequence(); err != nil {
		return err
	}
	if err := t.place(e.with(s), s); err != nil {
		return err
	}
	return t.count(t.items, 1)
}
